"""`doitui usage drain`: the spool into the counts, and what was refused there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from doitui.cli import exits
from doitui.cli.output import progress, say, show
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui.cli.so_far import says_how_far
from doitui_core.config.actor import actor
from doitui_core.text import plural

if TYPE_CHECKING:
    from doitui_core.usage.spool_refusals import Refusal


@click.command()
@click.option("--spool", metavar="DIR", help="The spool  [env: DOITUI_SPOOL]")
@json_option
@dry_run_option
@pass_session
def drain(session: Session, spool: str | None, as_json: bool, dry_run: bool) -> None:
    """Bring what the middleware noted into the database, and count it. A worker does the same; this is for cron.

    Example: doitui usage drain --spool /var/spool/doitui
    """
    from doitui_core.operations import drain_spool
    from doitui_core.usage import spool_place, spool_refusals

    place = drain_spool.place(spool)
    waiting = spool_place.waiting(place)
    if dry_run:
        refused = spool_refusals.look(place)
        told = f"{plural(waiting['files'], 'file')} of {waiting['bytes']} bytes would be drained"
        with session.database(read_only=True):
            show({**waiting, "refused": [refusal.document() for refusal in refused]}, as_json, [told])
        _say_refused(place, refused)
        return
    with (
        session.database(durable=False),  # what is removed from the spool is on the disk before
        progress("draining", waiting["bytes"]) as bar,
        says_how_far(lambda: _left(bar.pos, waiting, place), place),
    ):
        result = drain_spool.drain(actor(), place, bar.update)
    done = result.drained
    _say_no_events(result.no_events)
    document = {
        "files": done.files,
        "lines": done.lines,
        "hits": dict(done.hits),
        "rejected": done.rejected,
        "removed": done.removed,
        "busy": done.busy,
        "refused": [refusal.document() for refusal in done.refused],
        "hours": result.hours,
        "pruned": result.pruned,
    }
    told = (
        f"{plural(done.lines, 'line')} of {plural(done.files, 'file')} drained, {plural(result.hours, 'hour')} counted"
    )
    if done.busy:
        say(f"another drain is at work in {place}: nothing was drained")
    if done.rejected:
        say(f"{plural(done.rejected, 'line')} could not be read: they are kept in {place}, in files *.rejected")
    _say_refused(place, done.refused)
    show(document, as_json, [told, *reason_lines(done.hits)])
    exits.leave(exits.SOME_FAILED if done.rejected or done.refused else exits.DONE)


#: Entries of a spool that are named; the rest is only counted.
NAMED = 20


def _say_refused(place: Path, refused: Sequence[Refusal]) -> None:
    for refusal in refused[:NAMED]:
        say(f"{place}: {refusal}")
        say(f"  {refusal.fix}")
    if len(refused) > NAMED:
        say(f"… and {len(refused) - NAMED} more: see `doitui doctor`")


def _left(done: int, waiting: Mapping[str, int], place: Path) -> str:
    """How far a drain came that was stopped."""
    return f"{done} of {waiting['bytes']} bytes drained before; the rest stays in {place}, drain it again"


def refresh_events(*, all_days: bool = False) -> None:
    """What was counted becomes events; a set-up that is wrong there takes nothing from the counts."""
    from doitui_core.operations import drain_spool

    _say_no_events(drain_spool.refresh_events(all_days=all_days))


def _say_no_events(reason: str) -> None:
    if reason:
        say(f"counted, but no events are made of it: {reason}")


def reason_lines(hits: Mapping[str, int]) -> list[str]:
    return [f"  {number} {reason.replace('_', ' ')}" for reason, number in sorted(hits.items())]
