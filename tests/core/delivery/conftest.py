"""A repository, a sandbox that plays DataCite, and a worker between them; and servers that misbehave on the wire."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest

from doitui.web.common.accounts import Account
from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_core.config import repositories
from doitui_core.datacite.rest import RestClient
from doitui_core.db import database
from doitui_core.db.models import Attempt, Doi, DoiLog, Job, RateLimit, Repository
from doitui_core.delivery import delivery
from doitui_core.operations import change_settings, doi_actions
from doitui_core.queue import connection, jobs, leases
from doitui_core.records import records
from doitui_core.worker import summary, worker

ACCOUNTS = (
    Account("DEMO.REPO", "s3cret-Pässword", frozenset(("10.5072", "10.80225"))),
    Account("OTHER.REPO", "other", frozenset(("10.5072",))),
)

COMPLETE: dict[str, Any] = {
    "creators": [{"name": "Doe, Jo", "nameType": "Personal", "givenName": "Jo", "familyName": "Doe"}],
    "titles": [{"title": "Letters from the harbour"}],
    "publisher": {"name": "Brandt Archive"},
    "publicationYear": 2026,
    "types": {"resourceTypeGeneral": "Text"},
    "schemaVersion": "http://datacite.org/schema/kernel-4",
}


@pytest.fixture
def complete() -> dict[str, Any]:
    """Attributes DataCite takes for a findable DOI, without landing page."""
    return dict(COMPLETE)


@pytest.fixture
def password() -> str:
    return ACCOUNTS[0].password


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(ACCOUNTS) as sandbox:
        yield sandbox


def came_in(sandbox: Sandbox, method: str = "*") -> list[tuple[str, int]]:
    """(method, status) of the requests the sandbox has had, in order."""
    return [(one["method"], one["status"]) for one in sandbox.requests.entries() if method in ("*", one["method"])]


@pytest.fixture
def connect(sandbox: Sandbox) -> Callable[..., RestClient]:
    """Makes clients: `connect("OTHER.REPO", "other")`; without names, our own."""

    def make(account: str = "DEMO.REPO", password: str = ACCOUNTS[0].password, **options: Any) -> RestClient:
        return RestClient(sandbox.url, account, password, **{"deadline": 20, **options})

    return make


PATIENCE = 20


def wait_until(came_true: Callable[[], Any]) -> None:
    """Look until `came_true`; fail after PATIENCE seconds."""
    over = threading.Event()
    for _ in range(PATIENCE * 100):
        if came_true():
            return
        over.wait(0.01)
    raise AssertionError("it never came true")


@contextmanager
def worker_in_a_thread(ended: list[float] | None = None, **options: Any) -> Iterator[threading.Event]:
    """A worker in a thread while the block runs; set the event to stop it sooner. `ended` gets the instant."""
    stop = threading.Event()

    def run() -> None:
        worker.run(stop=stop, **{"threads": 2, "every": 0.05, **options})
        database.close_thread()
        if ended is not None:
            ended.append(time.monotonic())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(PATIENCE)
        join_left_behind()
    assert not thread.is_alive()


def join_left_behind() -> None:
    """A worker stopped in flight leaves its threads behind; they must not meet the next test's database."""
    for thread in threading.enumerate():
        if ":" in thread.name:
            thread.join(PATIENCE)


class House:
    """One repository, `h`, with DOIs `10.5072/h/2026/ID`, in the open database; a standing clock; a worker on call."""

    def __init__(self, sandbox: Sandbox, clock: Any) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.settings(
            datacite_prefix="10.5072",
            datacite_repository_id="DEMO.REPO",
            datacite_url=sandbox.url,
            datacite_password="env:PW",
            landing_page="https://archive.example.org/{object_id}",
        )

    def settings(self, code: str = "h", /, **values: str) -> None:
        change_settings.save_repository(code, values)

    def record(self, object_id: str = "1", /, code: str = "h", **changes: Any) -> None:
        records.save(object_id, metadata={**COMPLETE, **changes}, repository=code)

    def mint(self, object_id: str = "1", /, state: str = "findable", **changes: Any) -> Doi:
        self.record(object_id, **changes)
        return doi_actions.mint(object_id, state=state).doi

    def minted(self, object_id: str = "1", /, **options: Any) -> Doi:
        """A DOI that is at DataCite; what the sandbox had to do for it is forgotten."""
        self.mint(object_id, **options)
        self.work()
        self.sandbox.requests.clear()
        return self.doi(object_id)

    def faults(self, *specs: str) -> None:
        self.sandbox.faults.replace(specs)

    def work(self, **options: Any) -> summary.Summary:
        return worker.run(drain=True, **{"threads": 2, **options})

    def later(self, **delta: float) -> summary.Summary:
        self.clock.forward(**delta)
        return self.work()

    def doi(self, object_id: str = "1") -> Doi:
        return Doi.get(Doi.doi == f"10.5072/h/2026/{object_id}")

    def job(self, object_id: str = "1", kind: str = "write") -> Job:
        of_doi = Job.select().where(Job.subject_id == self.doi(object_id).id, Job.kind == kind)
        return of_doi.order_by(Job.id.desc()).get()

    def attempts(self, object_id: str = "1") -> list[Attempt]:
        return list(Attempt.select().where(Attempt.doi == self.doi(object_id).id).order_by(Attempt.id))

    def log(self, object_id: str = "1") -> list[DoiLog]:
        return list(DoiLog.select().where(DoiLog.doi == self.doi(object_id).id).order_by(DoiLog.id))

    def there(self, object_id: str = "1") -> Any:
        """The DOI as the sandbox has it, or None."""
        return self.sandbox.store.find(f"10.5072/h/2026/{object_id}")

    def came_in(self, method: str = "*") -> list[tuple[str, int]]:
        return came_in(self.sandbox, method)

    def rate_limit(self) -> RateLimit:
        """The row all users of the account share."""
        return RateLimit.get()

    def repository(self, code: str = "h") -> Repository:
        return repositories.find(code)

    def claimed(self, object_id: str = "1") -> tuple[leases.Lease, connection.Connection]:
        """The job in hand of a worker, and its desk."""
        at = connection.for_repository(self.repository())
        lease = jobs.claim_one("host:1:aa", self.job(object_id).id, at.policy)
        assert lease is not None
        return lease, at

    @contextmanager
    def in_flight(self) -> Iterator[list[Any]]:
        """While the block runs the job's request waits at the sandbox; afterwards the list holds what came of it."""
        self.faults("* /dois* latency seconds=0.5 count=1")
        lease, at = self.claimed()
        ended: list[Any] = []

        def carry_out() -> None:
            ended.append(delivery.write(lease, at))
            database.close_thread()

        thread = threading.Thread(target=carry_out)
        thread.start()
        wait_until(lambda: [attempt for attempt in self.attempts() if attempt.finished_at is None])
        yield ended
        thread.join()


@pytest.fixture(name="wait_until")
def _wait_until() -> Callable[[Callable[[], Any]], None]:
    """`wait_until(came_true)` looks until it is; fails after PATIENCE seconds."""
    return wait_until


@pytest.fixture
def working() -> Callable[..., Any]:
    """`with working(**options) as stop`: a worker in a thread while the block runs."""
    return worker_in_a_thread


@pytest.fixture
def new_house(monkeypatch: pytest.MonkeyPatch) -> type[House]:
    """`new_house(sandbox, clock)`, for a database the test has opened itself."""
    monkeypatch.setenv("PW", ACCOUNTS[0].password)
    return House


@pytest.fixture
def house(store: str, clock: Any, sandbox: Sandbox, new_house: type[House]) -> House:
    return new_house(sandbox, clock)


@pytest.fixture
def fast_house(house: House) -> House:
    """Requests get half a second, so that a server that hangs costs a test no more than that."""
    house.settings(lease_seconds="1")
    return house


@pytest.fixture
def stubborn() -> Iterator[Callable[[Callable[[socket.socket], None]], Any]]:
    """`stubborn(serve)`: a server at `.url` that hands each connection to `serve`."""
    closing: list[Callable[[], None]] = []

    def make(serve: Callable[[socket.socket], None], connections: int = 5) -> Any:
        listener = socket.create_server(("127.0.0.1", 0))
        threads = [threading.Thread(target=accept, args=(listener, serve)) for _ in range(connections)]
        for thread in threads:
            thread.start()

        def close() -> None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            for thread in threads:
                thread.join()

        closing.append(close)
        return SimpleNamespace(url=f"http://127.0.0.1:{listener.getsockname()[1]}", port=listener.getsockname()[1])

    yield make
    for close in closing:
        close()


def accept(listener: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    with suppress(OSError):
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            serve(connection)


@pytest.fixture
def read_request() -> Callable[[socket.socket], bytes]:
    """Reads one whole request, head and body, off a connection."""

    def read(connection: socket.socket) -> bytes:
        got = b""
        while b"\r\n\r\n" not in got:
            more = connection.recv(65_536)
            if not more:
                return got
            got += more
        head, _, body = got.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65_536)
        return head + b"\r\n\r\n" + body

    return read


@pytest.fixture
def answering(stubborn: Any, read_request: Any) -> Callable[..., Any]:
    """`answering(head, body)`: a server that reads each request, keeps it in `.requests`, and answers just that."""

    def make(head: str, body: bytes = b"", **options: Any) -> Any:
        requests: list[bytes] = []

        def serve(connection: socket.socket) -> None:
            while request := read_request(connection):
                requests.append(request)
                connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
                if "close" in head.lower():
                    return

        server = stubborn(serve, **options)
        server.requests = requests
        return server

    return make


@pytest.fixture
def answering_json(answering: Any) -> Callable[..., Any]:
    """The same with a JSON body and DataCite's sign that it knows us."""

    def make(status: str, document: Any) -> Any:
        body = json.dumps(document).encode()
        head = f"HTTP/1.1 {status}\nX-Credential-Username: demo.repo\nContent-Length: {len(body)}\nConnection: close"
        return answering(head, body)

    return make
