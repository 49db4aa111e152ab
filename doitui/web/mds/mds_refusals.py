"""Error answers of MDS: one line of plain text (datacite-api.md 2)."""

from __future__ import annotations

import falcon

from doitui.web.common import refusals
from doitui.web.common.answers import answer_text
from doitui.web.common.refusals import refusal, status_title

UNKNOWN = "DOI is unknown to MDS"
NO_CREDENTIALS = "An Authentication object was not found in the SecurityContext"

_NO_ROUTE = "Resource not found"
_TEXTS = {401: "Bad credentials", 403: "Access is denied", 404: "DOI not found"}
_PATHS = ("/metadata", "/doi", "/media")


def require_account(req: falcon.Request, _resp: falcon.Response, _resource: object, _params: object) -> None:
    """Falcon hook: MDS wants credentials for everything, and here wrong ones are an error."""
    if req.context.rights.account is None:
        raise refusal(401, None if req.auth else NO_CREDENTIALS)


def serialize(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    """Falcon's error serializer: text below the paths of MDS, lupo's JSON elsewhere."""
    if not _speaks_mds(req):
        refusals.serialize(req, resp, error)
        return
    if error.status_code == 401:
        resp.set_header("WWW-Authenticate", 'Basic realm="mds.datacite.org"')
    answer_text(resp, _error_text(error))


def answer_wrong_method(
    req: falcon.Request, _resp: falcon.Response, error: falcon.HTTPMethodNotAllowed, _params: object
) -> None:
    """Falcon's handler: poodle routes by method and path together, so a wrong method is an unknown path: 404."""
    raise refusal(404, _NO_ROUTE) if _speaks_mds(req) else error


def _speaks_mds(req: falcon.Request) -> bool:
    return "/" + req.path[1:].partition("/")[0] in _PATHS


def _error_text(error: falcon.HTTPError) -> str:
    status = error.status_code
    if isinstance(error, falcon.HTTPRouteNotFound):
        return _NO_ROUTE
    if error.title and error.title != status_title(status):
        return error.title
    return _TEXTS.get(status) or status_title(status)
