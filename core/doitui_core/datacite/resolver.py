"""Where a DOI leads: from the resolver through every redirect to the page that answers, and what that proves.

No credentials ever go out, and no hop leads over the fence between test and production. A sandbox's DOIs are followed
on this machine only, a rehearsal does not knock at the world's doors; the world's DOIs are never followed onto it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urldefrag, urljoin, urlsplit

import requests
from requests.utils import requote_uri

from doitui_core.config.repositories import IN_ADDRESS, Config
from doitui_core.datacite import transport
from doitui_core.datacite.pace import PACE
from doitui_core.domain import addresses, doi_paths
from doitui_core.domain.answer import Answer, line
from doitui_core.domain.environments import RESOLVER_URL, check_fence, is_loopback
from doitui_core.domain.states import Verification
from doitui_core.errors import Misconfigured, RemoteFailed, WrongEnvironment
from doitui_core.text import user_agent

#: More redirects than these lead nowhere.
MOST_HOPS = 10

REDIRECTS = frozenset({301, 302, 303, 307, 308})

#: The landing page is gone.
GONE = frozenset({404, 410})

#: A wall, for people who are not signed in or for robots: it proves that something is behind it.
WALLS = frozenset({401, 403, 429})


#: How a reason says that the landing page was not fetched, and that a sandbox is why.
NOT_VISITED, REHEARSAL = "is not visited", "a rehearsal stays on this machine"


class Stop(StrEnum):
    """Why nothing more was asked."""

    ANSWERED = "answered"
    SILENT = "silent"
    BROKEN = "broken"  # it leads on to what nobody can open
    OUTSIDE = "outside"  # it leads on to where we may not go


@dataclass(frozen=True, slots=True)
class Hop:
    """One address that was asked. `target`: where its redirect leads, empty for an answer that is none. `foreign`: it
    answered in JSON, as gateways do and no resolver asked for a page.
    """

    url: str
    status: int
    target: str = ""
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """The hops that answered, and why there are no more."""

    hops: Sequence[Hop]
    stop: Stop
    why: str = ""


@dataclass(frozen=True, slots=True)
class ResolverFinding:
    """What a check came to; `UNVERIFIED` is no verdict. `reason` for people."""

    verdict: Verification
    reason: str


def base(config: Config) -> str:
    """The resolver of a repository's DOIs. Every environment has one; a sandbox is its own.

    Raises `WrongEnvironment`.
    """
    own = config.text("datacite_url") if is_loopback(config.text("datacite_url")) else ""
    url = config.text("resolver_url") or own or RESOLVER_URL[config.environment]
    return check_fence(url, config.environment, "resolver_url")


class Resolver:
    """One resolver, asked for an environment's DOIs. `deadline`: seconds of asking, for all hops together."""

    def __init__(
        self, base: str, environment: str, *, deadline: float, email: str = "", pace: Callable[[str], None] = PACE
    ) -> None:
        self.base = base
        self.environment = environment
        self._deadline = deadline
        self._pace = pace
        self._headers = {
            "User-Agent": user_agent(email),
            # Without it doi.org gives metadata to some clients (content negotiation).
            "Accept": "text/html, */*;q=0.8",
        }

    def check(self, doi: str, wanted: str) -> ResolverFinding:
        """Whether `doi` leads to `wanted`, and something is there."""
        return judge(self.walk(doi), wanted)

    def walk(self, doi: str) -> Walk:
        """Ask the resolver, and follow. Raises `InvalidDoi` for a DOI that no address can name for sure."""
        session = _session()
        session.cookies.clear()
        url, left, hops, seen = (
            f"{self.base}/{doi_paths.escaped(doi, safe=IN_ADDRESS)}",
            self._deadline,
            list[Hop](),
            set(),
        )
        while len(hops) <= MOST_HOPS:
            # The same address again is a loop, unless a cookie was set on the way.
            step = urldefrag(url)[0], frozenset(session.cookies.items())
            if step in seen:
                return Walk(hops, Stop.BROKEN, f"the redirects go round in a circle at {line(url)}")
            if left <= 0:
                return Walk(hops, Stop.SILENT, f"no page answered within {self._deadline:g} s")
            seen.add(step)
            self._pace(url)
            begun = time.monotonic()
            try:
                # What the resolver leads to is somebody else's address, written as they like.
                answer = transport.exchange(
                    session, "GET", url, deadline=left, headers=self._headers, exact=not hops, whole=False
                )
            except RemoteFailed as error:
                return Walk(hops, Stop.SILENT, line(error))
            except Misconfigured:
                return Walk(hops, Stop.BROKEN, f"{line(url)} is no address")
            left -= time.monotonic() - begun
            target = _target(url, answer)
            hops.append(Hop(url, answer.status, target, "json" in answer.headers.get("content-type", "")))
            if not target:
                return Walk(hops, Stop.ANSWERED)
            if refused := refusal(target, self.base, self.environment):
                return Walk(hops, *refused)
            url = target
        return Walk(hops, Stop.BROKEN, f"there are more than {MOST_HOPS} redirects")


_local = threading.local()


def _session() -> requests.Session:
    if not hasattr(_local, "session"):
        _local.session = transport.anonymous("doitui")
    session: requests.Session = _local.session
    return session


def _target(url: str, answer: Answer) -> str:
    location = answer.headers.get("location", "")
    if answer.status not in REDIRECTS or not location:
        return ""
    # Headers arrive as Latin-1, and who puts other letters into an address means UTF-8.
    target = location.encode("latin-1", "replace").decode("utf-8", "replace").strip()
    try:
        return urljoin(url, target)
    except ValueError:
        return target


def refusal(target: str, base: str, environment: str) -> tuple[Stop, str] | None:
    """Why a redirect to `target` is not followed from the resolver at `base`; None: it is."""
    try:
        parts = urlsplit(target)
        host, scheme = parts.hostname, parts.scheme
    except ValueError:
        host, scheme = None, ""
    shown = line(target)
    if scheme == "ftp" and host:
        return Stop.OUTSIDE, f"{shown} {NOT_VISITED}: only web pages are"
    if scheme not in ("http", "https") or not host:
        return Stop.BROKEN, f"{shown} is no web page"
    try:
        reached = addresses.reached(target)
    except ValueError:
        return Stop.BROKEN, f"{shown} has no host that could be visited"
    # Judged by the host that would be visited, however it is written.
    plain = f"{scheme}://[{reached}]" if ":" in reached else f"{scheme}://{reached}"
    if is_loopback(base) and not is_loopback(plain):
        return Stop.OUTSIDE, f"{shown} {NOT_VISITED}: {REHEARSAL}"
    if is_loopback(plain) and not is_loopback(base):
        return Stop.BROKEN, f"{shown} is on this machine, where nobody else can open it"
    try:
        check_fence(plain, environment)
    except WrongEnvironment:
        return Stop.OUTSIDE, f"{shown} {NOT_VISITED}: it is not of the {environment} environment"
    return None


def judge(walk: Walk, wanted: str) -> ResolverFinding:
    """What a walk proves. A mismatch is one that waiting does not change; whatever else went wrong is no verdict.

    What lies outside is not visited, so there the resolver's own word has to do.
    """
    leaving = next((hop for hop in walk.hops if hop.target and not _stays(hop)), None)
    if leaving is None:
        return _unresolved(walk)
    if _plain(leaving.target) != _plain(wanted):
        return ResolverFinding(
            Verification.MISMATCH, f"it leads to {line(leaving.target)}, not to {wanted or 'nothing'}"
        )
    if walk.stop is Stop.OUTSIDE:
        return ResolverFinding(Verification.VERIFIED, f"it leads to {wanted}; {walk.why}")
    if walk.stop is not Stop.ANSWERED:
        return ResolverFinding(Verification.UNVERIFIED, f"it leads to {wanted}, but {walk.why}")
    page = walk.hops[-1]
    words = f"{line(page.url)} answers {page.status}"
    if page.status in GONE:
        return ResolverFinding(Verification.MISMATCH, f"{words}: the landing page is gone")
    there = 200 <= page.status < 300 or page.status in WALLS
    return ResolverFinding(Verification.VERIFIED if there else Verification.UNVERIFIED, words)


def _unresolved(walk: Walk) -> ResolverFinding:
    """The resolver itself led nowhere."""
    if walk.stop is not Stop.ANSWERED:
        return ResolverFinding(Verification.UNVERIFIED, walk.why)
    asked = walk.hops[-1]
    if asked.status == 404 and not asked.foreign:
        return ResolverFinding(
            Verification.MISMATCH, f"{line(asked.url)} answers 404: the resolver does not know the DOI"
        )
    return ResolverFinding(Verification.UNVERIFIED, f"{line(asked.url)} answers {asked.status}, which is no redirect")


def _stays(hop: Hop) -> bool:
    """Whether the resolver only sends to itself, from http to https."""
    return _plain(hop.url).partition(":")[2] == _plain(hop.target).partition(":")[2]


def _plain(url: str) -> str:
    """The form in which two addresses are the same (RFC 3986 6.2.2): what may be escaped is, host in lower case."""
    try:
        parts = urlsplit(requote_uri(url.strip()))
        port = parts.port
    except (ValueError, requests.exceptions.InvalidURL):
        return url
    host = (parts.hostname or "").rstrip(".")
    named = "" if port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f":{port}"
    rest = parts._replace(scheme="", netloc="", path=parts.path or "/").geturl()
    escaped = re.sub("%[0-9a-f]{2}", lambda found: found[0].upper(), rest, flags=re.IGNORECASE)
    return f"{parts.scheme}://{_ascii(host)}{named}{escaped}"


def _ascii(host: str) -> str:
    """A host's name as it goes over the wire."""
    try:
        return requests.compat.unquote(host).encode("idna").decode()
    except UnicodeError:
        return host
