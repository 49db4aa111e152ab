"""`doitui audit`: who did what."""

from __future__ import annotations

import click

from doitui.cli.output import table
from doitui.cli.session import Session, reads
from doitui_core.clock import iso


@click.command()
@click.option("--limit", default=100, type=click.IntRange(1, 100_000), metavar="N", help="Maximum rows (default 100).")
@reads
def audit(session: Session, limit: int) -> None:
    """Show the latest actions on DOIs, jobs, events, repositories and settings, with who did them.

    `doitui doi history DOI` shows everything about one DOI.

    Example: doitui audit --limit 20
    """
    from doitui_core.db import audit

    with session.database(read_only=True):
        rows = [row | {"at": iso(row["at"])} for row in audit.newest(limit)]
    columns = ("at", "actor", "action", "subject", "detail", "cause")
    session.show({"acts": rows}, table(rows, columns, "no actions"))
