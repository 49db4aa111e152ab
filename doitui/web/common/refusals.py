"""Error answers in lupo's shapes and words (datacite-api.md 1.9)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple

import falcon

MEDIA_TYPE = "application/vnd.api+json; charset=utf-8"

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
    """One thing wrong with a document. `source` is a plain snake_case string, not a JSON:API pointer."""

    source: str
    title: str


class Invalid(Exception):
    """The document was refused: becomes a 422."""

    def __init__(self, uid: str, problems: Sequence[Problem]) -> None:
        super().__init__(uid)
        self.uid = uid
        self.problems = problems


def status_title(status: int) -> str:
    """The words DataCite uses for `status`, else the usual ones."""
    return _TITLES.get(status) or HTTPStatus(status).phrase


def refusal(status: int, title: str | None = None, headers: dict[str, str] | None = None) -> falcon.HTTPError:
    """An error to raise. `title` only where DataCite says something of its own."""
    return falcon.HTTPError(status, title=title or status_title(status), headers=headers)


def problems_body(uid: str, problems: Sequence[Problem]) -> dict[str, object]:
    """`{"errors": [{"source", "title", "uid"}]}`; only the first problem of each source is told (1.7, 3)."""
    first: dict[str, Problem] = {}
    for problem in problems:
        first.setdefault(problem.source, problem)
    return {"errors": [{"source": one.source, "title": one.title, "uid": uid} for one in first.values()]}


def answer_json(resp: falcon.Response, body: object) -> None:
    """Put `body` into `resp`."""
    resp.content_type = MEDIA_TYPE
    resp.data = json.dumps(body).encode()


def serialize(_req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    """Falcon's error serializer: `{"errors": [{"status": "401", "title": …}]}`."""
    status = error.status_code
    title = error.title if error.title and error.title != error.status else status_title(status)
    answer_json(resp, {"errors": [{"status": str(status), "title": title}]})


def answer_invalid(_req: falcon.Request, resp: falcon.Response, error: Invalid, _params: object) -> None:
    """Falcon's handler for `Invalid`."""
    resp.status = falcon.HTTP_422
    answer_json(resp, problems_body(error.uid, error.problems))
