"""What an Events API has of our DOIs: asked of the sandbox, kept, and never sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox
from doitui_core.datacite.event_query import EventQueryClient
from doitui_core.datacite.events import EventsClient
from doitui_core.db.models import Event, Job, Record
from doitui_core.domain.event import EventValue
from doitui_core.errors import RemoteFailed
from doitui_core.events import pulling, usage_refresh
from doitui_core.events.store import StoreResult

MINE = "https://doi.org/10.5072/h/2026/ms-1"
PAPER = "https://doi.org/10.1000/182"

Tell = Callable[..., str]
Pull = Callable[..., StoreResult]


@pytest.fixture
def tell(sandbox: Sandbox, secrets: dict[str, str]) -> Tell:
    """Somebody else tells the sandbox an event; its UUID."""
    client = EventsClient(sandbox.url, "DEMO.REPO", secrets["password"], deadline=20)

    def send(subj: str, relation: str, obj: str, *, source: str = "crossref", total: int = 1, when: str = "") -> str:
        event = EventValue(subj, relation, obj, source, total, when or "2026-05-01T00:00:00Z")
        assert client.send(client.request(event, "theirs")).ok
        return event.uuid

    return send


@pytest.fixture
def pull(office: Any, sandbox: Sandbox, ask: Callable[..., EventQueryClient]) -> Pull:
    office.doi()

    def run(**options: Any) -> StoreResult:
        return pulling.pull(ask(sandbox), office.doi().repository, **options)

    return run


def test_who_cites_us_is_kept(tell: Tell, pull: Pull) -> None:
    uuid = tell(PAPER, "cites", MINE, total=3)
    kept = pull()

    row = Event.get()
    told = row.uuid, row.subj_id, row.relation_type_id, row.obj_id, row.source_id, row.total, row.origin
    assert (kept, told) == (StoreResult(new=1), (uuid, PAPER, "cites", MINE, "crossref", 3, "elsewhere"))


def test_it_belongs_to_our_doi(tell: Tell, pull: Pull, office: Any) -> None:
    tell(PAPER, "cites", MINE)
    pull()

    assert Event.get().doi_id == office.doi().id


def test_when_it_happened_is_kept(tell: Tell, pull: Pull) -> None:
    tell(PAPER, "cites", MINE, when="2019-03-02T10:00:00Z")
    pull()

    assert Event.get().occurred_at.isoformat() == "2019-03-02T10:00:00+00:00"


def test_nothing_of_it_is_sent(tell: Tell, pull: Pull, office: Any) -> None:
    tell(PAPER, "cites", MINE)
    pull()

    assert (office.states(), Job.select().where(Job.kind == "event").count()) == (["submitted"], 0)


def test_what_is_about_us_as_subject_is_kept_too(tell: Tell, pull: Pull) -> None:
    tell(MINE, "is-cited-by", PAPER)

    assert pull() == StoreResult(new=1)


def test_what_is_about_others_is_not_kept(tell: Tell, pull: Pull) -> None:
    tell(PAPER, "cites", "https://doi.org/10.9999/others")

    assert (pull(), Event.select().count()) == (StoreResult(), 0)


def test_the_same_again_is_nothing_new(tell: Tell, pull: Pull) -> None:
    tell(PAPER, "cites", MINE)
    pull()

    assert (pull(), Event.select().count()) == (StoreResult(), 1)


def test_another_total_is_noted(tell: Tell, pull: Pull, office: Any) -> None:
    tell(PAPER, "cites", MINE)
    pull()
    tell(PAPER, "cites", MINE, total=5)

    assert (pull(), Event.get().total, office.states()) == (StoreResult(grown=1), 5, ["submitted"])


@pytest.mark.parametrize("older", [False, True])
def test_our_own_counts_are_left_out_in_either_order(
    tell: Tell, pull: Pull, office: Any, sandbox: Sandbox, older: bool
) -> None:
    office.view(3)
    usage_refresh.refresh()
    row = office.event()
    # `tell` swaps what is usage, as everything that goes out.
    ends = (row.obj_id, row.subj_id) if older else (row.subj_id, row.obj_id)
    tell(ends[0], row.relation_type_id, ends[1], source=row.source_id, total=3)

    assert (pull(), Event.select().count()) == (StoreResult(), 1)


def test_what_we_have_sent_ourselves_is_left_out(pull: Pull, office: Any, sandbox: Sandbox) -> None:
    office.reach(sandbox.url, token=False)
    office.keep(PAPER)
    office.work()

    assert (pull(), Event.get().origin) == (StoreResult(), "hand")


def test_our_own_that_still_waits_is_left_as_it_is(tell: Tell, pull: Pull, office: Any) -> None:
    """Sent from another installation of ours, say."""
    office.keep(PAPER, total=2)
    tell(MINE, "cites", PAPER, source="doitui", total=1)
    pull()

    assert (office.event().total, office.states()) == (2, ["pending"])


def test_an_event_between_two_of_ours_is_kept_once(tell: Tell, pull: Pull, office: Any) -> None:
    office.doi("ms-2")
    tell(MINE, "references", "https://doi.org/10.5072/h/2026/ms-2")

    assert (pull(), Event.select().count()) == (StoreResult(new=1), 1)


def test_dois_that_are_not_public_are_not_asked_for(tell: Tell, pull: Pull, sandbox: Sandbox) -> None:
    tell(PAPER, "cites", MINE)
    Record.update(published=False).execute()
    sandbox.requests.clear()

    assert (pull(), sandbox.requests.entries()) == (StoreResult(), [])


@pytest.mark.parametrize("at_once", [1, 2, 20])
def test_many_dois_are_asked_for_some_at_a_time(
    tell: Tell, pull: Pull, office: Any, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(pulling, "AT_ONCE", at_once)
    for number in range(1, 6):
        office.doi(f"ms-{number}")
        tell(PAPER, "cites", f"https://doi.org/10.5072/h/2026/ms-{number}")
    steps: list[int] = []

    assert (pull(step=steps.append), sum(steps), pulling.count(office.doi().repository)) == (StoreResult(new=5), 5, 5)


def test_all_pages_are_read(
    tell: Tell, pull: Pull, office: Any, api: Any, ask: Callable[..., EventQueryClient]
) -> None:
    for number in range(1100):
        held = {"subjId": f"https://doi.org/10.1000/{number}", "objId": MINE, "sourceId": "crossref", "total": 1}
        api.events[f"00000000-0000-4000-8000-{number:012}"] = held | {"relationTypeId": "cites"}

    assert pulling.pull(ask(api), office.doi().repository) == StoreResult(new=1100)


@pytest.mark.parametrize(
    "strange",
    [
        {"subjId": None},
        {"relationTypeId": ""},
        {"sourceId": "a\x00b"},
        {"subjId": "https://e.org/\ud800"},
        {"objId": {"id": MINE}, "subjId": 7},
    ],
)
def test_what_cannot_be_kept_is_left_out(
    pull: Pull, office: Any, api: Any, ask: Callable[..., EventQueryClient], strange: dict[str, Any]
) -> None:
    held = {"subjId": PAPER, "objId": MINE, "sourceId": "crossref", "relationTypeId": "cites", "total": 1}
    api.events["00000000-0000-4000-8000-000000000000"] = held | strange

    assert pulling.pull(ask(api), office.doi().repository) == StoreResult()


@pytest.mark.parametrize("total", [None, 0, -4, 2**70, "many", True])
def test_a_total_that_is_none_counts_as_one(
    pull: Pull, office: Any, api: Any, ask: Callable[..., EventQueryClient], total: Any
) -> None:
    held = {"subjId": PAPER, "objId": MINE, "sourceId": "crossref", "relationTypeId": "cites", "total": total}
    api.events["00000000-0000-4000-8000-000000000000"] = held
    pulling.pull(ask(api), office.doi().repository)

    assert Event.get().total == 1


def test_a_server_without_events_is_reported(
    pull: Pull, office: Any, saying: Any, ask: Callable[..., EventQueryClient]
) -> None:
    with pytest.raises(RemoteFailed, match="not the Events API's own answer"):
        pulling.pull(ask(saying(200, "<html>")), office.doi().repository)
