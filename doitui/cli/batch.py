"""`doitui batch` and `doitui sync`: mint many records, compare all DOIs with DataCite."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from doitui.cli import exits
from doitui.cli.doi import state_option
from doitui.cli.options import LIMIT, LIMIT_OR_ALL, repository_option
from doitui.cli.output import say, say_first
from doitui.cli.progress import progress
from doitui.cli.session import Session, writes_database
from doitui_core.domain.states import Wanted
from doitui_core.text import plural

if TYPE_CHECKING:
    from doitui_core.operations.bulk_mint import MintResult

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

    Example: doitui batch mint --all; doitui work --drain
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
    _show_queued(session, result)


def _show_queued(session: Session, result: MintResult) -> None:
    """Print what was queued, skipped and refused; the exit code is about the latter."""
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


@batch.command()
@click.argument("ids", nargs=-1, metavar="[ID...]")
@click.option("--changed", is_flag=True, help="All that have changed since they were sent (default without IDs).")
@repository_option
@click.option("--limit", default=0, type=LIMIT_OR_ALL, help="Maximum updates (default 0: all).")
@writes_database
def update(session: Session, ids: tuple[str, ...], changed: bool, code: str, limit: int) -> None:
    """Queue an update for each DOI whose record has changed since it was sent. ID: an object id, or a DOI.

    What is sent already, foreign, not published or not at DataCite yet is skipped, which is no failure.

    Example: doitui batch update --changed; doitui work --drain
    """
    from doitui_core.operations import bulk_update

    if ids and changed:
        raise click.UsageError("give IDs or --changed")
    chosen = list(map(_record, ids)) or None
    many = len(chosen) if chosen else bulk_update.changed(code).count()
    with progress("queueing", many, lambda done: f"{plural(done, 'record')} done before") as bar:
        result = bulk_update.update(
            chosen, repository=code, limit=limit, actor=session.actor, dry_run=session.dry_run, step=bar.update
        )
    _show_queued(session, result)


def _record(text: str) -> Any:
    """The record with the object id `text`, or of the DOI `text`."""
    from doitui_core.dois import doi_rows
    from doitui_core.domain import doi_spelling, identifiers
    from doitui_core.errors import NotFound
    from doitui_core.records import record_lookup

    try:
        return record_lookup.find(text)
    except NotFound:
        if not identifiers.parse_doi(doi_spelling.bare(text)):
            raise
    row = doi_rows.find(text)
    if row.record is None:
        raise NotFound(f"{row.doi} has no record here whose content could be sent")
    return row.record


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
