"""A DOI as part of an address: which DOIs can be one, and how it is written. Pure.

A suffix may hold slashes, so what stands between them meets the rules of paths. `.` and `..` are removed by every HTTP
library (RFC 3986 5.2.4). Rails, which DataCite runs, squeezes `a//b` into `a/b` and cuts the slash off `a/`
(datacite/datacite#2250). A request for such a DOI reaches another one, so such a DOI is refused everywhere: when it is
made, read in, adopted, or found in a row of an older version.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

from doitui_core.errors import InvalidDoi

_DOI = re.compile(r"10\.[0-9.]+/.+", re.DOTALL)


def refusal(doi: str) -> str:
    """Why no request can name `doi` for sure; empty when one can."""
    segments = _segments(doi)
    if segment := _dot_segment(segments):
        return f"the segment {segment!r} of its suffix leads requests to another DOI"
    if "" in segments:
        return "an empty segment of its suffix (// or a slash at either end) leads requests to another DOI"
    return ""


def dot_segment(doi: str) -> str:
    """The first segment of the suffix that is `.` or `..`; empty without one. To some servers `..;x` is `..`: they take
    what follows a semicolon for a parameter.
    """
    return _dot_segment(_segments(doi))


def _dot_segment(segments: Sequence[str]) -> str:
    return next((segment for segment in segments if segment.partition(";")[0] in (".", "..")), "")


def _segments(doi: str) -> list[str]:
    """What stands between the slashes of the suffix, every escape undone: a proxy may undo one more than the server.
    Servers differ in whether a backslash is a slash.
    """
    plain = doi
    while (decoded := unquote(plain)) != plain:
        plain = decoded
    suffix = plain.replace("\\", "/").partition("/")[2]
    return suffix.split("/") if suffix else []


def check(doi: str) -> None:
    """Raise `InvalidDoi` for a DOI that no request can name for sure."""
    reason = refusal(doi)
    if reason:
        raise InvalidDoi(f"{doi!r} cannot be used: {reason}; choose another object id, suffix_pattern or DOI")


def unsendable(doi: str) -> str:
    """Why nothing is sent for a DOI that is here already, in one line; empty for any that can be sent."""
    reason = refusal(doi)
    return f"nothing is sent for {doi}: {reason}; `doitui doctor` says what to do" if reason else ""


def check_sendable(doi: str) -> None:
    """Raise `InvalidDoi` for a DOI of an older version that no request can name for sure."""
    reason = unsendable(doi)
    if reason:
        raise InvalidDoi(reason)


def escaped(doi: str, *, safe: str = "/") -> str:
    """`doi` in the path of an address. `safe`: what stays as it is besides letters, digits and `_.-~`; without the
    slash the DOI is one segment.

    Raises `InvalidDoi` for what would arrive as another DOI, or as none: `PUT /metadata/10.5072` makes a DOI of MDS's
    own choice.
    """
    if not _DOI.fullmatch(doi):
        raise InvalidDoi(f"{doi!r} cannot be sent: a DOI is 10.NNNN/suffix")
    check(doi)
    try:
        return quote(doi, safe=safe)
    except UnicodeEncodeError as error:
        raise InvalidDoi(f"{doi!r} cannot be sent: it contains an unpaired surrogate") from error
