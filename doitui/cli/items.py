"""One action on several items: each is tried, each failure is one line, and the exit code covers all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from doitui.cli import exits
from doitui.cli.output import say
from doitui.cli.session import Session
from doitui_core.errors import DatabaseUnavailable, DoituiError


def each(session: Session, ids: Sequence[str], act: Callable[[str], dict[str, Any]]) -> None:
    """Call `act` for each of `ids`, print the results, and leave with the exit code.

    `act` returns a result for JSON with its `line` for people, or with `error` and its exit `code`.
    """
    results: list[dict[str, Any]] = []
    stopped: DatabaseUnavailable | None = None
    for text in ids:
        try:
            results.append(act(text))
        except DatabaseUnavailable as error:  # the others would fail too
            stopped = error
            break
        except DoituiError as error:
            results.append({"id": text, "error": str(error), "code": exits.for_error(error)})
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
