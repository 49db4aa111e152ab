"""`doitui batch` and `doitui sync`: mint many records, compare all DOIs with DataCite."""

from __future__ import annotations

import dataclasses

import click

from doitui.cli import exits
from doitui.cli.doi import state_option
from doitui.cli.options import LIMIT, repository_option
from doitui.cli.output import say, say_first
from doitui.cli.progress import progress
from doitui.cli.session import Session, writes_database
from doitui_core.domain.states import Wanted
from doitui_core.text import plural

#: DOIs unknown here that `sync` lists for people; --json lists all.
LISTED = 20


@click.group()
def batch() -> None:
    """Act on many records.

    Example: doitui batch mint --all
    """


@batch.command()
@click.argument("ids", nargs=-1, metavar="[ID...]")
@repository_option
@click.option("--limit", default=100, type=LIMIT, help="Maximum records (default 100).")
@click.option("--all", "everything", is_flag=True, help="Queue all, without a limit.")
@state_option
@writes_database
def mint(session: Session, ids: tuple[str, ...], code: str, limit: int, everything: bool, state: str) -> None:
    """Queue records whose DOI is not minted yet: published ones, with --state draft unpublished ones too.

    Example: doitui batch mint --all && doitui work --drain
    """
    from doitui_core.config import repositories
    from doitui_core.dois import mint_candidates
    from doitui_core.operations import bulk_mint
    from doitui_core.records import record_lookup

    if code:
        repositories.find(code)
    chosen = [record_lookup.find(text) for text in ids] or None
    many = len(chosen) if chosen else mint_candidates.mintable(code, Wanted(state)).count()
    with progress("queueing", many, lambda done: f"{plural(done, 'record')} done before") as bar:
        result = bulk_mint.mint(
            chosen,
            repository=code,
            state=state,
            limit=0 if everything or ids else limit,
            actor=session.actor,
            dry_run=session.dry_run,
            step=bar.update,
        )
    skipped = sum(result.skipped.values())
    document = {
        "queued": result.queued,
        "skipped": skipped,
        "reasons": dict(result.skipped),
        "refused": [{"object_id": object_id, "reason": reason} for object_id, reason in result.refused],
    }
    lines = [f"{result.queued} {session.would}queued, {skipped} skipped"]
    lines += [f"  {number} {reason}" for reason, number in result.skipped.most_common()]
    refused = [f"{object_id}: {reason}" for object_id, reason in result.refused]
    say_first(refused, 50, ": --json lists all")
    session.show(document, lines)
    exits.leave(exits.SOME_FAILED if refused else exits.DONE)


@click.command()
@click.option("--prefix", default="", metavar="P", help="Only DOIs under this prefix.")
@writes_database
def sync(session: Session, prefix: str) -> None:
    """Compare the state of every DOI with DataCite, and store differences.

    A tombstone that is findable again at DataCite is queued to be hidden; nothing else is queued.

    Example: doitui sync --prefix 10.5072
    """
    from doitui_core.db.models import Doi
    from doitui_core.operations import sync

    many = 0 if session.dry_run else Doi.select().count()
    with progress(
        "comparing", many, lambda done: f"{plural(done, 'DOI')} compared before; their differences are stored"
    ) as bar:
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
