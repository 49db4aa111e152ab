"""An archive that writes mail, and real mail servers to read it back from: good ones, strict ones, and broken ones."""

from __future__ import annotations

import email
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.models import Doi, Notice, Record, Repository
from doitui_core.dois import reservations
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.notify import digest, notices
from doitui_core.notify.digest import Digest, DigestLine
from doitui_core.operations import change_settings
from doitui_core.records import records

REFUSED = Outcome(OutcomeKind.PERMANENT, "metadata", "HTTP 422: publisher is missing; fix the record, then retry", 422)

PASSWORD = "s3cret/pass@word"


class Desk:
    """One record with its DOI in the repository `h`, and what can be told of it."""

    def __init__(self, archive: Repository) -> None:
        self.archive = archive
        self.settings(smtp_url="smtp://127.0.0.1:9", doi_failure_notify="ops@example.org; night@example.org")
        self.settings(doi_failure_notify_mode="each")
        self.record = self.described()
        self.row: Doi = reservations.reserve(self.record)

    def settings(self, **values: str) -> None:
        change_settings.save_repository("h", values)

    def described(self, title: str = "Letters", owner: str = "jo@example.org", name: str = "Jo Doe") -> Record:
        metadata = {"titles": [{"title": title}]}
        return records.save("1", metadata=metadata, repository="h", owner_name=name, owner_email=owner).record

    @property
    def config(self) -> Config:
        return repositories.config(Repository.get_by_id(self.archive.id))

    def minted(self) -> bool:
        with database.write():
            return notices.minted(self.row, self.record, self.config)

    def failed(self, outcome: Outcome = REFUSED) -> bool:
        with database.write():
            return notices.failed(self.row, self.record, self.config, outcome)

    def blocked(self, outcome: Outcome) -> bool:
        with database.write():
            return notices.blocked(self.config, outcome)

    def digest(
        self, *lines: DigestLine, what: str = "DOI registration", key: str = "1", everywhere: bool = False, **about: Any
    ) -> bool:
        with database.write():
            return digest.report(Digest(what, key, list(lines), **about), None if everywhere else self.config)

    def told(self) -> Notice:
        """The only notice."""
        (row,) = Notice.select()
        return row


@pytest.fixture
def house(archive: Repository) -> Desk:
    return Desk(archive)


@pytest.fixture
def refused() -> Outcome:
    """DataCite does not take the metadata."""
    return REFUSED


class Letterbox:
    """What a mail server has taken. `refuses`: what it answers to which recipient or sender."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.lines: list[bytes] = []
        self.refuses: dict[str, str] = {}
        self.accounts: list[tuple[bytes, bytes]] = []
        self.tls: list[bool] = []
        self.url = ""

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.refuses.get(address, "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.recipients.append(envelope.rcpt_tos)
        self.lines += envelope.content.splitlines()
        self.tls.append(server.transport.get_extra_info("ssl_object") is not None)
        parsed = email.message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        return "250 taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        self.accounts.append((given.login, given.password))
        return AuthResult(success=given.password == PASSWORD.encode(), handled=False)

    def only(self) -> EmailMessage:
        (mail,) = self.mails
        return mail


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def letterbox() -> Iterator[Callable[..., Letterbox]]:
    """`letterbox(scheme)`: a running server; options are aiosmtpd's."""
    running: list[Controller] = []

    def make(scheme: str = "smtp", **options: Any) -> Letterbox:
        box = Letterbox()
        controller = Controller(
            box, hostname="127.0.0.1", port=free_port(), server_hostname="localhost", ready_timeout=20, **options
        )
        controller.start()
        running.append(controller)
        box.url = f"{scheme}://127.0.0.1:{controller.port}"
        return box

    yield make
    for controller in running:
        controller.stop()


@pytest.fixture
def post(letterbox: Callable[..., Letterbox], house: Desk) -> Letterbox:
    """The server `house` sends to."""
    box = letterbox()
    house.settings(smtp_url=box.url)
    return box


@pytest.fixture
def strict(letterbox: Callable[..., Letterbox], house: Desk, monkeypatch: pytest.MonkeyPatch) -> Letterbox:
    """One that wants user and password; `house` has them in the environment, as MAIL_URL."""
    box = letterbox(auth_required=True, auth_require_tls=False, authenticator=lambda *given: box.authenticate(*given))
    monkeypatch.setenv("MAIL_URL", box.url.replace("//", "//robot:s3cret%2Fpass%40word@"))
    house.settings(smtp_url="env:MAIL_URL")
    return box


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(certificate, key) of 127.0.0.1, signed by itself, good for two days."""
    place = tmp_path_factory.mktemp("tls")
    files = (place / "cert.pem", place / "key.pem")
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([*new, *names, "-out", files[0], "-keyout", files[1]], check=True, capture_output=True, timeout=60)
    return files


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    """The server's side."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture
def broken() -> Iterator[Callable[[Callable[[socket.socket], None]], Any]]:
    """`broken(serve)`: (URL, connections so far) of a server that hands each connection to `serve`."""
    closing: list[Callable[[], None]] = []

    def make(serve: Callable[[socket.socket], None]) -> tuple[str, list[socket.socket]]:
        listener = socket.create_server(("127.0.0.1", 0))
        connections: list[socket.socket] = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connections.append(listener.accept()[0])
                    with suppress(OSError):
                        serve(connections[-1])

        thread = threading.Thread(target=accept)
        thread.start()

        def close() -> None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            for connection in [*connections, listener]:
                connection.close()
            thread.join()

        closing.append(close)
        return f"smtp://127.0.0.1:{listener.getsockname()[1]}", connections

    yield make
    for close in closing:
        close()
