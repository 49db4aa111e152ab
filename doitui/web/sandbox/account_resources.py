"""`/clients/{id}`, a repository account, and `/credentials/api-keys` (datacite-api.md 1.1, 1.6 and 9)."""

from __future__ import annotations

from typing import Any

import falcon

from doitui.web.common import bodies
from doitui.web.common.accounts import Account, Accounts
from doitui.web.common.answers import answer_json
from doitui.web.common.api_keys import SHOWN, IssuedKey
from doitui.web.common.refusals import raise_titles, refusal
from doitui.web.common.times import timestamp


class ClientResource:
    """`/clients/{id}`: prefixes and domains of a repository. Public, as in lupo."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def on_get(self, _req: falcon.Request, resp: falcon.Response, uid: str) -> None:
        """200, or 404 for an account that is no repository."""
        account = self._accounts.find(uid)
        if account is None or not account.is_repository:
            raise refusal(404)
        answer_json(resp, {"data": _client(account)})


def _client(account: Account) -> dict[str, Any]:
    prefixes = [{"id": prefix, "type": "prefixes"} for prefix in sorted(account.prefixes)]
    return {
        "id": account.uid,
        "type": "clients",
        "attributes": {
            "name": account.name,
            "symbol": account.name.upper(),
            "clientType": "repository",
            "domains": account.domains or "*",  # lupo saves a blank list as `*`
            "isActive": account.active,
        },
        "relationships": {
            "provider": {"data": {"id": account.uid.partition(".")[0], "type": "providers"}},
            "prefixes": {"data": prefixes},
        },
    }


class ApiKeysResource:
    """The API keys of the caller, who must have come with the account's password."""

    def __init__(self, accounts: Accounts) -> None:
        self._keys = accounts.keys

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """200: the keys that are not revoked."""
        found = self._keys.active(req.context.rights.keys_of())
        answer_json(resp, {"data": [_key(one) for one in found], "meta": {"total": len(found)}})

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """201: a new key, with its secret; 422 without a name."""
        uid = req.context.rights.keys_of()
        if not req.context.rights.account.active:
            raise refusal(403)
        name = bodies.nested(bodies.data_in(bodies.read_json(req)), "attributes", "name")
        raise_titles([] if name else ["Name can't be blank"])
        made = self._keys.create(uid, str(name))
        resp.status = falcon.HTTP_201
        document = _key(made)
        document["attributes"]["key"] = made.secret
        answer_json(resp, {"data": document})

    def on_delete_key(self, req: falcon.Request, resp: falcon.Response, id_: str) -> None:
        """204: revoked; 404 for a key that there is not, 403 for another's."""
        uid, key = req.context.rights.keys_of(), self._keys.find(id_)
        if key is None:
            raise refusal(404)
        if key.account != uid:
            raise refusal(403)
        self._keys.revoke(key)
        resp.status = falcon.HTTP_204


def _key(key: IssuedKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "type": "apiKeys",
        "attributes": {
            "name": key.name,
            "keyPrefix": key.secret[:SHOWN],
            "created": timestamp(key.created_at),
            "updated": timestamp(key.created_at),
            "lastUsedAt": timestamp(key.last_used_at) if key.last_used_at else None,
            "revokedAt": timestamp(key.revoked_at) if key.revoked_at else None,
        },
        "relationships": {"client": {"data": {"id": key.account, "type": "clients"}}},
    }
