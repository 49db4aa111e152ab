"""`doitui audit`: who did what."""

from __future__ import annotations

import click

from doitui.cli.output import show, table
from doitui.cli.session import Session, json_option, pass_session


@click.command()
@click.option("--limit", default=100, type=click.IntRange(1, 100_000), metavar="N", help="So many (100).")
@json_option
@pass_session
def audit(session: Session, limit: int, as_json: bool) -> None:
    """Show who did what last: to DOIs, jobs, events, repositories and settings.

    `doi history DOI` has all that ever happened to one DOI.

    Example: doitui audit --limit 20
    """
    from doitui_core.clock import iso
    from doitui_core.db import audit as acts

    with session.database(read_only=True):
        rows = [row | {"at": iso(row["at"])} for row in acts.newest(limit)]
    columns = ("at", "actor", "action", "subject", "detail", "cause")
    show({"acts": rows}, as_json, table(rows, columns, "nothing was done yet"))
