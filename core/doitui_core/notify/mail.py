"""Sends the notices of the outbox that are due, each by one process.

A notice is leased before it is sent: one statement moves its `due_at` ahead. It is sent twice only if the worker or the
database fails after the server accepted it, or the server's answer is lost; both mails have the same Message-ID.

An unreachable server costs each notice one attempt, and each call one time-out. RFC 5321 4.5.4.1 recommends to wait 30
minutes before a retry; here it is that, times the attempt. After ten attempts, most of a day, the notice keeps its last
error and has no `due_at`.
"""

from __future__ import annotations

import functools
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
from datetime import datetime, timedelta
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.policy import Policy
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import peewee

from doitui_core.clock import EPOCH, micros
from doitui_core.config import setting_parsers
from doitui_core.config.repositories import Config
from doitui_core.db import database, prepared
from doitui_core.db.models import Notice
from doitui_core.errors import BadInput, DatabaseReplaced, DatabaseUnavailable, Misconfigured, RemoteFailed
from doitui_core.notify import notices
from doitui_core.text import MASK, harmless

log = logging.getLogger("doitui.mail")

#: Seconds to connect, and for one mail from connecting to the last answer.
CONNECT_SECONDS = 10.0
WHOLE_SECONDS = 30.0

#: How long a notice belongs to one process: many times the time of sending.
LEASE = timedelta(minutes=5)

#: The wait before the next attempt, times the attempt.
BACKOFF = timedelta(minutes=30)
ATTEMPTS = 10
LONGEST_WAIT = ATTEMPTS * BACKOFF

#: Errors of one mail; after any other the server is not tried again in this call.
MAIL_ERRORS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError, ValueError)

#: Default ports by the scheme of `smtp_url`.
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}

#: As in the index `notice_due`: SQLite uses a partial index only with a literal.
UNSENT = Notice.sent_at == peewee.SQL("0")


class _Unsent(Exception):
    """Why a mail was not sent, in one line; `recipients`: who did not get it, if others did."""

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
    """Send the due notices, at most `limit`; how many were sent. Never raises; one read if none is due.

    `stop`: once set, no other mail is started.
    """
    sent = 0
    sender = _Sender(connect_seconds, whole_seconds)
    try:
        for _ in itertools.count() if limit is None else range(limit):
            row = None if stop is not None and stop.is_set() else _claim()
            if row is None:
                break
            sent += sender.send(row)
    except DatabaseReplaced:
        pass  # the worker reports it and stops
    except (DatabaseUnavailable, peewee.PeeweeException) as error:
        log.warning("mail: %s; unsent notices are sent when their lease expires", error)
        database.close_thread()
    except Exception:  # a bug here must not end the worker's thread
        log.exception("mail")
    return sent


def send_test(address: str, config: Config) -> Notice:
    """Send a test mail now over the server of `config`, and store it as sent; its row.

    Raises `BadInput` for an address that is none, `Misconfigured` for the settings, `RemoteFailed` with the server's
    answer.
    """
    row = _test_notice(address, config)
    try:
        _Sender(CONNECT_SECONDS, WHOLE_SECONDS).hand_over(row)
    except _Unsent as unsent:
        kind = Misconfigured if isinstance(unsent.__cause__, Misconfigured) else RemoteFailed
        raise kind(f"the test mail to {address} was not sent: {unsent}") from unsent
    row.sent_at = database.now()
    with database.write():
        prepared.insert(row)
    return row


def _test_notice(address: str, config: Config) -> Notice:
    try:
        (recipient,) = setting_parsers.mail_addresses(address)
    except ValueError as error:
        raise BadInput(f"{address!r} is not one mail address: give one, such as ops@example.org") from error
    now = database.now()
    return Notice(
        topic=f"{config.repository_id}:test:{micros(now)}",
        recipients=recipient,
        subject="Test mail of doitui",
        body=f"This is a test mail of doitui on {socket.gethostname()}. Mail is set up.\n",
        created_at=now,
        due_at=None,
    )


def check_test(address: str, config: Config) -> str:
    """The server that `send_test` would use, as HOST:PORT. Raises as it does before it connects."""
    _test_notice(address, config)
    server = _server(config)
    return f"{server.host}:{server.port}"


def last_sent() -> datetime | None:
    """When the last mail went out."""
    row = Notice.select(Notice.sent_at).order_by(Notice.sent_at.desc()).first()
    return row.sent_at if row is not None else None


def waiting() -> int:
    """How many notices are due and not sent."""
    return int(Notice.select().where(UNSENT, Notice.due_at > EPOCH, Notice.due_at <= database.now()).count())


def _claim() -> Notice | None:
    """The notice due longest, leased and its attempt counted."""
    while True:
        now = database.now()
        # A time beyond the longest wait was written while the clock was ahead.
        due = (Notice.due_at <= now) | (Notice.due_at > now + LONGEST_WAIT)
        waiting = Notice.select().where(UNSENT, Notice.due_at > EPOCH, due)
        row: Notice | None = waiting.order_by(Notice.due_at, Notice.id).first()
        if row is None:
            return None
        attempts, until = row.attempts + 1, now + LEASE
        with database.write():
            ours = _update_unchanged(row, attempts=attempts, due_at=until)
        if ours:
            row.attempts, row.due_at = attempts, until
            return row


def _update_unchanged(row: Notice, **columns: object) -> bool:
    """Change the notice, unless another process has since we read it. Inside `database.write()`."""
    unchanged = (Notice.id == row.id, Notice.due_at == row.due_at, UNSENT)
    return bool(Notice.update(**columns).where(*unchanged).execute())


@dataclass(frozen=True, slots=True)
class _Server:
    """The parts of `smtp_url`."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)


class _Sender:
    """One call of `send_due`. A server that fails is not tried again."""

    def __init__(self, connect_seconds: float, whole_seconds: float) -> None:
        self._connect_seconds = connect_seconds
        self._whole_seconds = whole_seconds
        self._config = functools.cache(notices.config_of)
        self._down: dict[_Server, str] = {}

    def send(self, row: Notice) -> bool:
        """Send the notice and store the result; whether all recipients have it."""
        if row.attempts > ATTEMPTS:
            return _postpone(row, _Unsent(row.last_error or "every worker that tried was killed"))
        try:
            self.hand_over(row)
        except _Unsent as unsent:
            return _postpone(row, unsent)
        with database.write():
            Notice.update(sent_at=database.now(), last_error="").where(Notice.id == row.id).execute()
        return True

    def hand_over(self, row: Notice) -> None:
        """Send the notice. Raises `_Unsent`, also where some recipients are refused."""
        try:
            config = self._config(notices.repository_of(row.topic))
            server = _server(config)
            sender = config.text("mail_from") or f"doitui@{socket.gethostname()}"
        except Misconfigured as error:
            raise _Unsent(str(error)) from error
        if server in self._down:
            raise _Unsent(self._down[server])
        try:
            connection = _connection(server, self._connect_seconds)
            message, recipients = _message(row, sender), setting_parsers.mail_addresses(row.recipients)
            with connection.within(self._whole_seconds):
                _log_in(connection, server)
                refused = connection.send_message(message, sender, recipients)
        except (OSError, ValueError) as error:
            reason = _error_text(error, server)
            if not isinstance(error, MAIL_ERRORS):
                self._down[server] = reason
            raise _Unsent(reason) from error
        if refused:
            raise _Unsent(_error_text(smtplib.SMTPRecipientsRefused(refused), server), ", ".join(refused))


def _postpone(row: Notice, unsent: _Unsent) -> bool:
    """Store the error and the time of the next attempt, if any; False."""
    reason, last = str(unsent), row.attempts >= ATTEMPTS
    columns = {"last_error": reason, "due_at": None if last else database.now() + row.attempts * BACKOFF}
    if unsent.recipients:
        columns["recipients"] = unsent.recipients
    with database.write():
        _update_unchanged(row, **columns)
    end = "it is not tried again" if last else "it is tried again later"
    log.warning("mail %r to %s was not sent: %s; %s", row.subject, unsent.recipients or row.recipients, reason, end)
    return False


class _Connection(smtplib.SMTP):
    """SMTP with a deadline for the whole session. smtplib's time-outs hold for one read each: measured, a server that
    sends one byte a second still blocked a client with `timeout=2` after 120 s.

    `_twin` duplicates the socket, since TLS replaces the original: shutting it down ends any blocked call.
    """

    _twin: socket.socket | None = None
    _over = False

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        # The time-out is for connecting; the deadline ends the rest.
        sock.settimeout(None)
        self._twin = sock.dup()
        if self._over:
            self._cut()
        return sock

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Close the connection at the end; shut it down at the deadline and raise `TimeoutError`."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
            # The mail was accepted: a failed QUIT does not matter.
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


class _TlsConnection(smtplib.SMTP_SSL, _Connection):
    """The same with TLS from the first byte."""


def _connection(server: _Server, connect_seconds: float) -> _Connection:
    """Not connected yet: the deadline includes connecting."""
    if server.scheme == "smtps":
        connection: _Connection = _TlsConnection(timeout=connect_seconds, context=ssl.create_default_context())
    else:
        connection = _Connection(timeout=connect_seconds)
    # The host name for the certificate: smtplib sets it only in a constructor that connects.
    connection._host = server.host  # type: ignore[attr-defined]
    return connection


def _log_in(connection: _Connection, server: _Server) -> None:
    code, answer = connection.connect(server.host, server.port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, answer)
    if server.scheme == "smtp+starttls":
        connection.starttls(context=ssl.create_default_context())
    if server.user:
        connection.login(server.user, server.password)


def _server(config: Config) -> _Server:
    """Raises `Misconfigured`, without the URL: it may contain a password."""
    url = config.settings.secret("smtp_url").strip()
    if not url:
        raise Misconfigured("smtp_url is not set: run doitui setting set smtp_url smtp://HOST:PORT")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        host, port = "", 0
    if not host or parts.path.strip("/") or parts.query or parts.fragment:
        form = "smtp://, smtps:// or smtp+starttls://USER:PASSWORD@HOST:PORT, with %40 for @ in a password"
        raise Misconfigured(f"smtp_url is invalid: it must be {form}") from None
    if parts.username and parts.scheme == "smtp" and not _is_loopback(host):
        raise Misconfigured("smtp_url would send its password unencrypted: use smtps:// or smtp+starttls://")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii():
        raise Misconfigured("smtp_url: user and password must be ASCII")
    return _Server(parts.scheme, host, port, user, password)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class _Subject(str):
    """A subject that arrives unchanged. Python 3.11 loses spaces next to non-ASCII letters and decodes text that looks
    like an encoded word: an encoded line break in a title would start another header.
    """

    name = "Subject"

    def fold(self, *, policy: Policy) -> str:
        """Called by the policy when the message is written."""
        plain = self.isascii() and "=?" not in self
        header = Header(self, "us-ascii" if plain else "utf-8", header_name=self.name)
        return f"{self.name}: {header.encode(linesep=policy.linesep)}{policy.linesep}"


def _message(row: Notice, sender: str) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = row.recipients
    message["Subject"] = _Subject(row.subject)
    message["Date"] = format_datetime(database.now())
    # The same for each attempt, so that mail programs show duplicates once.
    number = hashlib.sha256(f"{row.topic} {row.created_at}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{number}@{sender.rpartition('@')[2]}>"
    # RFC 3834: no out-of-office replies.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(row.body)
    return message


def _error_text(error: Exception, server: _Server) -> str:
    """One line, without the password."""
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
