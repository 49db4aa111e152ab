"""The outbox on its way: what is due is handed to the mail server, once, by whichever process comes first.

A notice is leased before it is sent: its `due_at` moves ahead in one statement that only one process can win. A notice
goes out twice only where nobody can know better: the worker died, or lost the database, after the server had taken the
mail and before that was noted; or the server took it and its answer never came. Both mails have the same Message-ID.

A dead mail server stops nothing: it costs one attempt of each notice, and one time-out a call. RFC 5321 4.5.4.1 asks
senders to wait half an hour before they try again; here it is that, times the attempt. After ten attempts, most of a
day, the notice stays with its last error and without `due_at`.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.policy import Policy
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import peewee

from doitui_core.clock import EPOCH
from doitui_core.config import repositories, setting_values, settings
from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.models import Notice, Repository
from doitui_core.errors import DatabaseReplaced, DatabaseUnavailable, Misconfigured
from doitui_core.notify import notices
from doitui_core.text import MASK, harmless

log = logging.getLogger("doitui.mail")

#: Seconds to connect, and for one mail from the first look for the server to the last answer.
CONNECT_SECONDS = 10.0
WHOLE_SECONDS = 30.0

#: How long a notice is one process's alone: many times what sending may take.
LEASE = timedelta(minutes=5)

#: The wait before another attempt, times the attempt; and how many there are.
BACKOFF = timedelta(minutes=30)
ATTEMPTS = 10
LONGEST_WAIT = ATTEMPTS * BACKOFF

#: Errors that speak of one mail; after any other the server is left alone for a while.
OF_THE_MAIL = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError, ValueError)

#: By the scheme of `smtp_url`: the port where none is given.
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


#: As in the index `notice_due`: only a literal lets SQLite see that the index holds what is asked for.
UNSENT = Notice.sent_at == peewee.SQL("0")


class _Unsent(Exception):
    """Why a mail did not go out, in one line; `recipients` are those that did not get it, when others did."""

    def __init__(self, reason: str, recipients: str = "") -> None:
        super().__init__(reason)
        self.recipients = recipients


def send_due(
    limit: int | None = None,
    *,
    stop: threading.Event | None = None,
    connect_seconds: float = CONNECT_SECONDS,
    whole_seconds: float = WHOLE_SECONDS,
) -> int:
    """Send the notices that are due, or `limit` of them; how many went out. Never raises; nothing due costs one read.

    `stop`: no other mail is begun once it is set.
    """
    sent = 0
    round_ = _Round(connect_seconds, whole_seconds)
    try:
        for _ in itertools.count() if limit is None else range(limit):
            row = None if stop is not None and stop.is_set() else _claim()
            if row is None:
                break
            sent += round_.send(row)
    except DatabaseReplaced:
        pass  # whoever runs this ends with it, and says so
    except (DatabaseUnavailable, peewee.PeeweeException) as error:
        log.warning("mail: %s; what was not noted is sent when its lease runs out", error)
        database.close_thread()
    except Exception:  # a bug here must not end the worker whose thread this is
        log.exception("mail")
    return sent


def waiting() -> int:
    """How many notices are due and not sent."""
    return int(Notice.select().where(UNSENT, Notice.due_at > EPOCH, Notice.due_at <= database.now()).count())


def _claim() -> Notice | None:
    """The notice that has been due longest, leased to us, its attempt counted."""
    while True:
        now = database.now()
        # A time further ahead than the longest wait was written while the clock was ahead.
        due = (Notice.due_at <= now) | (Notice.due_at > now + LONGEST_WAIT)
        waiting = Notice.select().where(UNSENT, Notice.due_at > EPOCH, due)
        row: Notice | None = waiting.order_by(Notice.due_at, Notice.id).first()
        if row is None:
            return None
        attempts, until = row.attempts + 1, now + LEASE
        with database.write():
            ours = _as_it_was(row, attempts=attempts, due_at=until)
        if ours:
            row.attempts, row.due_at = attempts, until
            return row


def _as_it_was(row: Notice, **columns: object) -> bool:
    """Change the notice, if nobody has since we read it. Inside `database.write()`."""
    untouched = (Notice.id == row.id, Notice.due_at == row.due_at, UNSENT)
    return bool(Notice.update(**columns).where(*untouched).execute())


@dataclass(frozen=True, slots=True)
class _Server:
    """What `smtp_url` says."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)


class _Round:
    """One call of `send_due`. A server that could not be reached in it is not tried again in it."""

    def __init__(self, connect_seconds: float, whole_seconds: float) -> None:
        self._connect_seconds = connect_seconds
        self._whole_seconds = whole_seconds
        self._configs: dict[int, Config] = {}
        self._down: dict[_Server, str] = {}

    def send(self, row: Notice) -> bool:
        """Send the notice and note what became of it; whether everybody has it."""
        if row.attempts > ATTEMPTS:
            return _put_off(row, _Unsent(row.last_error or "each worker that tried died"))
        try:
            self._hand_over(row)
        except _Unsent as unsent:
            return _put_off(row, unsent)
        with database.write():
            Notice.update(sent_at=database.now(), last_error="").where(Notice.id == row.id).execute()
        return True

    def _hand_over(self, row: Notice) -> None:
        """Raises `_Unsent`."""
        try:
            config = self._config(notices.repository_of(row.topic))
            server, sender = _server(config), _sender(config)
        except Misconfigured as error:
            raise _Unsent(str(error)) from error
        if server in self._down:
            raise _Unsent(self._down[server])
        try:
            refused = self._talk(server, _message(row, sender), sender, setting_values.mail_addresses(row.recipients))
        except (OSError, ValueError) as error:
            reason = _said(error, server)
            if not isinstance(error, OF_THE_MAIL):
                self._down[server] = reason
            raise _Unsent(reason) from error
        if refused:
            raise _Unsent(_said(smtplib.SMTPRecipientsRefused(refused), server), ", ".join(refused))

    def _talk(
        self, server: _Server, message: EmailMessage, sender: str, recipients: list[str]
    ) -> dict[str, tuple[int, bytes]]:
        """Those the server did not take the mail for, and why. Raises as `smtplib` when it took it for nobody."""
        line = _line(server, self._connect_seconds)
        with line.within(self._whole_seconds):
            _log_in(line, server)
            return line.send_message(message, sender, recipients)

    def _config(self, repository_id: int) -> Config:
        if repository_id not in self._configs:
            row = Repository.get_or_none(Repository.id == repository_id)
            self._configs[repository_id] = repositories.config(row) if row else Config(0, "", settings.load())
        return self._configs[repository_id]


def _put_off(row: Notice, unsent: _Unsent) -> bool:
    """Note the error and when to try again, or never; False."""
    reason, last = str(unsent), row.attempts >= ATTEMPTS
    columns = {"last_error": reason, "due_at": None if last else database.now() + row.attempts * BACKOFF}
    if unsent.recipients:
        columns["recipients"] = unsent.recipients
    with database.write():
        _as_it_was(row, **columns)
    end = "it is given up" if last else "tried again later"
    log.warning("mail %r to %s was not sent: %s; %s", row.subject, unsent.recipients or row.recipients, reason, end)
    return False


class _Line(smtplib.SMTP):
    """A connection with a deadline for the whole talk: a server that drips a byte a second never runs into a time-out.

    `_twin` is a second handle of the socket, which TLS does not take away: shutting it down ends whatever waits.
    """

    _twin: socket.socket | None = None
    _over = False

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        # Only connecting is to be quick; the deadline ends the rest.
        sock.settimeout(None)
        self._twin = sock.dup()
        if self._over:
            self._cut()
        return sock

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Close the line at the end; cut it when that takes longer, and raise `TimeoutError`."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
            # A refusal to say goodbye changes nothing about a mail that was taken.
            with suppress(OSError):
                self.quit()
        except OSError as error:
            if self._over:
                raise TimeoutError(f"no answer within {seconds:g} seconds") from error
            raise
        finally:
            timer.cancel()
            self.close()
            if self._twin is not None:
                self._twin.close()

    def _cut(self) -> None:
        self._over = True
        if self._twin is not None:
            with suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)


class _Secure(smtplib.SMTP_SSL, _Line):
    """The same with TLS from the first byte."""


def _line(server: _Server, connect_seconds: float) -> _Line:
    """Not connected yet: the deadline is to hold for that too."""
    if server.scheme == "smtps":
        line: _Line = _Secure(timeout=connect_seconds, context=ssl.create_default_context())
    else:
        line = _Line(timeout=connect_seconds)
    # Whose certificate to expect; only a constructor that connects would note it.
    line._host = server.host  # type: ignore[attr-defined]
    return line


def _log_in(line: _Line, server: _Server) -> None:
    code, answer = line.connect(server.host, server.port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, answer)
    if server.scheme == "smtp+starttls":
        line.starttls(context=ssl.create_default_context())
    if server.user:
        line.login(server.user, server.password)


def _server(config: Config) -> _Server:
    """Raises `Misconfigured`, which never shows the address: it may hold a password."""
    url = config.settings.secret("smtp_url").strip()
    if not url:
        raise Misconfigured("smtp_url is not set any more")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        host, port = "", 0
    if not host or parts.path.strip("/") or parts.query or parts.fragment:
        form = "it must be smtp://, smtps:// or smtp+starttls://USER:PASSWORD@HOST:PORT, with %40 for @ in a password"
        raise Misconfigured(f"smtp_url cannot be used: {form}") from None
    if parts.username and parts.scheme == "smtp" and not _is_here(host):
        raise Misconfigured("smtp_url would send its password unencrypted: use smtps:// or smtp+starttls://")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii():
        raise Misconfigured("smtp_url has a user or password beyond ASCII, which Python's SMTP cannot send")
    return _Server(parts.scheme, host, port, user, password)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _sender(config: Config) -> str:
    return config.text("mail_from") or f"doitui@{socket.gethostname()}"


class _Subject(str):
    """A subject that arrives as it is. Python's own way (3.11) loses spaces beside letters beyond ASCII, and takes what
    looks like an encoded word for one: an encoded line end in a title would begin another header.
    """

    name = "Subject"

    def fold(self, *, policy: Policy) -> str:
        """How a policy asks a header for its lines."""
        plain = self.isascii() and "=?" not in self
        header = Header(self, "us-ascii" if plain else "utf-8", header_name=self.name)
        return f"{self.name}: {header.encode(linesep=policy.linesep)}{policy.linesep}"


def _message(row: Notice, sender: str) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = row.recipients
    message["Subject"] = _Subject(row.subject)
    message["Date"] = format_datetime(database.now())
    # The same at each attempt, so that who gets it twice sees it once.
    message["Message-ID"] = f"<{_number(row)}@{sender.rpartition('@')[2]}>"
    # RFC 3834: no out-of-office replies.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(row.body)
    return message


def _number(row: Notice) -> str:
    return hashlib.sha256(f"{row.topic} {row.created_at}".encode()).hexdigest()[:32]


def _said(error: Exception, server: _Server) -> str:
    """What went wrong in one line, without the password."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = [f"{address}: {code} {_decoded(text)}" for address, (code, text) in error.recipients.items()]
        reason = "; ".join(answers)
    elif isinstance(error, smtplib.SMTPResponseException):
        reason = f"{error.smtp_code} {_decoded(error.smtp_error)}"
    else:
        reason = str(error) or type(error).__name__
    if server.password:
        reason = reason.replace(server.password, MASK)
    return f"{server.host}:{server.port}: {harmless(' '.join(reason.split()))}"


def _decoded(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
