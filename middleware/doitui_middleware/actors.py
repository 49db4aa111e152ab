"""Who acted: the signed-in user, else the session, else address, agent and hour; and never more than a hash of it.

The order is COUNTER's (CoP RD 10.2). The address is read, hashed and forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

from doitui_middleware.actor_key import ActorKey
from doitui_middleware.losses import logger
from doitui_middleware.spool_line import ADDRESS, SESSION, USER

Environ = Mapping[str, Any]

MICROSECONDS_AN_HOUR = 3_600_000_000
HASH_BYTES = 12

#: Packages whose own exceptions, those that are no `Exception`, end a request from outside (GreenletExit, Timeout …).
EVENT_LOOPS = frozenset({"greenlet", "gevent", "eventlet", "asyncio", "trio"})

#: Addresses of a proxy on the same host, or of a Unix socket; never a visitor's.
NOBODY = frozenset({"", "127.0.0.1", "::1", "localhost", "unix:"})


class Actors:
    """Names the actor of a request."""

    def __init__(
        self,
        key: ActorKey,
        *,
        user: Callable[[Any], object] | None,
        session_cookie: str | None,
        trusted_hops: int,
    ) -> None:
        self._key = key
        self._user = user
        self._session = session_cookie and re.compile(rf"(?:^|[;,]\s*){re.escape(session_cookie)}=\"?([^;,\"]+)").search
        self._trusted_hops = trusted_hops
        self._log = logger()
        self._hinted: set[str] = set()
        # From, until, and the hashes to go on with: swapped whole, because other threads read it.
        self._hour: tuple[int, int, dict[str, blake2b]] = (0, 0, {})

    def identify(self, environ: Environ, agent: str, now: int) -> tuple[str, str]:
        """(actor kind, hash) of the request at `now`, in microseconds. Raises `OSError` when there is no key."""
        since, until, begun = self._hour
        if not since <= now < until:
            begun = self._turned(now)
        if self._user is not None and (user := self._signed_in(environ)) is not None:
            kind, who = USER, user
        elif self._session and (found := self._session(environ.get("HTTP_COOKIE", ""))):
            kind, who = SESSION, found[1]
        else:
            peer = environ.get("REMOTE_ADDR", "")
            if self._trusted_hops or peer in NOBODY:
                peer = self._behind_proxies(environ, peer)
            kind, who = ADDRESS, f"{peer}\t{agent}"
        digest = begun[kind].copy()
        digest.update(who.encode("utf-8", "replace"))
        return kind, digest.hexdigest()

    def _turned(self, now: int) -> dict[str, blake2b]:
        """The keyed hashes of the hour: what all its actors of a kind begin with is worked in once."""
        hour = now // MICROSECONDS_AN_HOUR
        key = self._key.for_day(hour // 24)
        begun = {
            kind: blake2b(f"{kind}\t{hour if kind == ADDRESS else ''}\t".encode(), digest_size=HASH_BYTES, key=key)
            for kind in (USER, SESSION, ADDRESS)
        }
        self._hour = (hour * MICROSECONDS_AN_HOUR, (hour + 1) * MICROSECONDS_AN_HOUR, begun)
        return begun

    def _signed_in(self, environ: Environ) -> str | None:
        """Only the site knows. If its function fails, the visitor counts as not signed in."""
        try:
            user = self._user(environ) if self._user else None
            return None if user is None or user == "" else str(user)
        except BaseException as error:  # a SystemExit of a library's would end the site's process
            if _ends_thread(error):
                raise
            what = f"{type(error).__name__}: {error}"
            self._hint("user", f"user(environ) failed with {what}; such visitors count as not signed in")
            return None

    def _behind_proxies(self, environ: Environ, peer: str) -> str:
        if self._trusted_hops:
            return client_address(peer, environ.get("HTTP_X_FORWARDED_FOR", ""), self._trusted_hops)
        if "HTTP_X_FORWARDED_FOR" in environ:
            self._hint("hops", f"every visitor seems to come from {peer!r}, a proxy: pass trusted_hops=1")
        return peer

    def _hint(self, about: str, text: str) -> None:
        """Once a process is enough: the site runs all the same."""
        if about not in self._hinted:
            self._hinted.add(about)
            self._log.warning("usage: %s (logged once a process)", text)


def _ends_thread(error: BaseException) -> bool:
    """Whether it was sent to this thread, wherever it was, and must go through: Ctrl-C, the end of a generator, and
    what event loops end or time a request with.
    """
    if isinstance(error, KeyboardInterrupt | GeneratorExit):
        return True
    return not isinstance(error, Exception) and any(
        kind.__module__.partition(".")[0] in EVENT_LOOPS for kind in type(error).__mro__
    )


def client_address(peer: str, forwarded: str, trusted_hops: int) -> str:
    """Whom the outermost of `trusted_hops` proxies saw, counted from the right: anyone can write what is on the left.

    `forwarded` is X-Forwarded-For. With fewer values than hops the request came round the proxies, and `peer` is right.
    """
    seen = forwarded.split(",")
    if len(seen) < trusted_hops:
        return peer
    return without_port(seen[-trusted_hops].strip()) or peer


def without_port(address: str) -> str:
    """`192.0.2.1:1234`, `[2001:db8::1]:443` without the number; any other text as it is."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
