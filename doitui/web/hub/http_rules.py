"""What every answer of the hub has: an entity tag, CORS, one shape of errors; and HEAD wherever there is GET."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from typing import Any

import falcon

from doitui.web.common.answers import answer_json
from doitui.web.common.refusals import Invalid, refusal, status_title
from doitui_core.errors import DatabaseUnavailable, DiskFull, DoituiError

log = logging.getLogger("doitui.hub")

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

#: What a route answers with unless it is in `_PRODUCES`.
_JSON = ("application/vnd.api+json", "application/json")
_PRODUCES = {
    "/events": (*_JSON, "text/csv"),
    "/heartbeat": ("text/plain",),
    "/hearthbeat": ("text/plain",),
    "/metrics": ("text/plain", "application/openmetrics-text"),
    "/tombstones/{doi:path}": ("text/html",),
}

#: Routes whose answers have a tag, and may be 304.
_TAGGED = ("/events", "/reports", "/report-subsets", "/tombstones", "/openapi.json")


class ContentRules:
    """Falcon middleware: 406 for a client that takes none of the media types, 415 for events that are not JSON; tags
    of answers, and 304 for a client that has the answer already (RFC 9110 13.1.2).
    """

    def process_resource(
        self, req: falcon.Request, _resp: falcon.Response, _resource: object, _params: dict[str, Any]
    ) -> None:
        """Raises 406 and 415."""
        template = (req.uri_template or "").rstrip("/")
        if req.method == "GET" and not _accepts(req.get_header("Accept") or "*/*", _PRODUCES.get(template, _JSON)):
            raise refusal(406)
        if req.method in ("POST", "PUT", "PATCH") and template.startswith("/events"):
            _check_event_type(req)

    def process_response(self, req: falcon.Request, resp: falcon.Response, _resource: object, _succeeded: bool) -> None:
        """Set ETag and Vary."""
        if req.method != "GET" or resp.status_code != 200 or not req.path.startswith(_TAGGED):
            return
        resp.append_header("Vary", "Accept")
        resp.set_header("Cache-Control", "no-cache")
        if resp.get_header("ETag") is None:
            body = resp.render_body()
            if body is None:
                return  # a stream
            resp.etag = hashlib.sha256(body).hexdigest()[:32]
        if _has(req, str(resp.get_header("ETag"))):
            resp.status = falcon.HTTP_304
            resp.data = resp.text = None
            resp.delete_header("Content-Type")
            if (close := getattr(resp.stream, "close", None)) is not None:
                close()
            resp.stream = None


def _has(req: falcon.Request, tag: str) -> bool:
    """Whether `If-None-Match` has the tag; compared weakly."""
    known = [one.strip().removeprefix("W/") for one in (req.get_header("If-None-Match") or "").split(",")]
    return "*" in known or tag.removeprefix("W/") in known


def _accepts(header: str, offered: Iterable[str]) -> bool:
    """Whether one of `offered` is in an Accept header. Parameters as `version=2` choose among our answers."""
    for part in header.split(","):
        name, *parameters = (word.strip().lower() for word in part.split(";"))
        if any(word.replace(" ", "") in ("q=0", "q=0.0", "q=0.00", "q=0.000") for word in parameters):
            continue
        kind, _, subtype = name.partition("/")
        if name in ("", "*", "*/*") or any(
            one == name or (subtype == "*" and one.startswith(f"{kind}/")) for one in offered
        ):
            return True
    return False


def _check_event_type(req: falcon.Request) -> None:
    named = (req.content_type or "application/json").partition(";")[0].strip().lower()
    encoding = (req.get_header("Content-Encoding") or "identity").strip().lower()
    if named != "application/json" and not (named.startswith("application/") and named.endswith("+json")):
        raise refusal(415, f"{named} cannot be read: send application/json")
    if encoding not in ("identity", "gzip", "deflate"):
        raise refusal(415, f"Content-Encoding {encoding} cannot be read: use gzip, deflate or none")


def serialize(_req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    """Falcon's error serializer: `{"errors": [{"status": "422", "title": …}]}`, each error with its status as text."""
    status = str(error.status_code)
    named = error.title if error.title and error.title != error.status else status_title(error.status_code)
    found = error.errors if isinstance(error, Invalid) else [{"title": named}]
    answer_json(resp, {"errors": [{**one, "status": status} for one in found]})


def add_error_handlers(app: falcon.App[Any, Any]) -> None:
    """No other shape of an error, whatever happened."""
    app.set_error_serializer(serialize)
    app.add_error_handler(Exception, _answer_500)
    app.add_error_handler(DatabaseUnavailable, _answer_503)
    app.add_error_handler(falcon.HTTPMethodNotAllowed, _answer_405)
    app.add_error_handler(falcon.HTTPError, lambda req, resp, error, _: _compose(req, resp, error))


def _compose(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    resp.status = error.status
    resp.set_headers(error.headers or {})
    serialize(req, resp, error)


def _answer_405(
    req: falcon.Request, resp: falcon.Response, error: falcon.HTTPMethodNotAllowed, _params: dict[str, Any]
) -> None:
    allowed = str(dict(error.headers or {}).get("Allow", ""))
    names = [name for name in allowed.split(", ") if name]
    _compose(req, resp, refusal(405, headers={"Allow": ", ".join([*names, *["HEAD"] * ("GET" in names)])}))


def _answer_503(
    req: falcon.Request, resp: falcon.Response, error: DatabaseUnavailable, _params: dict[str, Any]
) -> None:
    """A lost database is its operator's matter: the caller is told to come back, the log says why."""
    log.error("%s", error)
    full = isinstance(error, DiskFull)
    title = "The disk is full." if full else "The database is not available."
    _compose(req, resp, refusal(507 if full else 503, title, {"Retry-After": "30"}))


def _answer_500(req: falcon.Request, resp: falcon.Response, error: Exception, _params: dict[str, Any]) -> None:
    if isinstance(error, DoituiError):
        log.error("%s %s: %s", req.method, req.path, error)
    else:
        log.error("%s %s: unexpected %s", req.method, req.path, type(error).__name__, exc_info=error)
    _compose(req, resp, refusal(500))


class HeadAsGet:
    """WSGI: HEAD is answered as GET is, with its headers and without its body (RFC 9110 9.3.2)."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """A WSGI application."""
        if environ["REQUEST_METHOD"] != "HEAD":
            return self._app(environ, start_response)
        body = self._app({**environ, "REQUEST_METHOD": "GET"}, start_response)
        if (close := getattr(body, "close", None)) is not None:
            close()
        return []
