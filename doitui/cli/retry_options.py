"""What `queue retry` and `event retry` share: which items to retry, and the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from doitui.cli import exits
from doitui.cli.options import ID
from doitui.cli.output import say
from doitui.cli.session import Session
from doitui_core.text import plural

F = TypeVar("F", bound=Callable[..., Any])


def selection_options(command: F) -> F:
    """IDs, `--cause` or `--all`; `check_selection` refuses more than one of them."""
    command = click.option("--all", "everything", is_flag=True, help="Retry all.")(command)
    command = click.option("--cause", metavar="C", help="Retry all with this cause.")(command)
    return click.argument("ids", nargs=-1, type=ID, metavar="[ID...]")(command)


def check_selection(noun: str, ids: Sequence[int], cause: str | None, everything: bool) -> None:
    """Raise `UsageError` unless exactly one of them is given."""
    if sum((bool(ids), cause is not None, everything)) != 1:
        raise click.UsageError(f"give {noun} IDs, or --cause, or --all")


def report(session: Session, noun: str, ids: Sequence[int], retried: Sequence[int], state: str) -> None:
    """Print what was retried, then leave: some failed if one of `ids` is not in `state`."""
    missed = [number for number in ids if number not in retried]
    for number in missed:
        say(f"{noun} {number} is not {state}: nothing to retry")
    line = f"{plural(len(retried), noun)} {session.would}set to pending"
    session.show({"retried": retried, "not_retried": missed}, [line])
    exits.leave_items([exits.SOME_FAILED] * len(missed), len(ids))
