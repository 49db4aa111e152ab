"""The terminal UI on real databases: a house with a DOI in every state, and an operator who presses keys."""

from __future__ import annotations

import asyncio
import datetime
import importlib.util
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from doitui.tui.app import DoituiApp
from doitui_core.db import database
from doitui_core.db.event_models import PulledEvent
from doitui_core.db.models import Doi, Event, Job
from doitui_core.dois import doi_rows
from doitui_core.domain import job_kinds, states
from doitui_core.domain.event import EventValue, Origin
from doitui_core.domain.states import Remote, Verification
from doitui_core.events import store
from doitui_core.events.store import NewEvent
from doitui_core.operations import change_settings, doi_actions
from doitui_core.queue import jobs as queue_jobs
from doitui_core.queue import leases
from doitui_core.records import records

#: Sizes every screen must fit into.
SMALL, LARGE = (80, 24), (140, 40)

#: Looks in a row that find nothing under way; seconds after which something is wrong.
QUIET, PATIENCE = 5, 30

HOSTILE = "\x1b[31mred\x1b]0;owned\x07 [b]bold[/b] one\r\ntwo\x85 \u202eright to left\u2066 " + "x" * 10_000

TITLES = {
    "ms-1": "Letters from the marsh",
    "ms-2": "港町における記録管理の近代化 — a study of harbour records",
    "ms-3": "Образ северного ветра",
    "ms-4": "e\u0301tude de la mare\u0301e",
    "ms-5": HOSTILE,
    "ms-6": "Census of seabirds",
    "ms-7": "Tide gauge readings",
    "ms-8": "Net weights of fired clay",
    "ms-9": "Spoken corpus",
    "ms-10": "Plan of the common lands",
}

METADATA: dict[str, Any] = {
    "creators": [{"name": "Curie, Marie", "nameType": "Personal"}],
    "publisher": {"name": "Archive"},
    "publicationYear": 1902,
    "types": {"resourceTypeGeneral": "Text"},
}

Script = Callable[[Pilot[int]], Awaitable[Any]]
Operate = Callable[..., Any]


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Who sits at the terminal, where, and what it can do. What is saved goes to a folder of the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "getlogin", lambda: "ana")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.delenv("NO_COLOR", raising=False)


def an_archive() -> None:
    """The repository `h`; nothing is sent to its DataCite, which is not there."""
    change_settings.save_repository(
        "h",
        {
            "datacite_prefix": "10.5072",
            "datacite_repository_id": "DEMO.REPO",
            "datacite_password": "env:PW",
            "datacite_url": "http://127.0.0.1:1",
            "landing_page": "https://archive.example.org/{object_id}",
        },
    )


def fill() -> None:
    """A record each: findable and verified, draft, reserved, tombstone, failed, uncertain, changed, pending …"""
    an_archive()
    for object_id, title in TITLES.items():
        records.save(object_id, metadata={**METADATA, "titles": [{"title": title}]}, repository="h")
    records.save(
        "unpublished", metadata={**METADATA, "titles": [{"title": "Not yet"}]}, repository="h", published=False
    )
    for object_id in ("ms-1", "ms-2", "ms-3", "ms-4", "ms-5", "ms-6"):
        settle(object_id, Remote.FINDABLE)
    with database.write():
        row = held("ms-2")
        facts = states.checked(doi_rows.facts(row), api=Verification.VERIFIED, resolver=Verification.VERIFIED)
        doi_rows.write(row, facts, actor="vm:1:ab", action="verify", http_status=200)
        row = held("ms-3")
        facts = states.checked(doi_rows.facts(row), api=Verification.MISMATCH, resolver=Verification.VERIFIED)
        doi_rows.write(row, facts, actor="vm:1:ab", action="verify", cause="mismatch", detail="API: it leads elsewhere")
    settle("ms-7", Remote.DRAFT, "draft")
    with database.write():
        row = held("ms-4")
        doi_rows.write(
            row, states.deactivate(doi_rows.facts(row), row.doi), actor="bo", action="deactivate", reason="given back"
        )
        doi_rows.write(
            row, states.answered(doi_rows.facts(row), Remote.REGISTERED), actor="vm:1:ab", action="deactivate"
        )
    fail("ms-8", "metadata", "HTTP 422: creators: DOI 10.5072/h/2026/ms-8: Can't be blank; fix the record, then retry")
    fail("ms-9", "metadata", "HTTP 422: creators: DOI 10.5072/h/2026/ms-9: Can't be blank; fix the record, then retry")
    doi_actions.mint("ms-10", actor="bo")
    metadata = {**METADATA, "titles": [{"title": "Letters from the marsh, second edition"}]}
    records.save("ms-1", metadata=metadata, repository="h")
    tell()
    cite()


def cite() -> None:
    """Two papers cite ms-4, as others reported."""
    row = Doi.get(Doi.folded == "10.5072/h/2026/ms-4")
    for number in (7, 8):
        PulledEvent.create(
            dedupe_hash=str(number),
            uuid=f"u-{number}",
            repository_id=row.repository_id,
            doi_id=row.id,
            subj_id=f"https://doi.org/10.1000/{number}",
            relation_type_id="references",
            obj_id=f"https://doi.org/{row.folded}",
            source_id="crossref",
            total=1,
            occurred_at=datetime.datetime(2026, 5, number, tzinfo=datetime.UTC),
            created_at=database.now(),
            updated_at=database.now(),
        )


def tell() -> None:
    """Events of ms-1: one taken, one refused for what it says, one that waits."""
    row = Doi.get(Doi.folded == "10.5072/h/2026/ms-1")
    subject = f"https://doi.org/{row.folded}"
    made = [
        EventValue(subject, "is-cited-by", "https://doi.org/10.1000/182", "doitui"),
        EventValue(subject, "is-authored-by", "https://orcid.org/0000-0002-1825-0097", "doitui"),
        EventValue(subject, "unique-dataset-requests-regular", row.url or subject, "doitui-counter", 1432),
    ]
    for event in made:
        store.save([NewEvent(event, row.id, row.repository_id)], Origin.HAND, actor="bo", max_attempts=5)
    policy = queue_jobs.Policy(datetime.timedelta(minutes=5), datetime.timedelta(minutes=5))
    taken, refused = queue_jobs.claim("vm:1:ab", 1, policy, 2, service=job_kinds.Service.EVENTS)
    Event.update(submitted_total=1, attempts=1, response_status=201, submitted_at=database.now()).where(
        Event.id == taken.subject_id
    ).execute()
    queue_jobs.finish(taken, job_kinds.JobStatus.COMPLETED)
    error = "HTTP 422: Obj can't be blank; see what was sent with `doitui event show`"
    Event.update(attempts=1, response_status=422, cause="event", last_error=error).where(
        Event.id == refused.subject_id
    ).execute()
    queue_jobs.finish(refused, job_kinds.JobStatus.FAILED, cause="event", error=error)


def held(object_id: str) -> Doi:
    return doi_rows.lock(Doi.get(Doi.folded == f"10.5072/h/2026/{object_id}").id)


def a_lease() -> leases.Lease:
    policy = queue_jobs.Policy(datetime.timedelta(minutes=5), datetime.timedelta(minutes=5))
    (lease,) = queue_jobs.claim("vm:1:ab", 1, policy, 1)
    return lease


def settle(object_id: str, remote: Remote, state: str = "findable") -> None:
    """Mint it, as a worker would have."""
    doi_actions.mint(object_id, state=state, actor="bo")
    lease = a_lease()
    with database.write():
        row = held(object_id)
        facts = states.answered(doi_rows.facts(row), remote)
        doi_rows.write(row, facts, actor="vm:1:ab", action="mint", http_status=201, confirmed_hash=row.current_hash)
    queue_jobs.finish(lease, job_kinds.JobStatus.COMPLETED)


def fail(object_id: str, cause: str, error: str) -> None:
    doi_actions.mint(object_id, actor="bo")
    lease = a_lease()
    with database.write():
        row = held(object_id)
        doi_rows.write(
            row, doi_rows.facts(row), actor="vm:1:ab", action="mint", http_status=422, cause=cause, detail=error
        )
    queue_jobs.finish(lease, job_kinds.JobStatus.FAILED, cause=cause, error=error)


@pytest.fixture(scope="session")
def full_file(made_file: Path, tmp_path_factory: pytest.TempPathFactory, now: datetime.datetime) -> Path:
    """A full house in a file, to be copied: to fill one takes a third of a second."""
    path = tmp_path_factory.mktemp("full") / "doitui.db"
    shutil.copy(made_file, path)
    database.open(f"sqlite:///{path}", clock=lambda: now)
    fill()
    database.close()
    return path


@pytest.fixture
def house(full_file: Path, store: str, clock: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a full house."""
    monkeypatch.setenv("PW", "correct-horse")
    if store.startswith("sqlite"):
        database.close()
        shutil.copy(full_file, store.removeprefix("sqlite:///"))
        database.open(store, clock=clock)
    else:
        fill()
    return store


@pytest.fixture
def operate(store: str, clock: Any) -> Operate:
    """`operate(script, size=…, write=…, start=…)`: open the screens, wait until they are painted, do `script`."""

    def run(script: Script, *, size: tuple[int, int] = SMALL, url: str = store, **options: Any) -> Any:
        async def session() -> Any:
            app = DoituiApp(url, clock=clock, **options)
            async with app.run_test(size=size) as pilot:
                await calm(pilot)
                return await script(pilot)

        database.close()
        try:
            return asyncio.run(session())
        finally:
            # The threads of the screens had the database; what follows in the test has its own connection.
            database.open(store, clock=clock)

    return run


async def calm(pilot: Pilot[int]) -> None:
    """Until every question was answered and its answer worked off. `Pilot.pause` would wait for an idle CPU, 25 ms."""
    app: Any = pilot.app
    await pilot._wait_for_screen()
    quiet = 0
    async with asyncio.timeout(PATIENCE):
        while quiet < QUIET:
            await asyncio.sleep(0.001)
            nodes = [app, *app.screen_stack, *app.screen.walk_children()]
            busy = not all(service.idle for service in app.threads) or app.type_ahead.busy
            busy = busy or app.screen._layout_required or bool(app.screen._dirty_widgets)
            busy = busy or not app.screen.children or not all(node.is_mounted for node in nodes[1:])
            busy = busy or any(getattr(node, "drawing", False) and node.display for node in nodes)
            quiet = 0 if busy or any(node._message_queue.qsize() for node in nodes) else quiet + 1


@pytest.fixture
def press() -> Callable[..., Awaitable[None]]:
    """Keys one after another, each with its effect; without keys whatever is under way."""

    async def keys(pilot: Pilot[int], *names: str) -> None:
        app: Any = pilot.app
        for name in names:
            key = events.Key(name, name if len(name) == 1 else None)
            app._driver.process_message(key)
            await calm(pilot)
        await calm(pilot)

    return keys


@pytest.fixture
def seen() -> Callable[[Pilot[int]], str]:
    """The screen as text, as a terminal shows it."""

    def text(pilot: Pilot[int]) -> str:
        screen: Any = pilot.app.screen
        lines = screen._compositor.render_strips(pilot.app.size)
        return "\n".join("".join(part.text for part in line).rstrip() for line in lines)

    return text


@pytest.fixture
def toasts() -> Callable[[Pilot[int]], list[str]]:
    """What was told beside the screen."""

    def told(pilot: Pilot[int]) -> list[str]:
        return [note.message for note in pilot.app._notifications]

    return told


@pytest.fixture(scope="session")
def relayed() -> Any:
    """`with relayed(url) as (relay, url through it)`: a wire that can be cut. It belongs to the benchmarks."""
    place = Path(__file__).parents[1] / "benchmarks" / "relay.py"
    spec = importlib.util.spec_from_file_location("relay", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.relayed


@pytest.fixture
def jobs() -> Callable[[], list[tuple[str, str]]]:
    """(action, status) of every job for a DOI that is not done, oldest first."""

    def read() -> list[tuple[str, str]]:
        return [
            (row.action, row.status)
            for row in Job.select().where(Job.lane == "dois").order_by(Job.id)
            if row.status != "completed"
        ]

    return read


@pytest.fixture(scope="session")
def snapshots() -> Callable[[str, str], str]:
    """`snapshots(name, text)`: what is kept beside the tests; `DOITUI_TEST_SNAPSHOTS=write` keeps `text` now."""
    place = Path(__file__).with_name("snapshots")

    def kept(name: str, text: str) -> str:
        file = place / f"{name}.txt"
        if os.environ.get("DOITUI_TEST_SNAPSHOTS") == "write":
            place.mkdir(exist_ok=True)
            file.write_text(text + "\n", encoding="utf-8")
        return file.read_text(encoding="utf-8").removesuffix("\n")

    return kept
