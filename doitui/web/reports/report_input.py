"""A usage report in a request: media types, size, encoding, and each rejection as a status (usage.md 1.4, 5.10)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import falcon

from doitui.web.common.refusals import raise_titles, refusal
from doitui_core.errors import DocumentTooLarge, InvalidReport, ReportTaken, UnreadableDocument
from doitui_core.hub_store import report_intake
from doitui_core.hub_store.report_intake import Submission
from doitui_core.hub_store.report_policy import ReportPolicy

_JSON = ("application/json", "text/x-json", "application/jsonrequest", "application/vnd.api+json")
_ACCEPTED = frozenset((*_JSON, "gzip", "application/gzip", "application/x-gzip"))
_ENCODINGS = {"": "", "identity": "", "gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}


@contextmanager
def submission(req: falcon.Request, policy: ReportPolicy) -> Iterator[Submission]:
    """The request's report. Raises 400, 406, 413, 415, Invalid, and 409 for a month that is taken."""
    _check_media_types(req)
    encoding = _encoding(req)
    try:
        report_intake.check_size(req.content_length or 0, compressed=bool(encoding))
        with report_intake.received(cast(BinaryIO, req.bounded_stream), encoding, policy) as found:
            yield found
    except InvalidReport as error:
        raise_titles(error.titles)
    except DocumentTooLarge as error:
        raise refusal(413, str(error)) from None
    except UnreadableDocument as error:
        # curl's -d removes line ends and NUL, which every compressed body has.
        hint = "; with curl use --data-binary, not -d" if encoding or "gzip" in (req.content_type or "") else ""
        raise refusal(400, f"{error}{hint}") from None
    except ReportTaken:
        raise refusal(409) from None


def _check_media_types(req: falcon.Request) -> None:
    """Raises 415 and 406. Accepts what existing clients send, `Accept: gzip` included."""
    sent = _base(req.content_type or "application/json")
    if sent not in _ACCEPTED:
        raise refusal(415, f"{sent} is not supported: send application/json, or application/gzip with Content-Encoding")
    accepted = {_base(one) for one in (req.get_header("Accept") or "*/*").split(",")}
    if not accepted & (_ACCEPTED | {"*/*", "application/*"}):
        raise refusal(406)


def _encoding(req: falcon.Request) -> str:
    """gzip, deflate or empty. Raises 415 for any other."""
    named = (req.get_header("Content-Encoding") or "").strip().lower()
    if named not in _ENCODINGS:
        raise refusal(415, f"Content-Encoding {named[:40]} is not supported: send gzip, deflate or plain JSON")
    return _ENCODINGS[named]


def _base(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
