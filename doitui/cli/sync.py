"""`doitui sync`: what DataCite has, compared with what is known here."""

from __future__ import annotations

import click

from doitui.cli import exits
from doitui.cli.output import progress, say, show
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui.cli.so_far import says_how_far
from doitui_core.config.actor import actor
from doitui_core.text import plural

#: Unknown DOIs named to people; --json names all.
NAMED = 20


@click.command()
@click.option("--prefix", default="", metavar="P", help="Only DOIs under this prefix.")
@json_option
@dry_run_option
@pass_session
def sync(session: Session, prefix: str, as_json: bool, dry_run: bool) -> None:
    """Compare the state of every DOI with DataCite's, and note what differs. Tombstones stay dead: one that is public
    again is queued to be hidden; nothing else is queued.

    Example: doitui sync --prefix 10.5072
    """
    from doitui_core.db.models import Doi
    from doitui_core.operations import sync as syncing

    with (
        session.database(read_only=dry_run),
        progress("comparing", 0 if dry_run else Doi.select().count()) as bar,
        says_how_far(lambda: f"{plural(bar.pos, 'DOI')} compared before, what differed is noted"),
    ):
        result = syncing.sync(prefix=prefix, actor=actor(), dry_run=dry_run, step=bar.update)
    document = {
        "compared": result.compared,
        "differences": [
            {"doi": found.doi, "before": found.before, "after": found.after, "todo": found.todo}
            for found in result.differences
        ],
        "unknown": result.unknown,
        "failed": [{"doi": doi, "error": error} for doi, error in result.failed.items()],
    }
    first = (
        f"{plural(result.compared, 'DOI')} compared, {len(result.differences)} {'differ' if dry_run else 'differed'}"
    )
    lines = [first]
    lines += [
        f"{one.doi}: {one.before} -> {one.after}" + (f"; {one.todo}" if one.todo else "") for one in result.differences
    ]
    if result.unknown:
        more = " …" if len(result.unknown) > NAMED else ""
        lines.append(
            f"{len(result.unknown)} of the account are unknown here: {', '.join(result.unknown[:NAMED])}{more}"
        )
    show(document, as_json, lines)
    for doi, error in result.failed.items():
        say(f"{doi}: {error}")
    exits.leave(exits.for_items([0] * result.compared, [exits.UNREACHABLE] * len(result.failed)))
