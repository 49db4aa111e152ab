"""One act on several items: each is tried, each failure is one line, and the exit code tells what happened to all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from doitui.cli import exits
from doitui.cli.output import say, show
from doitui_core.errors import DatabaseUnavailable, DoituiError


def each(ids: Sequence[str], act: Callable[[str], dict[str, Any]], as_json: bool) -> None:
    """Do `act` for every one of `ids`; print what it gave (`line` for people), then leave with the fitting exit code.

    `act` returns a JSON-ready dict with `line`, and may set `code`, its exit code, where it did not raise.
    """
    done: list[dict[str, Any]] = []
    codes: list[int] = []
    stopped: DatabaseUnavailable | None = None
    for text in ids:
        try:
            result = act(text)
        except DatabaseUnavailable as error:  # it would be the same with all that are left
            stopped = error
            break
        except DoituiError as error:
            result = {"id": text, "error": str(error), "code": exits.for_error(error)}
        codes.append(result.pop("code", exits.DONE))
        done.append(result)
    for result in done:
        if "error" in result:
            say(result["error"] if result["id"] in result["error"] else f"{result['id']}: {result['error']}")
    if stopped is not None and not done:
        raise stopped
    show(
        {"results": [{name: value for name, value in result.items() if name != "line"} for result in done]},
        as_json,
        [result["line"] for result in done if "line" in result],
    )
    if stopped is not None:
        say(f"doitui: {stopped}; {len(done)} of {len(ids)} done before")
        exits.leave(exits.for_error(stopped))
    exits.leave(exits.for_items(codes, [code for code in codes if code]))
