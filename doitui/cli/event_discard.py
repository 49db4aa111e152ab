"""`doitui event discard`: give up events that are not sent yet."""

from __future__ import annotations

import sys

import click

from doitui.cli.options import COUNT
from doitui.cli.progress import progress
from doitui.cli.session import Session, writes_database
from doitui_core.errors import Refused
from doitui_core.text import plural


@click.command()
@click.option("--state", "--status", default="", metavar="S", help="pending or failed (default: both).")
@click.option("--count", "expected", type=COUNT, metavar="N", help="Confirm that N events are discarded.")
@writes_database
def discard(session: Session, state: str, expected: int | None) -> None:
    """Discard events that are not sent yet. A count that grows later is sent again; `event retry ID` sends one.

    It asks for their number, which --count gives without a terminal; it discards nothing if the number has changed.

    Example: doitui event discard --state failed --dry-run
    """
    from doitui_core.events import discarding

    number = discarding.discardable(state).count()
    if session.dry_run or not number:
        session.show({"discarded": number}, [f"{plural(number, 'event')} {session.would}discarded"])
        return
    check_count(number, "event", "discarded", expected)
    with progress("discarding", number) as bar:
        done = discarding.discard(state, actor=session.actor, step=bar.update)
    session.show({"discarded": done}, [f"{plural(done, 'event')} discarded"])


def check_count(number: int, noun: str, done: str, expected: int | None) -> None:
    """Have a person confirm an act by the number of items: `--count`, or typed on a terminal. Raises `Refused` for
    another number, `UsageError` if nobody can be asked.
    """
    items = plural(number, noun)
    if expected is None and sys.stdin is not None and sys.stdin.isatty():
        expected = click.prompt(f"{items} will be {done}. Type {number} to confirm", type=COUNT, err=True)
    if expected is None:
        raise click.UsageError(f"{items} would be {done}: give --count {number} to confirm")
    if expected != number:
        raise Refused(f"there are {items}, not {expected}: nothing was {done}", "count_changed")
