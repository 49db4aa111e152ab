"""When a bearer token ends: DataCite's tokens for usage reports and those of our hub are JWTs (RFC 7519). Pure."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime


def expires(token: str) -> datetime | None:
    """The `exp` of a JWT, whose signature only its issuer can check; None for a token that is none or names no end."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        return None
