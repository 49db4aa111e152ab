"""`doitui sync`: compare the DOIs here with DataCite."""

from __future__ import annotations

import dataclasses

import click

from doitui.cli import exits
from doitui.cli.output import progress, say
from doitui.cli.partial_results import adds_progress
from doitui.cli.session import Session, writes
from doitui_core.text import plural

#: Unknown DOIs listed for people; --json lists all.
LISTED = 20


@click.command()
@click.option("--prefix", default="", metavar="P", help="Only DOIs under this prefix.")
@writes
def sync(session: Session, prefix: str) -> None:
    """Compare the state of every DOI with DataCite, and store differences.

    A tombstone that is findable again at DataCite is queued to be hidden; nothing else is queued.

    Example: doitui sync --prefix 10.5072
    """
    from doitui_core.db.models import Doi
    from doitui_core.operations import sync

    with (
        session.database(),
        progress("comparing", 0 if session.dry_run else Doi.select().count()) as bar,
        adds_progress(lambda: f"{plural(bar.pos, 'DOI')} compared before; their differences are stored"),
    ):
        result = sync.sync(prefix=prefix, actor=session.actor, dry_run=session.dry_run, step=bar.update)
    document = {
        "compared": result.compared,
        "differences": list(map(dataclasses.asdict, result.differences)),
        "unknown": result.unknown,
        "failed": [{"doi": doi, "error": error} for doi, error in result.failed.items()],
    }
    verb = "differ" if session.dry_run else "differed"
    lines = [f"{plural(result.compared, 'DOI')} compared, {len(result.differences)} {verb}"]
    for one in result.differences:
        lines.append(f"{one.doi}: {one.before} -> {one.after}" + (f"; {one.todo}" if one.todo else ""))
    if result.unknown:
        more = " …" if len(result.unknown) > LISTED else ""
        listed = ", ".join(result.unknown[:LISTED]) + more
        lines.append(f"{plural(len(result.unknown), 'DOI')} of the account unknown here: {listed}")
    session.show(document, lines)
    for doi, error in result.failed.items():
        say(f"{doi}: {error}")
    exits.leave_items([exits.UNREACHABLE] * len(result.failed), result.compared)
