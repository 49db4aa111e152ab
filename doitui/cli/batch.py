"""`doitui batch`: many at once."""

from __future__ import annotations

import click

from doitui.cli import exits
from doitui.cli.doi import state_option
from doitui.cli.numbers import LIMIT
from doitui.cli.output import progress, say, show
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui.cli.so_far import says_how_far
from doitui_core.config.actor import actor
from doitui_core.text import plural


@click.group()
def batch() -> None:
    """Acts on many records.

    Example: doitui batch mint --all
    """


@batch.command("mint")
@click.argument("ids", nargs=-1, metavar="[ID...]")
@click.option("--repository", "code", default="", metavar="CODE", help="Only that repository's.")
@click.option("--limit", default=100, type=LIMIT, help="At most this many (100).")
@click.option("--all", "everything", is_flag=True, help="However many there are.")
@state_option
@json_option
@dry_run_option
@pass_session
def mint(
    session: Session,
    ids: tuple[str, ...],
    code: str,
    limit: int,
    everything: bool,
    state: str,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Queue the records whose DOI is not minted yet: published ones, and unpublished too for --state draft.

    Example: doitui batch mint --all && doitui work --drain
    """
    from doitui_core.config import repositories
    from doitui_core.dois import mint_candidates
    from doitui_core.domain.states import Wanted
    from doitui_core.operations import bulk_mint
    from doitui_core.records import record_lookup

    with session.database(read_only=dry_run):
        if code:
            repositories.find(code)
        chosen = [record_lookup.find(text) for text in ids] or None
        many = len(chosen) if chosen else mint_candidates.mintable(code, Wanted(state)).count()
        with progress("queueing", many) as bar, says_how_far(lambda: f"{plural(bar.pos, 'record')} done before"):
            result = bulk_mint.mint(
                chosen,
                repository=code,
                state=state,
                limit=0 if everything or ids else limit,
                actor=actor(),
                dry_run=dry_run,
                step=bar.update,
            )
    skipped = sum(result.skipped.values())
    document = {
        "queued": result.queued,
        "skipped": skipped,
        "reasons": dict(result.skipped),
        "refused": [{"object_id": object_id, "reason": reason} for object_id, reason in result.refused],
    }
    lines = [f"{result.queued} {'would be ' if dry_run else ''}queued, {skipped} skipped"]
    lines += [f"  {number} {reason}" for reason, number in result.skipped.most_common()]
    for object_id, reason in result.refused[:50]:
        say(f"{object_id}: {reason}")
    if len(result.refused) > 50:
        say(f"… and {len(result.refused) - 50} more: --json names them all")
    show(document, as_json, lines)
    exits.leave(exits.SOME_FAILED if result.refused else exits.DONE)
