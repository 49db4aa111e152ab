"""Request bodies: read, inflated and parsed, each with a limit before the work is done."""

from __future__ import annotations

import zlib
from typing import Any

import falcon

from doitui.web.common.refusals import NO_PAYLOAD, refusal
from doitui_core.domain import strict_json

# Bytes of a body as it comes: nginx before lupo accepts no more (client_max_body_size 10M); documents of 15 MB
# are sent compressed.
MAX_BODY = 10 * 1024 * 1024

# Bytes of a body once it is inflated: our limit, so that a small body cannot fill the memory. DataCite names none.
MAX_UNPACKED = 64 * 1024 * 1024

# zlib's window bits. "deflate" is zlib's format by RFC 9110 8.4.1.2, yet many clients send it raw.
_WINDOW = {"gzip": (zlib.MAX_WBITS | 16,), "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}


def read(req: falcon.Request) -> bytes:
    """The body, inflated if it came as gzip or deflate. Raises 400 for broken data, 413 beyond the limits.

    It is stored in `req.context.body`, for the request log.
    """
    if "body" not in req.context:
        req.context.body = inflate(received(req), encoding(req))
    body: bytes = req.context.body
    return body


def received(req: falcon.Request, limit: int = MAX_BODY) -> bytes:
    """The body as it came. Raises 413 beyond `limit` bytes."""
    body = req.bounded_stream.read(limit + 1)
    _limit(len(body), limit)
    return body


def encoding(req: falcon.Request) -> str:
    """`gzip` or `deflate`, empty for a body that is sent as it is."""
    named = (req.get_header("Content-Encoding") or "").strip().lower()
    return named if named in _WINDOW else ""


def inflate(body: bytes, encoding: str, limit: int = MAX_UNPACKED) -> bytes:
    """`body` inflated, never beyond `limit` bytes: 413. Raises 400 for broken data."""
    return _inflate(body, _WINDOW[encoding], limit) if encoding and body else body


def read_json(req: falcon.Request) -> Any:
    """The body as JSON, None for an empty one. Raises 400 for a syntax error."""
    return parse(read(req))


def parse(body: bytes) -> Any:
    """`body` as JSON, None for an empty one. Raises 400 for a syntax error."""
    try:
        return strict_json.loads(body) if body.strip() else None
    except (ValueError, RecursionError) as error:
        raise refusal(400, f"{error}") from None


def data_in(document: Any) -> dict[str, Any]:
    """`data` of a JSON:API document. Raises 400 when it is missing or blank; `type` and `id` are not enforced (1.3)."""
    data = nested(document, "data")
    if not isinstance(data, dict) or not data:
        raise refusal(400, NO_PAYLOAD)
    return data


def nested(document: Any, *names: str) -> Any:
    """The value under `names` in a JSON document, one inside the other; None when one of them is missing."""
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _limit(size: int, limit: int) -> None:
    if size > limit:
        raise refusal(413)


def _inflate(body: bytes, windows: tuple[int, ...], limit: int) -> bytes:
    for window in windows:
        inflater = zlib.decompressobj(window)
        try:
            inflated = inflater.decompress(body, limit + 1)
        except zlib.error:
            continue
        _limit(len(inflated), limit)
        if inflater.eof:
            return inflated
    raise refusal(400, "the compressed body cannot be read")
