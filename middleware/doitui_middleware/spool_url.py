"""The URL as it is kept: what COUNTER compares two clicks by, without what would let somebody in. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes, unquote_plus
from zlib import crc32

from doitui_middleware.spool_line import LONGEST_URL
from doitui_middleware.text_cache import TextCache

#: A path that needs no escape: RFC 3986 path characters but `;`, where parameters would begin.
_plain = re.compile(r"[!$&-:=@-Z_a-z~]*").fullmatch
_SAFE_IN_PATH = "/!$&'()*+,:;=@~"
_SAFE_IN_QUERY = _SAFE_IN_PATH + "?%[]"

#: Names of parameters that carry a secret, or a signature that differs at every click.
_SECRET_NAME = re.compile(
    r".*(?:token|secret|passw|signature|credential|session|sessid|jwt|apikey|hmac|oauth).*"
    r"|x-(?:amz|goog|ms)-.*|(?:.*[-_])?(?:key|sig|sid|auth|pwd|pass|otp|code|ticket|email|mail)"
    r"|authorization|(?:aws)?accesskeyid|key-pair-id|policy|expires|googleaccessid",
    re.IGNORECASE,
)

#: A JSON Web Token. Only where a word begins: so no path, however long, is looked through twice.
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{5,}\.[\w-]+\.[\w-]*")
_MAIL_ADDRESS = re.compile(r"[^@/]@[\w-]+\.\w")
_PATH_PARAMETER = re.compile(r";([^=;/]*)=[^;/]*")


def stored_url(path: str, query: str) -> str:
    """`path` (WSGI's SCRIPT_NAME and PATH_INFO together) and `query`, percent-encoded, of at most `LONGEST_URL`."""
    url = stored_paths[path]
    return _cut(f"{url}?{query}") if query and (query := _harmless(query)) else url


def _stored_path(path: str) -> str:
    if _plain(path) and "eyJ" not in path:
        return _cut(path)
    path = _PATH_PARAMETER.sub(lambda found: "" if _SECRET_NAME.fullmatch(found[1]) else found[0], path)
    return _cut(quote_from_bytes(_JWT.sub("-", path).encode("latin-1", "replace"), _SAFE_IN_PATH))


#: What is `stored_url` of a request without a query.
stored_paths = TextCache(_stored_path)


def _harmless(query: str) -> str:
    parts = [part for part in query.split("&") if part and not _is_secret(part)]
    return quote_from_bytes("&".join(parts).encode("latin-1", "replace"), _SAFE_IN_QUERY)


def _is_secret(part: str) -> bool:
    name, _, value = part.partition("=")
    if "%" in part:
        name, value = unquote_plus(name), unquote_plus(value)
    return bool(_SECRET_NAME.fullmatch(name) or _JWT.search(value) or _MAIL_ADDRESS.search(value))


def _cut(url: str) -> str:
    """At most `LONGEST_URL` of `url`. Two long ones that differ at the end stay different."""
    if len(url) <= LONGEST_URL:
        return url
    return f"{url[: LONGEST_URL - 9]}~{crc32(url.encode('ascii')):08x}"
