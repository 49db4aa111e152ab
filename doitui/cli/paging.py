"""What every list takes and says: how many rows, and the key of the next page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from doitui.cli.output import say

F = TypeVar("F", bound=Callable[..., Any])


def paging_options(command: F) -> F:
    """`--limit N` (100, 0 = all) and `--after KEY`."""
    command = click.option(
        "--after", default="", metavar="KEY", help="Go on after this key (`next` of the page before)."
    )(command)
    rows = click.IntRange(0, 1_000_000_000)
    return click.option("--limit", default=100, type=rows, help="Rows of a page; 0 = all (100).")(command)


def say_next(key: str | None, as_json: bool) -> None:
    """Where a person reads, say how to go on."""
    if key and not as_json:
        say(f"more: --after {key}")
