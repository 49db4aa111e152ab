"""HTTP with a deadline for the whole request, and with one question answered for sure: did a byte go out?

A time-out of `requests` is for each read; a server that drips a byte a second never runs into it. Here a timer cuts the
socket, and after it nothing more is sent: the lease was checked for a request that begins in time. Whether the request
was sent is noted where the bytes leave, not guessed from the exception.
"""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from doitui_core.domain.answer import Answer
from doitui_core.errors import DoituiError, Misconfigured, NoAnswer, NotSent

#: Seconds to find the server, connect and shake hands.
CONNECT_SECONDS = 10.0

#: No answer of DataCite is near this; more than this is not read. Bytes.
LARGEST_BODY = 32 * 1024 * 1024

#: The same for what goes into a file: a report of a million datasets, compressed and in base64, has 80 MB. Bytes.
LARGEST_FILE = 1024 * 1024 * 1024


class Rewritten(ValueError):
    """A request would leave for another address than the one that was asked for."""


#: Errors that say the address or a header is wrong: no request was made, and none ever will be.
MISCONFIGURED = (
    Rewritten,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    requests.exceptions.URLRequired,
    urllib3.exceptions.LocationValueError,
    http.client.InvalidURL,
    UnicodeError,
)


#: What may come out of `requests`. It lets some errors of urllib3 and http.client pass as they are (those are
#: `ValueError`s too: an address, a header or a Location that cannot be parsed).
ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError)


@dataclass(slots=True)
class _Flight:
    """A request under way. `over`: its time is, whatever comes now is too late.

    `target`: what the request line must name, path and query; empty where the library may bring it into order.
    `sock` is stored here, because a connection gives it away when the answer says `Connection: close`.
    """

    target: str = ""
    sock: socket.socket | None = None
    sent: bool = False
    over: bool = False


#: `.flight` is the request this thread has under way: a connection does not know whom it serves.
_thread = threading.local()


class _Noted:
    """A connection that notes when it begins to send, and sends nothing to another address than was asked for."""

    def putrequest(self, method: str, url: str, *args: Any, **options: Any) -> None:
        """The last look at the request line: `requests` and urllib3 rewrite addresses, `/a/../b` into `/b` among
        others.
        """
        asked = _thread.flight.target
        if asked and _rewritten(asked, _target(url)):
            raise Rewritten(f"it would go to {_target(url)} instead")
        super().putrequest(method, url, *args, **options)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self.sock is None:  # type: ignore[attr-defined]
            self.connect()  # type: ignore[attr-defined]
        flight: _Flight = _thread.flight
        flight.sock = self.sock  # type: ignore[attr-defined]
        if flight.over and not flight.sent:
            raise TimeoutError("no connection in time")
        flight.sent = True
        super().send(data)  # type: ignore[misc]

    def _tunnel(self) -> None:
        """What goes to a proxy to make it connect is not the request."""
        try:
            super()._tunnel()  # type: ignore[misc]
        finally:
            _thread.flight.sent = False


class _Plain(_Noted, HTTPConnection):
    pass


class _Secure(_Noted, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        if proxy.lower().startswith("socks"):
            # Its connections are of a class of their own and would not note what they send.
            raise requests.exceptions.InvalidProxyURL("SOCKS proxies cannot be used")
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _Session(requests.Session):
    """One of our own."""

    def __init__(self) -> None:
        super().__init__()
        self._settings: dict[Any, Any] = {}

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Proxies and certificates, looked up once for each host: `requests` reads the whole environment every time."""
        key = (*urlsplit(url)[:2], tuple(proxies.items()), stream, verify, cert)
        if key not in self._settings:
            self._settings[key] = super().merge_environment_settings(url, proxies, stream, verify, cert)
        return self._settings[key]

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """With the headers, credentials and cookies of the session: `requests` also looks for settings that none of our
        requests has, and merges each in a fifth of the time of a request.
        """
        request.headers = {**self.headers, **request.headers}
        request.auth, request.cookies = request.auth or self.auth, request.cookies or self.cookies
        return request.prepare()

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: `requests` parses and reads what it does not follow, and fails on a Location that is no address."""
        return None


def anonymous(user_agent: str) -> requests.Session:
    """A session for one thread: pooled connections, no retries of its own, no redirects, and never credentials."""
    made = _Session()
    for scheme in ("http://", "https://"):
        made.mount(scheme, _Adapter(max_retries=0))
    made.headers["User-Agent"] = user_agent
    made.auth = _unsigned
    return made


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Without it `requests` would take what ~/.netrc or the address itself has."""
    return request


def session(user_agent: str, account: str, password: str) -> requests.Session:
    """The same for one account."""
    made = anonymous(user_agent)
    # As bytes: `requests` would write text in Latin-1, and DataCite reads UTF-8.
    made.auth = HTTPBasicAuth(account.encode(), password.encode())
    return made


def exchange(
    session: requests.Session,
    method: str,
    url: str,
    *,
    deadline: float,
    headers: Mapping[str, str],
    data: bytes | None = None,
    exact: bool = True,
    whole: bool = True,
    beginning: int = 0,
    into: BinaryIO | None = None,
) -> Answer:
    """Send one request and read the whole answer within `deadline` seconds. A redirect is an answer like any other.

    `exact`: False for an address of somebody else's, which may be brought into order (`/../`, other letters).
    `whole`: False for who wants to know status and headers only: the body, of whatever size, is not read. `beginning`:
    so many bytes of the body are enough. `into`: where the body of a success goes, of up to `LARGEST_FILE` bytes.
    Raises `NotSent`, `NoAnswer`, or `Misconfigured` for an address that is none.
    """
    flight = _thread.flight = _Flight(_target(url) if exact else "")
    timeouts = (min(CONNECT_SECONDS, deadline), deadline)
    try:
        with (
            _cut_after(deadline, flight),
            session.request(
                method, url, data=data, headers=dict(headers), timeout=timeouts, allow_redirects=False, stream=True
            ) as response,
        ):
            body = _body(response, beginning, into if response.ok else None) if whole else b""
            if flight.over:
                # A body without a length ends where the connection does, also where we cut it.
                raise TimeoutError("the answer was cut off")
    except ERRORS as error:
        # Where we cut the connection the error says that the server did.
        why = TimeoutError("timed out") if flight.over and flight.sock is not None else error
        raise translated(why, sent=flight.sent, request=f"{method} {url}", deadline=deadline) from error
    names = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, names, body.decode("utf-8", "replace"), url)


def _target(url: str) -> str:
    """What a request line names: path and query of a whole address (a proxy gets that), or `url` as it is."""
    if url.startswith("/"):
        return url
    _, _, rest = url.partition("://")
    return "/" + rest.partition("/")[2]


def _rewritten(asked: str, leaving: str) -> bool:
    """Whether what leaves is another address, or one that whoever stands on the way would shorten to another."""
    segments = leaving.partition("?")[0].split("/")
    return unquote_to_bytes(leaving) != unquote_to_bytes(asked) or "." in segments or ".." in segments


def _body(response: requests.Response, beginning: int, into: BinaryIO | None) -> bytes:
    body, size, most = bytearray(), 0, LARGEST_FILE if into else LARGEST_BODY
    for chunk in response.iter_content(65_536):
        size += len(chunk)
        if size > most:
            raise requests.exceptions.ContentDecodingError(f"an answer of more than {most} bytes")
        if into is not None:
            into.write(chunk)
            continue
        body += chunk
        if beginning and size >= beginning:
            return bytes(body[:beginning])
    return bytes(body)


@contextmanager
def _cut_after(seconds: float, flight: _Flight) -> Iterator[None]:
    timer = threading.Timer(seconds, _cut, (flight,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(flight: _Flight) -> None:
    flight.over = True
    if flight.sock is not None:
        with suppress(OSError):
            # The plain socket's own shutdown: the TLS one would take the object away under the reading thread.
            socket.socket.shutdown(flight.sock, socket.SHUT_RDWR)


def translated(error: Exception, *, sent: bool, request: str, deadline: float) -> DoituiError:
    """The one place where an exception of `requests` becomes one of ours.

    `sent` decides: whatever went wrong after the first byte left may have happened after the server did its work.
    """
    reason = _reason(error)
    if sent and isinstance(error, TimeoutError | requests.Timeout):
        return NoAnswer(f"{request}: sent, but no whole answer came within {deadline:g} s ({reason})")
    if sent:
        return NoAnswer(f"{request}: sent, but the connection broke before the whole answer came ({reason})")
    if isinstance(error, MISCONFIGURED):
        return Misconfigured(f"{request}: {reason}; correct the address in the repository's settings")
    return NotSent(f"{request}: not sent, the server cannot be reached ({reason})")


def _reason(error: Exception) -> str:
    """What went wrong in the system's own words, which the libraries wrap into the names of their classes."""
    found: BaseException = error
    proxy = "proxy: " if isinstance(error, requests.exceptions.ProxyError) else ""
    while isinstance(found, requests.RequestException) or not isinstance(found, OSError):
        inner = found.__cause__ or found.__context__
        if inner is None:
            found = error
            break
        found = inner
    text = " ".join((getattr(found, "strerror", None) or str(found)).split())
    return proxy + (text[:300] or type(found).__name__)
