"""When a bearer token ends."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import pytest

from doitui_core.domain import bearer_tokens


def jwt(claims: Any) -> str:
    parts = ({"alg": "RS256"}, claims)
    encoded = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2ln"])


def test_a_jwt_tells_its_end() -> None:
    assert bearer_tokens.expires(jwt({"uid": "a", "exp": 1_800_000_000})) == datetime(2027, 1, 15, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "token",
    [
        *("", "DC.frSFkVLbXUY5hygoWay5R51cWvEMODw3", "a.b.c", "a.!!.c", "..", "a.bnVsbA.c"),
        *map(jwt, ({}, [], {"exp": None}, {"exp": "soon"}, {"exp": 1e300}, {"exp": [1]}, {"exp": -(10**40)})),
    ],
)
def test_a_token_without_an_end_has_none(token: str) -> None:
    assert bearer_tokens.expires(token) is None
