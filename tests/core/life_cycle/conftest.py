"""A repository with a few records, a sandbox that plays DataCite, and a wire between them on which requests get lost,
arrive late, or arrive where nobody waits for the answer any more.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from doitui.web.common.accounts import Account
from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_core.clock import micros
from doitui_core.config import repositories
from doitui_core.datacite.rest import RestClient
from doitui_core.db import database
from doitui_core.db.models import TABLES, Doi, Job, Payload, RateLimit, Repository
from doitui_core.delivery import finishing
from doitui_core.domain import job_kinds
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import Outcome
from doitui_core.errors import NoAnswer, NotSent
from doitui_core.operations import change_settings, sync
from doitui_core.queue import breaker, connection, jobs
from doitui_core.queue.connection import Connection
from doitui_core.queue.leases import Lease
from doitui_core.records import records
from doitui_core.worker import services, summary, worker

ACCOUNT = Account("DEMO.REPO", "demo", frozenset(("10.5072",)))

#: One minute before a year ends: a DOI string that were computed again would show it.
BEGIN = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)


#: More than a few objects can need between two looks at the clock.
MOST_JOBS = 100


class Killed(BaseException):
    """A worker is no more: nothing of it is written from here on."""


@dataclass
class InFlight:
    """A request that was sent `at` and has not arrived yet."""

    at: datetime
    arrive: Callable[[], Answer]


class Wire(RestClient):
    """A client whose next write meets `fate`: does it arrive (at once, later, never), and what does the worker see?

    answered
    answer lost     done; the worker waits in vain
    late            the worker waits in vain; it arrives afterwards
    not sent        no connection
    killed before   the worker dies with the attempt noted, nothing sent
    killed after    the worker dies before it has noted the answer
    killed, late    the worker dies, and the request arrives afterwards

    `meanwhile` is called while it is on its way.
    """

    def __init__(self, world: World, at: Connection, lease: Lease, fate: str, meanwhile: Callable[[], object]) -> None:
        account, password = at.config.require_account()
        super().__init__(at.config.url, account, password, deadline=at.client.deadline)
        self._world, self._lease, self._fate, self._meanwhile = world, lease, fate, meanwhile

    def create(self, attributes: Any) -> Answer:
        return self._meet(lambda: RestClient.create(self, attributes))

    def replace(self, doi: str, attributes: Any) -> Answer:
        return self._meet(lambda: RestClient.replace(self, doi, attributes))

    def delete_draft(self, doi: str) -> Answer:
        return self._meet(lambda: RestClient.delete_draft(self, doi))

    def _meet(self, arrive: Callable[[], Answer]) -> Answer:
        self._world.assert_nobody_else_sends(self._lease)
        fate, self._fate = self._fate, "answered"
        meanwhile, self._meanwhile = self._meanwhile, lambda: None
        meanwhile()
        if fate == "not sent":
            raise NotSent("not sent, the server cannot be reached")
        if fate in ("late", "killed, late"):
            self._world.in_flight.append(InFlight(self._world.clock.now, arrive))
        elif fate != "killed before":
            answer = arrive()
        if fate.startswith("killed"):
            raise Killed
        if fate != "answered":
            raise NoAnswer("sent, but no whole answer came")
        return answer


@dataclass
class Hand:
    """A job in the hands of a worker of its own, not begun yet."""

    lease: Lease
    at: Connection


class World:
    """Everything a life cycle needs, in the open database."""

    metadata: ClassVar[dict[str, Any]] = {
        "creators": [{"name": "Doe, Jo"}],
        "publisher": {"name": "Archive"},
        "publicationYear": 2026,
        "types": {"resourceTypeGeneral": "Text"},
    }

    def __init__(self, sandbox: Sandbox, clock: Any) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.in_flight: list[InFlight] = []
        self.hands: list[Hand] = []
        self.claiming = False
        self._workers = 0

    def begin(self) -> None:
        """Everything as on the first day."""
        self.in_flight.clear()
        self.hands.clear()
        self.clock.now = BEGIN
        for row in self.sandbox.store.newest():
            self.sandbox.store.delete(row)
        self.sandbox.requests.clear()
        self.sandbox.faults.replace(())
        with database.write():
            for table in reversed(TABLES):
                table.delete().execute()
        # The landing pages are a part of the sandbox that always answers.
        self.settings(
            datacite_prefix="10.5072",
            datacite_repository_id="DEMO.REPO",
            datacite_url=self.sandbox.url,
            datacite_password="env:PW",
            landing_page=self.sandbox.url + "/heartbeat?{object_id}",
        )

    def settings(self, **values: str) -> None:
        change_settings.save_repository("h", values)

    def repository(self) -> Repository:
        return repositories.find("h")

    def record(self, object_id: str, title: str = "Letters", *, published: bool = True) -> None:
        metadata = {**self.metadata, "titles": [{"title": title}]}
        records.save(object_id, metadata=metadata, repository="h", published=published)

    def doi(self, object_id: str) -> Doi:
        """The DOI of a record, the one that is not abandoned if there is one."""
        own = sorted((row for row in Doi.select() if row.record.object_id == object_id), key=lambda row: row.id)
        return next((row for row in own if row.wanted != "abandoned"), own[-1])

    def there(self, row: Doi) -> Any:
        """The DOI as the sandbox has it, or None."""
        return self.sandbox.store.find(row.doi)

    def state_there(self, row: Doi) -> str:
        found = self.there(row)
        return found.state if found else "none"

    def write_job(self, row: Doi) -> Job | None:
        """Its newest write job."""
        jobs = Job.select().where(Job.subject_id == row.id, Job.kind == "write")
        return jobs.order_by(Job.id.desc()).first()

    def open_job(self, row: Doi, kind: str) -> Job | None:
        return Job.get_or_none(Job.subject_id == row.id, Job.kind == kind, Job.status.in_(job_kinds.OPEN))

    # Workers.

    def work(self) -> summary.Summary:
        """A worker does one job."""
        self.wait_out_a_pause()
        self.claiming = True
        return worker.run(drain=True, threads=1, limit=1)

    def work_off(self) -> None:
        """Job after job until nothing is due; that it comes to an end is a part of what is proven."""
        for _ in range(MOST_JOBS):
            if not self.work().taken:
                return
        raise AssertionError(f"there is always one more job: {self.unsettled()}")

    def claim(self, job_id: int = 0) -> Hand | None:
        """Another worker takes that job or the next one that is due into its hands and does nothing yet."""
        at = connection.for_repository(self.repository())
        self.claiming = True
        self._workers += 1
        name = f"host:1:{self._workers:04}"
        if job_id:
            lease = jobs.claim_one(name, job_id, at.policy)
        else:
            lease = next(iter(jobs.claim(name, self.repository().id, at.policy, 1)), None)
        if lease is None:
            return None
        self.hands.append(Hand(lease, at))
        return self.hands[-1]

    def carry_out(
        self, hand: Hand, fate: str = "answered", meanwhile: Callable[[], object] = lambda: None
    ) -> Outcome | None:
        """It goes on with it, perhaps long after its lease ran out; None when it was killed. `meanwhile` is called
        while the request is on its way.
        """
        self.hands.remove(hand)
        at = replace(hand.at, client=Wire(self, hand.at, hand.lease, fate, meanwhile))
        began = database.now()
        try:
            outcome = services.HANDLERS[hand.lease.kind.service].execute[hand.lease.kind](hand.lease, at)
        except Killed:
            return None
        breaker.note(at.rate_limit, outcome, began, hand.lease.job_id, suspect=True)
        return outcome

    def assert_nobody_else_sends(self, lease: Lease) -> None:
        """P4: whoever sends holds the job, and for longer than its request may take."""
        job = Job.get_by_id(lease.job_id)
        assert (job.status, job.lease_token) == ("processing", lease.token)
        assert job.lease_until > database.now()

    def publish_by_hand(self, row: Doi) -> None:
        """What a late request, or a person at DataCite, does to a tombstone."""
        connection.for_repository(self.repository()).client.replace(row.doi, {"event": "publish"})

    # Time.

    def forward(self, **delta: float) -> None:
        self.clock.forward(**delta)
        # A request that took longer than this is nobody's any more: every connection it could come by is closed.
        self.in_flight = [one for one in self.in_flight if self.clock.now - one.at < finishing.RECHECK_AFTER]

    def wait_out_a_pause(self) -> None:
        """The clock goes where else a worker would wait for it."""
        row = RateLimit.get_or_none()
        if row is not None and micros(row.paused_until) > micros(self.clock.now):
            self.forward_to(row.paused_until)

    def sync(self) -> None:
        self.wait_out_a_pause()
        sync.sync()

    def forward_to(self, moment: datetime) -> None:
        self.forward(seconds=(moment - self.clock.now).total_seconds())

    def arrive(self, number: int = 0) -> None:
        """One of the requests in flight comes to DataCite; nobody waits for the answer."""
        with suppress(NoAnswer):
            self.in_flight.pop(number).arrive()

    def settle(self) -> None:
        """The weather clears and hours pass; nobody intervenes."""
        self.sandbox.faults.replace(())
        while self.in_flight:
            self.arrive()
        self.hands.clear()
        for _ in range(12):
            self.forward(hours=1)
            self.work_off()

    def unsettled(self) -> list[tuple[str, str, str]]:
        """(DOI, kind, status) of jobs that are not at their end."""
        open_jobs = Job.select().where(Job.status.in_(job_kinds.OPEN))
        return [(Doi.get_by_id(job.subject_id).doi, job.kind, job.status) for job in open_jobs]

    def has_what_was_confirmed(self, row: Doi) -> bool:
        """Whether the sandbox has the title that we believe it has."""
        payload = Payload.get_by_id(row.confirmed_hash)
        confirmed = json.loads(zlib.decompress(bytes(payload.body)))
        return bool(confirmed["titles"] == self.there(row).attributes["titles"])

    def looks_back(self, row: Doi) -> bool:
        """Whether it is going to be looked at once more by itself."""
        rechecks = Job.select().where(Job.subject_id == row.id, Job.kind == "recheck", Job.status.in_(job_kinds.OPEN))
        return bool(rechecks.exists())

    def created(self, row: Doi) -> int:
        """How often the sandbox has made it."""
        return [one["status"] for one in self.sandbox.requests.entries() if one["doi"] == row.folded].count(201)

    def deleted(self, row: Doi) -> int:
        told = self.sandbox.requests.entries()
        return len([one for one in told if one["doi"] == row.folded and one["status"] == 204])


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox([ACCOUNT]) as sandbox:
        yield sandbox


@pytest.fixture
def world(store: str, sandbox: Sandbox, clock: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("PW", ACCOUNT.password)
    database.open(store, durable=False, clock=clock)
    world = World(sandbox, clock)
    world.begin()
    return world


@pytest.fixture
def one_file_world(tmp_path: Path, sandbox: Sandbox, clock: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """On SQLite, where thousands of examples are cheap."""
    monkeypatch.setenv("PW", ACCOUNT.password)
    url = f"sqlite:///{tmp_path / 'doitui.db'}"
    database.create(url, clock=clock)
    database.open(url, durable=False, clock=clock)
    yield World(sandbox, clock)
    database.close()
