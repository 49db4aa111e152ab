"""Items named by a command: one action on each, or a retry of those selected. The exit code covers all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from doitui.cli import exits
from doitui.cli.options import ID, stack
from doitui.cli.output import say
from doitui.cli.session import Session
from doitui_core.errors import DatabaseUnavailable, DoituiError
from doitui_core.text import plural

#: IDs, `--cause` or `--all`; `check_selection` refuses more than one of them.
selection_options = stack(
    click.argument("ids", nargs=-1, type=ID, metavar="[ID...]"),
    click.option(
        "--cause", metavar="C", help="Retry all with this cause, or of this cause group (`doitui report causes`)."
    ),
    click.option("--all", "everything", is_flag=True, help="Retry all."),
)


def each(session: Session, ids: Sequence[Any], act: Callable[[Any], dict[str, Any]]) -> None:
    """Open the database, call `act` for each of `ids`, print the results, and leave with the exit code.

    `act` returns a result for JSON with its `line` for people, or with `error` and its exit `code`.
    """
    results: list[dict[str, Any]] = []
    stopped: DatabaseUnavailable | None = None
    with session.database():
        for item in ids:
            try:
                results.append(act(item))
            except DatabaseUnavailable as error:  # the others would fail too
                stopped = error
                break
            except DoituiError as error:
                results.append({"id": str(item), "error": str(error), "code": exits.for_error(error)})
        if stopped is not None and not results:
            raise stopped
        show_results(session, "results", results)
    if stopped is not None:
        say(f"doitui: {stopped}; {len(results)} of {len(ids)} done before")
        exits.leave(exits.for_error(stopped))
    exits.leave_items([result["code"] for result in results if "code" in result], len(results))


def show_results(session: Session, name: str, results: Sequence[dict[str, Any]]) -> None:
    """Print `results` as the JSON list `name`, or their lines; errors go to stderr."""
    for result in results:
        if "error" in result:
            named = "id" in result and result["id"] in result["error"]
            say(result["error"] if named else f"{result.get('id') or result['repository']}: {result['error']}")
    document = [{key: value for key, value in row.items() if key not in ("line", "code")} for row in results]
    session.show({name: document}, [result["line"] for result in results if "line" in result])


def check_selection(noun: str, ids: Sequence[int], cause: str | None, everything: bool) -> None:
    """Raise `UsageError` unless exactly one of them is given."""
    if sum((bool(ids), cause is not None, everything)) != 1:
        raise click.UsageError(f"give {noun} IDs, or --cause, or --all")


def show_retried(session: Session, noun: str, ids: Sequence[int], retried: Sequence[int], state: str) -> None:
    """Print what was retried, then leave: some failed if one of `ids` is not in `state`."""
    missed = [number for number in ids if number not in retried]
    for number in missed:
        say(f"{noun} {number} is not {state}: nothing to retry")
    line = f"{plural(len(retried), noun)} {session.would}set to pending"
    session.show({"retried": retried, "not_retried": missed}, [line])
    exits.leave_items([exits.SOME_FAILED] * len(missed), len(ids))
