"""Events APIs on real sockets: one that stores and lists as DataCite does (datacite-api 3), and some of few words."""

from __future__ import annotations

import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest

from doitui.web.common.accounts import Account
from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_core import clock
from doitui_core.datacite.event_query import EventQueryClient
from doitui_core.datacite.events import EventsClient
from doitui_core.db import database, models
from doitui_core.domain.event import EventValue, Origin
from doitui_core.domain.job_kinds import Service
from doitui_core.events.store import NewEvent, StoreResult, save
from doitui_core.operations import change_settings, flush_events
from doitui_core.worker import summary, worker

ACCOUNT = "DEMO.REPO"
PASSWORD = "s3cret-Pässword"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.c3RhZmY.sig_n-1"

KEY = ("subjId", "objId", "sourceId", "relationTypeId")


@dataclass(frozen=True)
class Seen:
    """One request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def asked(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items()}

    @property
    def asks_whether_it_is_there(self) -> bool:
        """The GET that decides after a fault whose it was. Here it always works: the fault is the event's own."""
        return self.method == "GET" and self.asked.get("page[size]") == "0"


@dataclass(frozen=True)
class Reply:
    status: int
    document: Any = None
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class EventsApi:
    """What DataCite does: staff write, PUT looks for the UUID, the four ids of an event are unique, all may read."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.events: dict[str, dict[str, Any]] = {}
        self.url = ""
        self.refuses: Reply | None = None

    def answer(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        return self.write(seen) if seen.method in ("PUT", "POST") else self.listed(seen)

    def write(self, seen: Seen) -> Reply:
        refused = self.refusal(seen.headers.get("authorization", ""))
        if refused is not None:
            return refused
        sent = json.loads(seen.body)["data"]
        attributes = self.read(sent["attributes"], seen)
        for name, words in (("subjId", "Subj"), ("sourceId", "Source"), ("sourceToken", "Source token")):
            if not attributes.get(name):
                return Reply(422, {"errors": [{"status": 422, "title": f"{words} can't be blank"}]})
        same = [uuid for uuid, held in self.events.items() if all(held[name] == attributes[name] for name in KEY)]
        if same not in ([], [sent["id"]]):
            return Reply(409, {"errors": [{"status": "409", "title": "The resource already exists."}]})
        status = 200 if sent["id"] in self.events else 201
        self.events[sent["id"]] = attributes
        return Reply(status, {"data": {"id": sent["id"], "type": "events", "attributes": attributes}})

    def refusal(self, given: str) -> Reply | None:
        if self.refuses is not None:
            return self.refuses
        if given == f"Bearer {TOKEN}":
            return None
        if given.startswith("Basic ") and b64decode(given[6:]).decode() == f"{ACCOUNT}:{PASSWORD}":
            title = "You are not authorized to access this resource."
            return Reply(403, {"errors": [{"status": "403", "title": title}]})
        return Reply(401, {"errors": [{"status": "401", "title": "Bad credentials."}]})

    def read(self, attributes: dict[str, Any], seen: Seen) -> dict[str, Any]:
        """Of the dialect that was asked for; what is written in the other is dropped."""
        if "version=2" in seen.headers["accept"]:
            return {name: value for name, value in attributes.items() if "-" not in name}
        camel = {name: name.title().replace("-", "") for name in attributes if "-" in name or name.islower()}
        return {new[0].lower() + new[1:]: attributes[old] for old, new in camel.items()}

    def listed(self, seen: Seen) -> Reply:
        asked = seen.asked
        found = [
            (uuid, held)
            for uuid, held in self.events.items()
            if all(
                held.get(name) == unquote_plus(asked[key])
                for key, name in (("subj-id", "subjId"), ("obj-id", "objId"))
                if key in asked
            )
            and ("source-id" not in asked or held["sourceId"] in asked["source-id"].split(","))
        ]
        if asked.get("sort") == "-total":
            found.sort(key=lambda one: -one[1]["total"])
        size = int(asked["page[size]"])
        if "page[cursor]" in asked:
            start = self.start(asked["page[cursor]"])
            link = f"{self.url}/events?page%5Bcursor%5D=" + b64encode(f"0,{start + size}".encode()).decode()
        else:
            # Clamped without a word.
            number = min(int(asked["page[number]"]), max(self.window // size, 1))
            start, link = (number - 1) * size, f"{self.url}/events?page%5Bnumber%5D={number + 1}"
        page = found[start : start + size]
        v2 = "version=2" in seen.headers["accept"]
        data = [{"id": uuid, "type": "events", "attributes": self.spelled(held, v2)} for uuid, held in page]
        links = {"self": "x"} | ({"next": link} if len(page) == size else {})
        return Reply(200, {"data": data, "meta": {"total": len(found), "sources": []}, "links": links})

    window = 10_000

    def start(self, cursor: str) -> int:
        return int(b64decode(cursor).decode().split(",")[1]) if cursor != "1" else 0

    def spelled(self, held: dict[str, Any], v2: bool) -> dict[str, Any]:
        if v2:
            return held
        return {"".join(f"-{c.lower()}" if c.isupper() else c for c in name): value for name, value in held.items()}


class Saying(EventsApi):
    """Whatever is asked, it says the same, reply after reply and then the last one; `{sent}` stands for the header."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__()
        self.replies = list(replies)

    def answer(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        text = reply.text.replace("{sent}", seen.headers.get("authorization", ""))
        return Reply(reply.status, reply.document, text, reply.headers)


class Silent(EventsApi):
    """It takes the event and says nothing."""

    def answer(self, seen: Seen) -> Reply:
        super().answer(seen)
        raise ConnectionAbortedError


class Meddling(EventsApi):
    """While events are on their way, so many of them, it does something."""

    def __init__(self, act: Callable[[], object], reply: Reply | None, times: int) -> None:
        super().__init__()
        self.act, self.reply, self.times = act, reply, times

    def write(self, seen: Seen) -> Reply:
        self.times -= 1
        if self.times >= 0:
            self.act()
            database.close_thread()
        return self.reply or super().write(seen)


@pytest.fixture
def serve(http_server: Callable[..., str]) -> Callable[[EventsApi], EventsApi]:
    """Puts servers on the air until the test is over."""

    def start(api: EventsApi) -> EventsApi:
        def answer(*request: Any) -> tuple[int, dict[str, str], bytes]:
            seen = Seen(*request)
            reply = Reply(200, {"data": []}) if seen.asks_whether_it_is_there else api.answer(seen)
            text = reply.text if reply.document is None else json.dumps(reply.document)
            return reply.status, reply.headers, text.encode()

        api.url = http_server(answer)
        return api

    return start


@pytest.fixture
def api(serve: Callable[[EventsApi], EventsApi]) -> EventsApi:
    return serve(EventsApi())


@pytest.fixture
def silent(serve: Callable[[EventsApi], EventsApi]) -> EventsApi:
    return serve(Silent())


@pytest.fixture
def meddling(serve: Callable[[EventsApi], EventsApi]) -> Callable[..., EventsApi]:
    """`meddling(act)`: a server that does `act` while the first event is on its way; then it answers (`reply`)."""
    return lambda act, reply=None, times=1: serve(Meddling(act, reply, times))


@pytest.fixture
def stuck(meddling: Callable[..., EventsApi]) -> Iterator[EventsApi]:
    """It takes an event, and then nothing happens until the test is over."""
    over = threading.Event()
    yield meddling(lambda: over.wait(30), times=10_000)
    over.set()


@pytest.fixture
def saying(serve: Callable[[EventsApi], EventsApi]) -> Callable[..., EventsApi]:
    """`saying(status, text_or_document, **headers)`: a server that says one thing only."""

    def start(status: int, said: Any = "", **headers: str) -> EventsApi:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        text, document = (said, None) if isinstance(said, str) else ("", said)
        return serve(Saying(Reply(status, document, text, named)))

    return start


@pytest.fixture
def connect() -> Callable[..., EventsClient]:
    """`connect(api)`: a client with the right token; `token=`, `password=`, `dialect=` where they matter."""

    def make(api: EventsApi, **options: Any) -> EventsClient:
        given = {"token": TOKEN, "password": PASSWORD, "deadline": 20, **options}
        return EventsClient(api.url, ACCOUNT, **given)

    return make


@pytest.fixture
def ask() -> Callable[..., EventQueryClient]:
    """`ask(api)`: questions to that server, as fast as they come."""

    def make(api: EventsApi, **options: Any) -> EventQueryClient:
        return EventQueryClient(api.url, **{"deadline": 20, "pace": lambda url: None, **options})

    return make


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture
def in_turn(serve: Callable[[EventsApi], EventsApi]) -> Callable[..., EventsApi]:
    """`in_turn(reply, reply…)`: a server that says one thing after the other."""
    return lambda *replies: serve(Saying(*replies))


@pytest.fixture
def secrets() -> dict[str, str]:
    return {
        "token": TOKEN,
        "password": PASSWORD,
        "basic": b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode(),
    }


@pytest.fixture
def event() -> EventValue:
    payload = {"subj": {"@id": "https://doi.org/10.5072/ab-1", "registrantId": "datacite.demo.repo"}, "obj": {}}
    return EventValue(
        "https://doi.org/10.5072/ab-1",
        "is-supplement-to",
        "https://doi.org/10.5072/xy",
        "doitui",
        3,
        "2026-05-01T00:00:00Z",
        payload,
    )


class Office:
    """The archive `h` and what it has to tell: DOIs that are findable as far as we know; a worker for its events."""

    def __init__(self, clock: Any, mint: Callable[[str], models.Doi]) -> None:
        self.clock = clock
        self._mint = mint

    def settings(self, **values: str) -> None:
        change_settings.save_repository("h", values)

    def reach(self, url: str, *, token: bool = True, **values: str) -> None:
        """Send to that address, as fast as it goes. An answer may take half a lease: long, for a busy machine."""
        account = {"datacite_repository_id": ACCOUNT, "datacite_password": "env:PW"}
        pace = {"event_rate_limit": "1000000", "lease_seconds": "60"}
        signed = {"datacite_api_token": "env:TOKEN"} if token else {}
        self.settings(**{"events_url": url, **account, **signed, **pace, **values})

    def doi(self, object_id: str = "ms-1") -> models.Doi:
        there = models.Doi.get_or_none(models.Doi.doi == f"10.5072/h/2026/{object_id}")
        return there or self._mint(object_id)

    def told(self, *objects: str, total: int = 1, relation: str = "cites", object_id: str = "ms-1") -> list[NewEvent]:
        doi = self.doi(object_id)
        subject = f"https://doi.org/{doi.doi}"
        found = [EventValue(subject, relation, obj, "doitui", total) for obj in objects]
        return [NewEvent(event, doi.id, doi.repository_id) for event in found]

    def keep(self, *objects: str, origin: Origin = Origin.HAND, **about: Any) -> StoreResult:
        with database.write():
            return save(self.told(*objects, **about), origin, actor="test", max_attempts=5)

    def view(self, number: int, object_id: str = "ms-1", *, days_ago: int = 0, requests: int = 0) -> None:
        """So many unique views, and requests, were counted."""
        day = (database.now() - clock.EPOCH).days - days_ago
        counts = {"unique_investigations": number, "unique_requests": requests}
        doi = self.doi(object_id)
        models.UsageCount.delete().where(models.UsageCount.day == day, models.UsageCount.doi == doi).execute()
        fixed = {"access_method": "regular", "country": "", "source": "spool"}
        models.UsageCount.create(day=day, doi=doi, **fixed, **counts)

    def event(self, obj: str = "") -> models.Event:
        """The event of that object, without one the newest."""
        found = models.Event.select().order_by(models.Event.id.desc())
        return (found.where(models.Event.obj_id == obj) if obj else found).get()

    def job(self, obj: str = "") -> models.Job:
        mine = models.Job.select().where(models.Job.kind == "event", models.Job.subject_id == self.event(obj).id)
        return mine.order_by(models.Job.id.desc()).get()

    def states(self) -> list[str]:
        """Of all events, oldest first."""
        return [row.state for row in models.Event.select().order_by(models.Event.id)]

    def work(self, **options: Any) -> summary.Summary:
        return worker.run(drain=True, **{"threads": 1, "services": (Service.EVENTS,), **options})

    def later(self, **delta: float) -> summary.Summary:
        self.clock.forward(**delta)
        return self.work()

    def flush(self, **options: Any) -> summary.Summary:
        return flush_events.flush(**{"threads": 1, **options})


@pytest.fixture
def office(
    archive: models.Repository,
    a_minted_doi: Callable[..., models.Doi],
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    monkeypatch.setenv("PW", PASSWORD)
    monkeypatch.setenv("TOKEN", TOKEN)
    return Office(clock, a_minted_doi)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """One that lets us write events."""
    account = Account(ACCOUNT, PASSWORD, frozenset(("10.5072",)))
    with running_sandbox([account], events_writable=True, all_events=True) as sandbox:
        yield sandbox
