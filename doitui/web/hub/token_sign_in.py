"""Who is calling, by the token, and whether they may do that at all: both before a body is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import falcon

from doitui.web.common.refusals import refusal
from doitui.web.common.rights import REPOSITORY, STAFF, UsageRights
from doitui_core.hub_store import token_signing, tokens

#: What a write needs; whose report it is decides `ReportsResource`. Everybody may read.
_NEEDS: dict[tuple[str, str], Callable[[UsageRights], bool]] = {
    ("POST", "/events"): UsageRights.may_write_events,
    ("PUT", "/events/{uuid}"): UsageRights.may_write_events,
    ("PATCH", "/events/{uuid}"): UsageRights.may_write_events,
    ("DELETE", "/events/{uuid}"): UsageRights.may_write_events,
    ("POST", "/reports"): UsageRights.may_create_reports,
    ("PUT", "/reports/{uid}"): UsageRights.may_create_reports,
    ("PATCH", "/reports/{uid}"): UsageRights.may_create_reports,
    ("DELETE", "/reports/{uid}"): UsageRights.may_delete_reports,
}

_ROLES = {tokens.REPORTER: REPOSITORY, tokens.STAFF: STAFF}
_CHALLENGE = 'Bearer realm="doitui hub"'


class TokenSignIn:
    """Falcon middleware: puts `usage_rights` into `req.context`.

    A token that is not valid is 401 everywhere, also where none is needed: its user must notice. Unlike DataCite's,
    which then treats the caller as nobody (datacite-api.md 1.1).
    """

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Recognise the caller by `Authorization`, or `X-Authorization` behind a proxy that needs the other itself."""
        header = req.get_header("X-Authorization") or req.get_header("Authorization")
        req.context.usage_rights = UsageRights()
        if header is None:
            resp.set_header("X-Anonymous-Consumer", "true")
            return
        found = recognise(header)
        if found is None:
            raise refusal(401, headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'})
        req.context.usage_rights = UsageRights(found.name, _ROLES[found.role])
        resp.set_header("X-Credential-Username", found.name)

    def process_resource(
        self, req: falcon.Request, _resp: falcon.Response, _resource: object, _params: dict[str, Any]
    ) -> None:
        """Raises 401 without a token, 403 with one that does not give the right."""
        needs = _NEEDS.get((req.method, (req.uri_template or "").rstrip("/")))
        rights: UsageRights = req.context.usage_rights
        if needs and not needs(rights):
            raise refusal(403) if rights.uid else refusal(401, headers={"WWW-Authenticate": _CHALLENGE})


def recognise(header: str) -> tokens.TokenRow | None:
    """Whose valid token it is: `Bearer TOKEN`, or the token alone, which Sashimi takes too (usage.md 1.8)."""
    scheme, _, credentials = header.strip().rpartition(" ")
    secret = token_signing.find_secret() if scheme.lower() in ("", "bearer") else None
    return tokens.recognise(credentials, secret) if secret else None
