"""`doitui batch`: many records at once."""

from __future__ import annotations

import click

from doitui.cli import exits
from doitui.cli.doi import state_option
from doitui.cli.options import LIMIT, repository_option
from doitui.cli.output import progress, say_first
from doitui.cli.partial_results import adds_progress
from doitui.cli.session import Session, writes
from doitui_core.text import plural


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
@writes
def mint(session: Session, ids: tuple[str, ...], code: str, limit: int, everything: bool, state: str) -> None:
    """Queue records whose DOI is not minted yet: published ones, with --state draft unpublished ones too.

    Example: doitui batch mint --all && doitui work --drain
    """
    from doitui_core.config import repositories
    from doitui_core.dois import mint_candidates
    from doitui_core.domain.states import Wanted
    from doitui_core.operations import bulk_mint
    from doitui_core.records import record_lookup

    with session.database():
        if code:
            repositories.find(code)
        chosen = [record_lookup.find(text) for text in ids] or None
        many = len(chosen) if chosen else mint_candidates.mintable(code, Wanted(state)).count()
        with progress("queueing", many) as bar, adds_progress(lambda: f"{plural(bar.pos, 'record')} done before"):
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
