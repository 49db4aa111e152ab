"""Options and arguments that several commands have, and the pages of lists."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from doitui.cli.output import say
from doitui.cli.session import Command, Session
from doitui.cli.tables import table
from doitui_core.errors import BadInput


class _Id(click.IntRange):
    name = "job id"


class _Seconds(click.FloatRange):
    name = "number of seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = float(super().convert(value, param, ctx))
        if math.isnan(found):
            self.fail(f"{value!r} is not a valid {self.name}.", param, ctx)
        return found


def stack(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """One decorator for several options and arguments, in the order of the help."""

    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


#: What fits into a database's integer.
ID = _Id(1, 2**63 - 1)

#: A maximum number of items; 0: all.
LIMIT, LIMIT_OR_ALL = click.IntRange(1, 1_000_000_000), click.IntRange(0, 1_000_000_000)

#: Rows that are read at once of a list without a limit.
PAGE_ROWS = 1000

#: A number of items that a person confirms.
COUNT = click.IntRange(0, 1_000_000_000)

#: An interval that leaves the machine time for other work, and is at most a day.
SECONDS = _Seconds(0.05, 86_400)

ids_argument = click.argument("ids", nargs=-1, required=True, metavar="ID...")
dois_argument = click.argument("dois", nargs=-1, required=True, metavar="DOI...")
month_option = click.option(
    "--month", required=True, metavar="MONTH", help="The month: YYYY-MM, last or current (by setting usage_timezone)."
)
files_argument = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
repository_option = click.option("--repository", "code", default="", metavar="CODE", help="Only this repository.")
owner_option = click.option(
    "--repository", "code", metavar="CODE", help="The repository (required if there are several)."
)
format_option = click.option(
    "--format", "form", default="", metavar="F", help="table (default), csv or json (as --json)."
)
quiet_option = click.option("--quiet", is_flag=True, help="Print only what failed, on stderr.")
paging_options = stack(
    click.option("--limit", default=100, type=LIMIT_OR_ALL, help="Rows per page (default 100; 0: all)."),
    click.option("--after", default="", metavar="KEY", help="Continue after the previous page's `next`."),
)


def chosen_format(session: Session, form: str) -> str:
    """The format that `--format` and `--json` ask for: table, csv or json. Raises `BadInput`."""
    if form not in ("", "table", "csv", "json"):
        raise BadInput(f'Unknown format "{form}". Use: table, csv, json')
    if session.as_json and form not in ("", "json"):
        raise BadInput(f"--json and --format {form} contradict each other: give one of them")
    return "json" if session.as_json else form or "table"


def show_list(
    session: Session,
    name: str,
    read: Callable[..., Any],
    to_json: Callable[[Any], dict[str, Any]],
    columns: Sequence[str],
    empty: str,
    *,
    limit: int,
    after: str,
) -> None:
    """Print a page of a list, which `read(limit=…, after=…)` gets, its rows by `to_json`, and for people the key of the
    next page. Limit 0: all rows, for people a page at a time, as a list may be longer than fits into memory.
    """
    if not (limit or session.as_json):
        session.show({}, table(map(to_json, _all_rows(read, after)), columns, empty))
        return
    page = read(limit=limit, after=after)
    rows = [to_json(row) for row in page.rows]
    session.show({name: rows, "next": page.next}, table(rows, columns, empty))
    if page.next and not session.as_json:
        say(f"more: --after {page.next}")


def _all_rows(read: Callable[..., Any], after: str) -> Iterator[Any]:
    """The rows of all pages."""
    key: str | None = after
    while key is not None:
        page = read(limit=PAGE_ROWS, after=key)
        yield from page.rows
        key = page.next
