"""Access logs, line by line: Apache's and nginx's `combined`, and counter-processor's 19 columns.

`combined-forwarded` is `combined` with X-Forwarded-For as its last quoted field, as nginx's own `main` format has it.

A line becomes an `Entry` or raises `BadLine`. It carries two times: the one in UTC tells how far two clicks are apart,
the one on the log's own wall clock in which hour and month they fall.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import NamedTuple
from urllib.parse import unquote

from doitui_core.clock import EPOCH
from doitui_core.domain import doi_spelling
from doitui_core.errors import BadInput
from doitui_core.usage import log_address
from doitui_core.usage.log_lines import BadLine

FORWARDED = "combined-forwarded"
FORMATS = ("counter-processor", "combined", FORWARDED)

#: Where counter-processor's own configuration looks for investigations and requests (Dash).
DEFAULT_VIEWS, DEFAULT_DOWNLOADS = r"^/stash/dataset/\S+$", r"^/stash/downloads/file_download/\d+$"

#: How counter-processor's producers write "nothing".
NOTHING = frozenset({"", "-", "????"})

#: COUNTER CoP RD 10.1. A 206 does not say in a log whether it is the first piece or one of hundreds.
SUCCESSFUL = frozenset({"200", "304"})

COLUMNS = 19

#: The formats that the number of tabs in a line shows: counter-processor's columns, a spool's twelve fields.
_FORM_BY_TABS = {COLUMNS - 1: "counter-processor", 11: "spool"}

SECOND = 1_000_000


class Entry(NamedTuple):
    """What a line says.

    `time`, `wall`: microseconds since 1970, in UTC and as the log's clock showed it. `kind` and `who`: the best that is
    known of the actor, kind `user`, `cookie`, `session` or `address`. `key`: a DOI if `is_doi`, else an object id.
    `request` None: the line is no use (another page, method or status). `takes_back`: an earlier line of the same time,
    actor and URL is not one.
    """

    time: int
    wall: int
    kind: str
    who: str
    address: str
    agent: str
    url: str
    key: str
    is_doi: bool
    request: bool | None
    takes_back: bool = False
    repository: str = ""


class Patterns:
    """Which paths are views (investigations, looked at first) and which are downloads (requests)."""

    def __init__(self, views: str, downloads: str) -> None:
        self.views = _compiled(views, "--view-pattern")
        self.downloads = _compiled(downloads, "--download-pattern")

    def match(self, path: str) -> tuple[bool | None, re.Match[str] | None]:
        """(whether it is a request, the match); (None, None) for any other path."""
        if self.views and (found := self.views.search(path)):
            return False, found
        if self.downloads and (found := self.downloads.search(path)):
            return True, found
        return None, None

    def require_key(self) -> None:
        """Raise `BadInput` unless each pattern names what was viewed, in a group `doi` or `object_id`."""
        given = [pattern for pattern in (self.views, self.downloads) if pattern]
        if not given:
            raise BadInput(
                "say which paths count: --view-pattern '^/records/(?P<object_id>\\d+)$' or --download-pattern"
            )
        for pattern in given:
            if not {"doi", "object_id"} & set(pattern.groupindex):
                raise BadInput(f"pattern {pattern.pattern!r} has no group (?P<doi>…) or (?P<object_id>…)")


def _compiled(pattern: str, option: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern) if pattern else None
    except (re.error, OverflowError, RecursionError) as error:
        raise BadInput(f"{option} {pattern!r} is no regular expression: {error}") from error


#: The entry of a line, None for an empty one. Raises `BadLine`.
Read = Callable[[bytes], Entry | None]


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How logs are read. `form`: one of `FORMATS`, `spool`, or `auto`: the format that a line shows. `views`,
    `downloads`: regular expressions for the paths that count.

    `anonymous`: user ids that stand for "not signed in", as Dataverse's `:guest`. `trusted_hops`: proxies that added to
    a list of addresses, 0 where each line has one.
    """

    form: str = "auto"
    views: str = ""
    downloads: str = ""
    anonymous: frozenset[str] = frozenset()
    trusted_hops: int = 0

    def form_of(self, line: bytes) -> str:
        """The format of the log that `line` is from."""
        if self.form != "auto":
            return self.form
        return _FORM_BY_TABS.get(line.count(b"\t"), "combined")


def reader(form: str, options: ReadOptions) -> Read:
    """The reader of a format. Raises `BadInput` for patterns that cannot be used."""
    return partial(_entry, _parser(form, options))


def _entry(parse: Callable[[str], Entry], line: bytes) -> Entry | None:
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    if "\0" in text:
        raise BadLine("holds NUL bytes, as a file system leaves them after a crash")
    return parse(text) if text else None


def _parser(form: str, options: ReadOptions) -> Callable[[str], Entry]:
    anonymous, hops = options.anonymous, options.trusted_hops
    if form == "counter-processor":
        patterns = Patterns(options.views or DEFAULT_VIEWS, options.downloads or DEFAULT_DOWNLOADS)
        return _columns(patterns, anonymous, hops)
    patterns = Patterns(options.views, options.downloads)
    patterns.require_key()
    if form == FORWARDED:
        return _combined(patterns, anonymous, _FIELDS, lambda found: _forwarded(found, hops))
    if hops:
        return _combined(patterns, anonymous, _FIELDS_OF_LISTS, lambda found: _first_field(found, hops))
    return _combined(patterns, anonymous, _FIELDS, None)


def _columns(patterns: Patterns, anonymous: frozenset[str], trusted_hops: int) -> Callable[[str], Entry]:
    nobody = NOTHING | anonymous
    checked = log_address.checked

    def parse(text: str) -> Entry:
        tabs = text.count("\t")
        if tabs != COLUMNS - 1:
            raise BadLine(f"has {tabs + 1} columns, not {COLUMNS}")
        stamp, address, session, cookie, user, url, doi, _, _, agent, _ = text.split("\t", 10)
        if doi in NOTHING:
            raise BadLine("has no identifier")
        if address not in NOTHING:
            address = _listed(address, trusted_hops) if trusted_hops else checked(address)
        time, wall = iso_time(stamp)
        kind, who = "address", address
        if user not in nobody:
            kind, who = "user", user
        elif cookie not in NOTHING:
            kind, who = "cookie", cookie
        elif session not in NOTHING:
            kind, who = "session", session
        request, _ = patterns.match(path_of(url))
        agent = "" if agent in NOTHING else agent
        doi = doi[4:] if doi[:4].lower() == "doi:" else doi
        if doi[:3] != "10." or "%" in doi:
            doi = doi_spelling.bare(doi)
        return Entry(time, wall, kind, who, address, agent, url, doi, True, request)

    return parse


#: `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"`, also with `%v:%p ` before it and fields after it.
#: User and time are bounded, so that no line makes the search try every bracket with every other.
_VHOST = r"(?:[^\s:,]+:\d+ (?!-\s|\())?"
#: What stands between quotes, escaped ones aside; five times as fast as one character after the other.
_QUOTED = r'[^"\\]*(?:\\.[^"\\]*)*'
_REST = (
    rf' (\S+) ([^\[]{{1,255}}?) \[([^\]]{{10,40}})\] "({_QUOTED})" (\d{{3}}) (?:\d+|-)'
    rf' "{_QUOTED}" "({_QUOTED})"(?!\S)'
)
_FIELDS = re.compile(rf"{_VHOST}(\S+){_REST}")
#: The same; the first field may be a list, and X-Forwarded-For may follow it in parentheses.
_FIELDS_OF_LISTS = re.compile(rf"{_VHOST}([^\s,]+(?:,\s?[^\s,]+)*(?: \([^()]*\))?){_REST}")

_LAST_QUOTED = re.compile(rf'.*\s"({_QUOTED})"[^"]*')

#: The name that RFC 1413 gives to a connection. No server asks for it any more, and nearly all write `-`.
_IDENT = re.compile(r'[^\s,;()<>"]+')

#: How Apache writes a user name without letters.
_NO_NAME = '""'


def _combined(
    patterns: Patterns,
    anonymous: frozenset[str],
    fields: re.Pattern[str],
    address_of: Callable[[re.Match[str]], str] | None,
) -> Callable[[str], Entry]:
    """`address_of`: where the address is, if not in the first field. Raises `BadLine` as the parser does."""
    nobody = NOTHING | anonymous | {_NO_NAME}
    checked = log_address.checked

    def parse(text: str) -> Entry:
        found = fields.match(text)
        if not found:
            raise BadLine("is not in the combined format")
        address, ident, user, stamp, asked, status, agent = found.groups()
        address = address_of(found) if address_of else checked(address)
        if ident != "-" or " " in user:
            _require_in_place(ident, user)
        time, wall = apache_time(stamp)
        kind, who = ("address", address) if user in nobody else ("user", user)
        method, _, rest = asked.partition(" ")
        url = rest.partition(" ")[0]
        request, match = patterns.match(path_of(url)) if method == "GET" and status in SUCCESSFUL else (None, None)
        key, is_doi = _key(match) if match else ("", False)
        agent = "" if agent in NOTHING else agent
        return Entry(time, wall, kind, who, address, agent, url, key, is_doi, request if key else None)

    return parse


def _first_field(found: re.Match[str], trusted_hops: int) -> str:
    """From the list in the first field, or from the one in parentheses behind the address of the last proxy."""
    first, parenthesis, forwarded = found[1].partition(" (")
    if not parenthesis:
        return _listed(first, trusted_hops)
    return log_address.behind_proxies(log_address.checked(first), forwarded[:-1].strip(), trusted_hops)


def _listed(addresses: str, trusted_hops: int) -> str:
    """From a list without the address of the last proxy. If it is shorter than the hops, its first is the best."""
    return log_address.behind_proxies(addresses.partition(",")[0], addresses, trusted_hops)


def _forwarded(found: re.Match[str], trusted_hops: int) -> str:
    """From X-Forwarded-For in the last quoted field; the first field where that has none."""
    last = _LAST_QUOTED.fullmatch(found.string, found.end())
    if last is None:
        raise BadLine("has no quoted field after the user agent, where combined-forwarded has X-Forwarded-For")
    return log_address.behind_proxies(log_address.checked(found[1]), last[1].strip(), trusted_hops)


def _require_in_place(ident: str, user: str) -> None:
    """Raise `BadLine` where more fields stand before the time than the format has. A user name may have blanks in it,
    so `%u` would take them all.
    """
    if not _IDENT.fullmatch(ident) or log_address.is_ip(ident):
        raise BadLine(f"has {ident[:60]!r} as its second field, not -: --trusted-hops N reads lists of addresses")
    words = user.split(" ")
    if len(words) > 1 and "-" in (words[0], words[-1]):
        raise BadLine(f"has {user[:60]!r} where the user stands: it has more fields than the combined format")


def _key(match: re.Match[str]) -> tuple[str, bool]:
    named = match.groupdict()
    if named.get("doi"):
        return doi_spelling.bare(_decoded(named["doi"])), True
    return _decoded(named.get("object_id") or ""), False


def _decoded(text: str) -> str:
    return unquote(text).replace("\0", "\ufffd")


def path_of(url: str) -> str:
    """The path of a URL or of a request target."""
    if url[:1] != "/":
        start = url.find("/", url.find("://") + 3)
        url = url[start:] if start > 0 else "/"
    return re.split("[?#]", url, maxsplit=1)[0] if "?" in url or "#" in url else url


_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,6})\d*)?\s*(Z|[+-]\d\d:?\d\d)?")


#: Lines of one second follow each other in a log.
@lru_cache(16)
def iso_time(stamp: str) -> tuple[int, int]:
    """(UTC, wall) of an ISO 8601 time, in microseconds; without offset it is UTC. Raises `BadLine`."""
    seconds = stamp[17:19]
    if len(stamp) > 19 and stamp[19] not in ".," and seconds.isdecimal():
        utc, wall = _iso_minute(stamp[:17], stamp[19:])
        more = int(seconds) * SECOND
        return utc + more, wall + more
    found = _ISO.fullmatch(stamp)
    if not found:
        raise BadLine(f"has the time {stamp[:40]!r}, which is not ISO 8601")
    utc, wall = _iso_minute(f"{found[1]}T{found[2][:6]}", found[4] or "Z")
    more = int(found[2][6:]) * SECOND + int((found[3] or "0").ljust(6, "0"))
    return utc + more, wall + more


@lru_cache(10_000)
def _iso_minute(minute: str, offset: str) -> tuple[int, int]:
    try:
        shown = datetime.strptime(minute.replace(" ", "T"), "%Y-%m-%dT%H:%M:").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadLine(f"has the time {minute!r}, which is none") from error
    return _both(shown, offset)


@lru_cache(16)
def apache_time(stamp: str) -> tuple[int, int]:
    """(UTC, wall) of `01/May/2018:00:00:15 -0700`, in microseconds. Raises `BadLine`."""
    seconds = stamp[18:20]
    if len(stamp) != 26 or not seconds.isdecimal():
        raise BadLine(f"has the time {stamp[:40]!r}, which is not as 01/May/2018:00:00:15 -0700")
    utc, wall = _apache_minute(stamp[:18], stamp[21:])
    more = int(seconds) * SECOND
    return utc + more, wall + more


#: Not `%b`, which speaks the language of the machine.
_MONTHS = {"Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6}
_MONTHS |= {"Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12}


@lru_cache(10_000)
def _apache_minute(minute: str, offset: str) -> tuple[int, int]:
    try:
        day, month, rest = minute.split("/")
        year, hour, minutes, _ = rest.split(":")
        shown = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minutes), tzinfo=UTC)
    except (ValueError, KeyError) as error:
        raise BadLine(f"has the time {minute!r}, which is none") from error
    return _both(shown, offset)


def _both(shown: datetime, offset: str) -> tuple[int, int]:
    """(UTC, wall) in microseconds, where `shown` is what the clock showed, as if it were UTC."""
    wall = (shown - EPOCH) // timedelta(microseconds=1)
    return wall - _seconds(offset) * SECOND, wall


@lru_cache(100)
def _seconds(offset: str) -> int:
    """`-07:00`, `-0700` or `Z` in seconds."""
    found = re.fullmatch(r"\s*(?:Z|([+-])(\d\d):?(\d\d))", offset)
    if not found:
        raise BadLine(f"has the offset {offset!r}, which is not as -0700")
    if not found[1]:
        return 0
    seconds = int(found[2]) * 3600 + int(found[3]) * 60
    return -seconds if found[1] == "-" else seconds
