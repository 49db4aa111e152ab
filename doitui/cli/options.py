"""Options and arguments that several commands have, and the pages of lists."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from doitui.cli.output import say, table
from doitui.cli.session import Session

F = TypeVar("F", bound=Callable[..., Any])


class _Id(click.IntRange):
    name = "job id"


class _Seconds(click.FloatRange):
    name = "number of seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = float(super().convert(value, param, ctx))
        if math.isnan(found):
            self.fail(f"{value!r} is not a valid {self.name}.", param, ctx)
        return found


#: What fits into a database's integer.
ID = _Id(1, 2**63 - 1)

#: A maximum number of items; 0: all.
LIMIT, LIMIT_OR_ALL = click.IntRange(1, 1_000_000_000), click.IntRange(0, 1_000_000_000)

#: An interval that leaves the machine time for other work, and is at most a day.
SECONDS = _Seconds(0.05, 86_400)

ids_argument = click.argument("ids", nargs=-1, required=True, metavar="ID...")
dois_argument = click.argument("dois", nargs=-1, required=True, metavar="DOI...")
files_argument = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
repository_option = click.option("--repository", "code", default="", metavar="CODE", help="Only this repository.")
owner_option = click.option(
    "--repository", "code", metavar="CODE", help="The repository (required if there are several)."
)


def paging_options(command: F) -> F:
    """`--limit N` and `--after KEY`."""
    command = click.option("--after", default="", metavar="KEY", help="Continue after the previous page's `next`.")(
        command
    )
    return click.option("--limit", default=100, type=LIMIT_OR_ALL, help="Rows per page (default 100; 0: all).")(command)


def show_page(
    session: Session, name: str, page: Any, to_json: Callable[[Any], dict[str, Any]], columns: Sequence[str], empty: str
) -> None:
    """Print a page of a list, its rows by `to_json`, and for people the key of the next page."""
    rows = [to_json(row) for row in page.rows]
    session.show({name: rows, "next": page.next}, table(rows, columns, empty))
    if page.next and not session.as_json:
        say(f"more: --after {page.next}")
