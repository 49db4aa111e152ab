"""Error answers in lupo's shapes and with its texts (datacite-api.md 1.9)."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NamedTuple

import falcon

from doitui.web.common.answers import answer_json

NO_PAYLOAD = "You need to provide a payload following the JSONAPI spec"

_TITLES = {
    401: "Bad credentials.",
    403: "You are not authorized to access this resource.",
    404: "The resource you are looking for doesn't exist.",
    405: "Method not allowed",
    406: "The content type is not recognized.",
    409: "The resource already exists.",
}


class Problem(NamedTuple):
    """One error in a document. `source` is a plain snake_case string, not a JSON:API pointer."""

    source: str
    title: str


class Invalid(falcon.HTTPUnprocessableEntity):
    """422: the document is rejected, for each of `errors`, objects with at least a `title`."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(title=errors[0]["title"])
        self.errors = errors


def status_title(status: int) -> str:
    """DataCite's text for `status`, else the standard one."""
    return _TITLES.get(status) or HTTPStatus(status).phrase


def refusal(status: int, title: str | None = None, headers: dict[str, str] | None = None) -> falcon.HTTPError:
    """An error to raise. `title` only where DataCite's differs from its usual text for `status`."""
    return falcon.HTTPError(status, title=title or status_title(status), headers=headers)


def raise_titles(titles: Iterable[str], status: int | str = "422") -> None:
    """Raises Invalid with an error for each of `titles`, if any; each repeats the `status`."""
    if errors := [{"status": status, "title": title} for title in titles]:
        raise Invalid(errors)


def problem_errors(uid: str, problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """`[{"source", "title", "uid"}]`; only the first problem of each source is reported (1.7, 3)."""
    first: dict[str, Problem] = {}
    for problem in problems:
        first.setdefault(problem.source, problem)
    return [{**problem._asdict(), "uid": uid} for problem in first.values()]


def serialize(_req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    """Falcon's error serializer: `{"errors": [{"status": "401", "title": …}]}`, and the errors of an `Invalid`."""
    title = error.title if error.title and error.title != error.status else status_title(error.status_code)
    usual = [{"status": str(error.status_code), "title": title}]
    answer_json(resp, {"errors": error.errors if isinstance(error, Invalid) else usual})
