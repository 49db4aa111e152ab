"""`doitui usage drain`: the spool into the counts, with what was rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from doitui.cli import exits
from doitui.cli.output import say
from doitui.cli.progress import progress
from doitui.cli.session import Session, writes
from doitui_core.text import list_names, plain, plural

if TYPE_CHECKING:
    from doitui_core.usage.spool_refusals import Refusal
    from doitui_core.usage.unmatched import Unmatched

#: Rejected entries of a spool that are listed.
LISTED = 20


@click.command()
@click.option("--spool", metavar="DIR", help="The spool directory  [env: DOITUI_SPOOL]")
@writes
def drain(session: Session, spool: str | None) -> None:
    """Read the middleware's spool into the database, and count it. `doitui work` does this too.

    Example: doitui usage drain --spool /var/spool/doitui
    """
    from doitui_core.operations import drain_spool
    from doitui_core.usage import spool_place, spool_refusals

    place = drain_spool.place(spool)
    waiting = spool_place.waiting(place)
    if session.dry_run:
        refused = spool_refusals.look(place)
        line = f"{plural(waiting['files'], 'file')} of {waiting['bytes']} bytes would be drained"
        with session.database():
            session.show({**waiting, "refused": [refusal.document() for refusal in refused]}, [line])
        _say_refused(place, refused)
        return

    def drained(done: int) -> str:
        return f"{done} of {waiting['bytes']} bytes drained before; the rest is still in {place}: drain it again"

    with (
        session.database(durable=False),  # rows are on the disk before the spool files are removed
        progress("draining", waiting["bytes"], drained, place) as bar,
    ):
        result = drain_spool.drain(session.actor, place, bar.update)
    done = result.drained
    _say_no_events(result.no_events)
    document = {name: getattr(done, name) for name in ("files", "lines", "hits", "rejected", "removed", "busy")}
    document |= {"refused": [refusal.document() for refusal in done.refused]}
    document |= {"hours": result.hours, "pruned": result.pruned, "late": result.late, "ids": done.unmatched.ids}
    if done.busy:
        say(f"another drain is running in {place}: nothing was drained")
    if done.rejected:
        say(f"{plural(done.rejected, 'line')} unreadable: moved to files *.rejected in {place}")
    _say_refused(place, done.refused)
    drained_lines = f"{plural(done.lines, 'line')} of {plural(done.files, 'file')} drained"
    lines = [f"{drained_lines}, {plural(result.hours, 'hour')} counted", *reason_lines(done.hits, done.unmatched)]
    session.show(document, [*lines, *late_lines(result.late)])
    exits.leave(exits.SOME_FAILED if done.rejected or done.refused else exits.DONE)


def _say_refused(place: Path, refused: Sequence[Refusal]) -> None:
    for refusal in refused[:LISTED]:
        say(f"{place}: {refusal}")
        say(f"  {refusal.fix}")
    if len(refused) > LISTED:
        say(f"… and {len(refused) - LISTED} more: see `doitui doctor`")


def refresh_events() -> None:
    """Make events of the counts of all days. A configuration error is reported, and the counts stay."""
    from doitui_core.operations import drain_spool

    _say_no_events(drain_spool.refresh_events(all_days=True))


def _say_no_events(reason: str) -> None:
    if reason:
        say(f"counted, but no events were created: {reason}")


def reason_lines(hits: Mapping[str, int], unmatched: Unmatched) -> list[str]:
    """One line for each reason why hits count or not, with the ids that are `unmatched`."""
    lines = [
        f"  {number} {reason.replace('_', ' ')}{_ids(reason, unmatched)}" for reason, number in sorted(hits.items())
    ]
    later = ["hits of these ids are kept, and counted when their DOIs are minted"]
    return lines + later * bool(unmatched.ids)


def _ids(reason: str, unmatched: Unmatched) -> str:
    """`: MS-1 (3), MS-2 (1)`, those with most hits first; what exceeds `LISTED` is `…`."""
    found = unmatched.ids.get(reason)
    return (
        f": {list_names([f'{plain(key)} ({number})' for key, number in found.most_common()], LISTED)}" if found else ""
    )


def late_lines(late: int) -> list[str]:
    """What was found of earlier hits."""
    return [f"{plural(late, 'earlier hit')} found for DOIs minted since"] if late else []
