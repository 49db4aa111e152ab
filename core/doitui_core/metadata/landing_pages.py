"""The rules for a landing page: what DataCite refuses, and what it accepts although readers get nowhere. Pure.

Source: lupo's `doi.rb` (datacite-api 1.6). One set of rules for import, check, mint, `set-url` and the template of a
repository. Blanks of any kind are refused, and so is an address without a host: DataCite matches the host against the
repository's domains.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote, urlsplit

from doitui_core.metadata.wording import Note

#: What DataCite's column `url` holds (lupo db/schema.rb: text). Bytes.
LONGEST = 65_535

#: Beyond this some browsers, proxies and mail programs cut an address. Characters.
LONG = 2_048

#: Hosts that resolve DOIs: DataCite's own two handle hosts among them.
RESOLVERS = frozenset(
    (
        *("doi.org", "dx.doi.org", "www.doi.org", "hdl.handle.net"),
        *("handle.stage.datacite.org", "handle.test.datacite.org"),
    )
)

_SCHEME = re.compile(r"(ftp|http|https)://")
_AUTHORITY = re.compile(r"[a-z]+://([^/?#]*)")
_USER = re.compile(r"(?<=://)[^/?#\s]*@")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x9f]")
_DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+")
_NOT_IN_URI = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]|%(?![0-9A-Fa-f]{2})")
#: Nearly every address: nothing can be wrong with it.
_PLAIN = re.compile(r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]{1,4})?(?:/[A-Za-z0-9\-._~:/?#!$&'()*+,;=]*)?")

_WRITE = "write an address that starts with https://, http:// or ftp://"


def refusal(url: str) -> Note | None:
    """What DataCite refuses in `url`, None where it takes it. An empty one is missing: not here."""
    if _is_plain(url):
        return None
    shown = quoted(url)
    if len(url.encode("utf-8", "surrogatepass")) > LONGEST:
        return _note("too_long", f"{shown} has {len(url)} characters, DataCite takes {LONGEST} bytes", "shorten it")
    if re.search(r"\s", url):
        return _note("url_syntax", f"{shown} contains a space or a line break", "write %20 for a space")
    if _CONTROL.search(url):
        return _note("url_syntax", f"{shown} contains control characters", "remove them")
    if not _SCHEME.match(url):
        return _note("url_syntax", f"{shown} is not a web address", _WRITE)
    if not _has_host(url):
        return _note("url_syntax", f"{shown} has no host", f"{_WRITE} and a host, as https://archive.example.org/1")
    return None


def notes(url: str, own_doi: Callable[[], str]) -> Iterator[Note]:
    """What DataCite takes, and readers will regret; `url` is one that `refusal` lets pass.

    `own_doi`: the DOI that the page is for, empty where it is not known; asked for only when `url` is a resolver's.
    """
    if _is_plain(url) and "doi.org" not in url and "handle" not in url:
        return
    shown = quoted(url)
    if _USER.search(url):
        yield _note("url_credentials", f"{shown} names a user, visible to everybody", "remove the part before @")
    yield from _spelling(url, shown)
    if len(url) > LONG:
        yield _note(
            "url_long", f"{shown} has {len(url)} characters, and browsers may cut it", f"use one of at most {LONG}"
        )
    if target := resolved_doi(url):
        code, problem = _onward(target, own_doi())
        yield _note(code, f"{shown} {problem}", "give the page's own address")


def resolved_doi(url: str) -> str:
    """The DOI that `url` asks a resolver for; empty for any other page."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""
    path = unquote(parts.path).strip("/").removeprefix("doi:")
    return path if host in RESOLVERS and _DOI.fullmatch(path) else ""


def quoted(url: str) -> str:
    """`url` in quotation marks and on one line, in at most 60 characters, without a user's password."""
    text = repr(_USER.sub("•••@", url))
    return text if len(text) <= 60 else f"{text[:57]}..."


def _note(code: str, problem: str, remedy: str) -> Note:
    return Note(code, ("url",), problem, remedy)


def _has_host(url: str) -> bool:
    authority = _AUTHORITY.match(url)
    return authority is not None and authority[1].rpartition("@")[2].partition(":")[0] != ""


def _is_plain(url: str) -> bool:
    return len(url) <= LONG and _PLAIN.fullmatch(url) is not None


def _spelling(url: str, shown: str) -> Iterator[Note]:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        yield _note("url_characters", f"{shown} cannot be read as an address", "check its host")
        return
    if not host.isascii():
        yield _note("url_not_ascii", f"{shown} has a host with letters beyond ASCII", "write it in its xn-- form")
    elif not url.isascii():
        yield _note("url_not_ascii", f"{shown} has letters beyond ASCII", "percent-encode them, as %C3%A4 for ä")
    elif found := _NOT_IN_URI.search(url):
        yield _note("url_characters", f"{shown} has {found[0]!r}, which is not allowed in a URL", "percent-encode it")


def _onward(target: str, own: str) -> tuple[str, str]:
    if own and own.lower() != target.lower():
        return "url_is_doi", f"is the address of another DOI, {target}"
    return "url_loop", "is the address of the DOI itself, so it would never resolve"
