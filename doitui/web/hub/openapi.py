"""The hub's OpenAPI document, written by hand: every route, parameter and status (a test compares it with the hub)."""

from __future__ import annotations

from typing import Any

from doitui.web.hub.openapi_schemas import SCHEMAS, TEXT, UUID, Schema, ref
from doitui_core import __version__

JSON_API = "application/vnd.api+json; charset=utf-8"

_ABOUT = (
    "Usage reports as DataCite's usage reports API (Sashimi) takes them, and events as DataCite Event Data shows them."
    " Reading needs no token. `Accept: application/vnd.api+json; version=2` gives events in camel case."
)

_ERRORS = {
    400: "The request cannot be read.",
    401: "No valid token.",
    403: "The token does not give this right.",
    404: "There is no such thing.",
    406: "No media type of the answer is accepted.",
    409: "The resource already exists, or belongs to somebody else.",
    413: "The body is too large, as sent or once it is inflated.",
    415: "The media type or content encoding of the body is not supported.",
    421: "It is not known whether this is the address of the hub: a report is not taken there.",
    422: "The content is not valid.",
}


def document(url: str) -> dict[str, Any]:
    """The document of a hub at `url`."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "doitui hub", "version": __version__, "description": _ABOUT},
        "servers": [{"url": url}],
        "paths": _PATHS,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _content(schema: Schema, *media_types: str) -> dict[str, Any]:
    return {media_type: {"schema": schema} for media_type in media_types}


def _answer(text: str, schema: Schema | None = None, media_type: str = JSON_API) -> dict[str, Any]:
    return {"description": text} | ({"content": _content(schema, media_type)} if schema else {})


def _errors(*codes: int) -> dict[str, Any]:
    return {str(code): _answer(_ERRORS[code], ref("Errors")) for code in codes}


def _query(name: str, schema: Schema, text: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": text}


def _path(name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _read(text: str, done: dict[str, Any], *errors: int, parameters: list[dict[str, Any]] | None = None) -> Schema:
    """A GET, with a tag: 304 for who has the answer."""
    unchanged = _answer("It has not changed since the `ETag` in `If-None-Match`.")
    return {
        "summary": text,
        "parameters": parameters or [],
        "responses": {"200": done, "304": unchanged, **_errors(400, 401, 406, *errors)},
    }


def _write(text: str, done: dict[str, Any], *errors: int, body: dict[str, Any] | None = None) -> Schema:
    answers = {"summary": text, "security": [{"token": []}], "responses": {**done, **_errors(401, 403, *errors)}}
    return answers | ({"requestBody": {"required": True, "content": body}} if body else {})


def _clamped(least: int, most: int, default: int) -> Schema:
    """A number beyond its limits is the limit, and what is no number the default: as at DataCite."""
    return {"anyOf": [{"type": "integer", "minimum": least, "maximum": most}, TEXT], "default": default}


_PAGE = [
    _query("page[size]", _clamped(0, 1000, 25), "Results of a page, 0 to 1,000; 0: only `meta`."),
    _query("page[number]", _clamped(1, 10_000, 1), "The page; of events to 10,000 results, further by cursor."),
]
_CURSOR = _query("page[cursor]", TEXT, "1 for the first page, then as `links.next` has it: reaches all results.")

_FILTERS = [
    _query("query", TEXT, "Words, phrases, field:value, AND, OR, NOT and a trailing *."),
    *(_query(name, TEXT, "Exactly this id.") for name in ("subj-id", "obj-id")),
    *(
        _query(name, TEXT, "One of these, separated by commas.")
        for name in (
            "id",
            "doi",
            "prefix",
            "orcid",
            "issn",
            "subtype",
            "registrant-id",
            "source-id",
            "relation-type-id",
        )
    ),
    _query("citation-type", TEXT, "Both types in the order of the alphabet: Dataset-ScholarlyArticle."),
    _query("year-month", TEXT, "YYYY-MM in which it occurred."),
    *(_query(name, TEXT, "YYYY or YYYY-YYYY.") for name in ("publication-year", "occurred-at")),
    *(_query(name, TEXT, "One of these DOIs.") for name in ("source-doi", "target-doi")),
    *(_query(name, TEXT, "One of these.") for name in ("source-relation-type-id", "target-relation-type-id")),
    _query("include", TEXT, "subj, obj or both: show the objects too."),
    _query("sort", TEXT, "relevance, obj-id, total, created, updated, each also with a minus; default updated."),
]

_EVENT_BODY = _content(ref("SentEvent"), "application/json", "application/vnd.api+json")
_EVENT_DONE = {
    "200": _answer("It existed and is changed.", ref("OneEvent")),
    "201": _answer("It is created.", ref("OneEvent")),
}
_PUT_EVENT = _write("Create or change an event", _EVENT_DONE, 400, 409, 413, 415, 422, body=_EVENT_BODY)

_REPORT_BODY = {
    **_content(ref("SentReport"), "application/json"),
    **_content({"type": "string", "format": "binary"}, "application/gzip"),
}
_WAITS = _answer("It is stored; its datasets are validated later: ask for its `state`.", ref("OneReport"))
_POST_DONE = {
    "201": _answer("It is stored and valid.", ref("OneReport")),
    "202": _WAITS,
}
_PUT_DONE = {"200": _answer("It existed and is replaced.", ref("OneReport")), **_POST_DONE}
_REPORT_ERRORS = (400, 406, 409, 413, 415, 421, 422)
_PUT_REPORT = _write("Create or replace a report", _PUT_DONE, *_REPORT_ERRORS, body=_REPORT_BODY)

_REPORT_FILTERS = [
    *(
        _query(name, TEXT, "Exactly this.")
        for name in ("report-name", "report-id", "release", "created", "created-by", "client-id")
    ),
    _query("id", TEXT, "One of these ids, separated by commas."),
    *(_query(name, TEXT, "Of the reporting period, a number.") for name in ("year", "month")),
    *(
        _query(name, TEXT, text)
        for name, text in (
            ("incorrect", "true: only with parts that are not valid."),
            ("queued", "true: only waiting."),
        )
    ),
    _query("sort", TEXT, "name, -name, created or -created; default: as they came."),
]

_HEARTBEAT = {
    "get": {
        "summary": "Whether database, storage and background step work",
        "responses": {
            "200": _answer("All do.", {"const": "OK"}, "text/plain; charset=utf-8"),
            "500": _answer("One line for each that does not.", TEXT, "text/plain; charset=utf-8"),
            **_errors(400, 401, 406),
        },
    }
}

_LISTED_EVENTS = {
    "description": "One page, with statistics of the whole list.",
    "content": _content(ref("Events"), JSON_API) | _content(TEXT, "text/csv; charset=utf-8"),
}

_PATHS: dict[str, Any] = {
    "/events": {
        "get": _read("List events", _LISTED_EVENTS, parameters=[*_PAGE, _CURSOR, *_FILTERS]),
        "post": _write("Create or change an event", _EVENT_DONE, 400, 409, 413, 415, 422, body=_EVENT_BODY),
    },
    "/events/{uuid}": {
        "parameters": [_path("uuid", UUID)],
        "get": _read("Show an event", _answer("The event.", ref("OneEvent")), 404),
        "put": _PUT_EVENT,
        "patch": _PUT_EVENT,
        "delete": _write("Delete an event", {"204": _answer("It is deleted.")}, 400, 404),
    },
    "/reports": {
        "get": _read("List usage reports", _answer("One page.", ref("Reports")), parameters=[*_PAGE, *_REPORT_FILTERS]),
        "post": _write("Send the report of a month, or one more part", _POST_DONE, *_REPORT_ERRORS, body=_REPORT_BODY),
    },
    "/reports/{uid}": {
        "parameters": [_path("uid", UUID)],
        "get": _read("Show a report", _answer("The report with its datasets.", ref("OneReport")), 404),
        "put": _PUT_REPORT,
        "patch": _PUT_REPORT,
        "delete": _write("Delete a report", {"204": _answer("It is deleted, and soon its events.")}, 400, 404),
    },
    "/report-subsets/{number}": {
        "parameters": [_path("number", {"type": "integer", "minimum": 1, "maximum": 10**12})],
        "get": _read("Show a compressed part", _answer("The part.", ref("Subset")), 404),
    },
    "/counts/{doi}": {
        "parameters": [_path("doi", TEXT)],
        "get": _read("Show how often a DOI is cited, viewed, downloaded", _answer("The counts.", ref("Counts")), 404),
    },
    "/tombstones/{doi}": {
        "parameters": [_path("doi", TEXT)],
        "get": {
            "summary": "Show the page of a withdrawn DOI",
            "responses": {
                "200": _answer("The page.", TEXT, "text/html"),
                "304": _answer("It has not changed."),
                "404": {
                    "description": "It is not withdrawn, or not of this archive.",
                    "content": _content(TEXT, "text/html") | _content(ref("Errors"), JSON_API),
                },
                **_errors(400, 401, 406),
            },
        },
    },
    "/heartbeat": _HEARTBEAT,
    "/hearthbeat": _HEARTBEAT,
    "/metrics": {
        "get": {
            "summary": "Figures for Prometheus",
            "responses": {"200": _answer("The figures.", TEXT, "text/plain"), **_errors(400, 401, 406)},
        }
    },
    "/openapi.json": {
        "get": _read("Show this document", _answer("The document.", {"type": "object"}, "application/json"))
    },
}
