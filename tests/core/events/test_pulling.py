"""What an Events API has of our DOIs: asked of the sandbox, kept, and never sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox
from doitui_core.config import repositories
from doitui_core.datacite.event_query import EventQueryClient
from doitui_core.datacite.events import EventsClient
from doitui_core.db.event_models import EventPull, PulledEvent
from doitui_core.db.models import Doi, Event, Job, Record
from doitui_core.domain.event import EventValue
from doitui_core.domain.pulled_events import OwnEvents
from doitui_core.errors import RemoteFailed
from doitui_core.events import pulling, usage_refresh
from doitui_core.events.pulling import PullResult

MINE = "https://doi.org/10.5072/h/2026/ms-1"
PAPER = "https://doi.org/10.1000/182"

Tell = Callable[..., str]
Pull = Callable[..., PullResult]


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

    def run(api: Any = sandbox, own: OwnEvents | None = None, **options: Any) -> PullResult:
        repository = office.doi().repository
        own = own or pulling.own_events(repositories.config(repository))
        return pulling.pull(ask(api), repository, own, **options)

    return run


def test_who_cites_us_is_stored(tell: Tell, pull: Pull, office: Any) -> None:
    uuid = tell(PAPER, "cites", MINE, total=3, when="2019-03-02T10:00:00Z")
    result = pull()

    row = PulledEvent.get()
    stored = row.uuid, row.subj_id, row.relation_type_id, row.obj_id, row.source_id, row.total, row.doi_id
    assert (result, stored) == (PullResult(stored=1), (uuid, PAPER, "cites", MINE, "crossref", 3, office.doi().id))
    assert row.occurred_at.isoformat() == "2019-03-02T10:00:00+00:00"


def test_it_is_no_event_of_ours(tell: Tell, pull: Pull, office: Any) -> None:
    tell(PAPER, "cites", MINE)
    pull()

    assert (Event.select().count(), Job.select().where(Job.kind == "event").count()) == (0, 0)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ((PAPER, "cites", "https://doi.org/10.5072/others"), "other_dois"),
        ((MINE, "references", PAPER, "datacite-related"), "ours"),
        ((MINE, "references", PAPER, "datacite-crossref"), "ours"),
        ((MINE, "references", PAPER, "doitui"), "ours"),
    ],
)
def test_what_is_not_by_others_about_us_is_ignored(tell: Tell, pull: Pull, event: tuple[str, ...], reason: str) -> None:
    tell(*event[:3], source=event[3] if event[3:] else "crossref")

    assert (pull(), PulledEvent.select().count()) == (PullResult(ignored=Counter({reason: 1})), 0)


def test_others_may_say_that_we_are_cited(tell: Tell, pull: Pull) -> None:
    tell(MINE, "is-cited-by", PAPER)

    assert pull() == PullResult(stored=1)


def test_datacite_metadata_of_others_that_names_us_is_stored(tell: Tell, pull: Pull) -> None:
    tell(PAPER, "references", MINE, source="datacite-related")

    assert pull() == PullResult(stored=1)


def test_another_user_of_doitui_who_cites_us_is_not_taken_for_us(tell: Tell, pull: Pull) -> None:
    tell(PAPER, "cites", MINE, source="doitui")

    assert pull() == PullResult(stored=1)


def test_a_source_token_of_our_own_is_recognised(tell: Tell, pull: Pull) -> None:
    tell(PAPER, "cites", MINE)

    assert pull(own=OwnEvents(token="theirs")).ignored == {"ours": 1}


@pytest.mark.parametrize("older", [False, True])
def test_usage_is_not_asked_for(tell: Tell, pull: Pull, office: Any, sandbox: Sandbox, older: bool) -> None:
    office.view(3)
    usage_refresh.refresh()
    row = office.event()
    # `tell` swaps what is usage, as everything that goes out.
    ends = (row.obj_id, row.subj_id) if older else (row.subj_id, row.obj_id)
    tell(ends[0], row.relation_type_id, ends[1], source=row.source_id, total=3)

    assert (pull(), PulledEvent.select().count()) == (PullResult(), 0)


def test_a_server_that_ignores_the_question_is_no_reason_to_store_usage(pull: Pull, api: Any) -> None:
    stored = {"subjId": "https://x.org/r", "objId": MINE, "sourceId": "datacite-usage", "total": 4}
    api.events["u"] = stored | {"relationTypeId": "unique-dataset-requests-regular"}

    assert pull(api) == PullResult(ignored=Counter({"no_link": 1}))


def test_the_same_again_is_nothing_new(tell: Tell, pull: Pull) -> None:
    tell(PAPER, "cites", MINE)
    pull()

    assert (pull(), PulledEvent.select().count()) == (PullResult(unchanged=1), 1)


def test_another_total_is_stored(tell: Tell, pull: Pull) -> None:
    tell(PAPER, "cites", MINE)
    pull()
    tell(PAPER, "cites", MINE, total=5)

    assert (pull(), PulledEvent.get().total) == (PullResult(updated=1), 5)


def test_what_we_have_sent_ourselves_is_ignored(pull: Pull, office: Any, sandbox: Sandbox) -> None:
    office.reach(sandbox.url, token=False)
    office.keep(PAPER)
    office.work()

    assert (pull(), PulledEvent.select().count()) == (PullResult(ignored=Counter({"ours": 1})), 0)


def test_what_somebody_typed_in_here_is_ignored_whatever_its_source(tell: Tell, pull: Pull, office: Any) -> None:
    office.keep(PAPER, total=2)
    Event.update(dedupe_hash=EventValue(PAPER, "cites", MINE, "crossref").dedupe_hash).execute()
    tell(PAPER, "cites", MINE)

    assert pull().ignored == {"ours": 1}


def test_an_event_between_two_of_ours_belongs_to_the_cited_one(tell: Tell, pull: Pull, office: Any) -> None:
    cited = office.doi("ms-2")
    tell(MINE, "references", "https://doi.org/10.5072/h/2026/ms-2")

    assert (pull(), PulledEvent.get().doi_id) == (PullResult(stored=1), cited.id)


def test_an_archive_without_public_dois_asks_nothing(tell: Tell, pull: Pull, sandbox: Sandbox) -> None:
    tell(PAPER, "cites", MINE)
    Record.update(published=False).execute()
    sandbox.requests.clear()

    assert (pull(), sandbox.requests.entries()) == (PullResult(), [])


def test_every_prefix_is_asked_for(tell: Tell, pull: Pull, office: Any) -> None:
    for number, prefix in enumerate(("10.5072", "10.50721", "10.8")):
        row = office.doi(f"ms-{number + 1}")
        Doi.update(doi=f"{prefix}/x", folded=f"{prefix}/x").where(Doi.id == row.id).execute()

    assert pulling.prefixes(row.repository_id) == ["10.5072", "10.50721", "10.8"]


def fill(api: Any, start: int, end: int) -> None:
    for number in range(start, end):
        stored = {"subjId": f"https://doi.org/10.1000/{number}", "objId": MINE, "sourceId": "crossref", "total": 1}
        api.events[f"00000000-0000-4000-8000-{number:012}"] = stored | {"relationTypeId": "cites"}


def test_all_pages_are_read(pull: Pull, api: Any) -> None:
    fill(api, 0, 2100)

    assert pull(api) == PullResult(stored=2100)


def test_only_the_last_two_pages_are_read_again(pull: Pull, api: Any) -> None:
    fill(api, 0, 5100)
    pull(api)
    api.seen.clear()
    fill(api, 5100, 5200)

    assert (pull(api), len(api.seen)) == (PullResult(stored=100, unchanged=1100), 2)


def test_all_is_read_again_when_it_is_asked_for(pull: Pull, api: Any) -> None:
    fill(api, 0, 3100)
    pull(api)
    PulledEvent.delete().where(PulledEvent.id == 1).execute()

    assert pull(api, full=True) == PullResult(stored=1, unchanged=3099)


def test_a_pull_that_breaks_off_is_continued(pull: Pull, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(api, 0, 4100)

    def stop(read: int) -> None:
        if PulledEvent.select().count() == 3000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(api, step=stop)
    api.seen.clear()

    assert (pull(api), len(api.seen)) == (PullResult(stored=1100, unchanged=2000), 4)


def test_a_new_doi_is_asked_for_by_name(pull: Pull, api: Any, office: Any) -> None:
    fill(api, 0, 3100)
    late = "https://doi.org/10.5072/h/2026/ms-2"
    stored = {"subjId": PAPER, "objId": late, "sourceId": "crossref", "relationTypeId": "cites", "total": 1}
    api.events = {"00000000-0000-4000-9000-000000000000": stored} | api.events
    pull(api)
    number = office.doi("ms-2").id
    api.seen.clear()
    result = pull(api)

    assert api.seen[0].asked["doi"] == "10.5072/h/2026/ms-2"
    assert result.stored == PulledEvent.select().where(PulledEvent.doi_id == number).count() == 1
    assert "doi" not in pulled_again(pull, api)


def pulled_again(pull: Pull, api: Any) -> set[str]:
    """The parameters of the next pull's requests."""
    api.seen.clear()
    pull(api)
    return {name for seen in api.seen for name in seen.asked}


def test_many_new_dois_are_not_asked_for_by_name(
    pull: Pull, api: Any, office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "BY_NAME", 1)
    pull(api)
    for number in (2, 3):
        office.doi(f"ms-{number}")

    assert "doi" not in pulled_again(pull, api)
    assert EventPull.get().newest_doi_id == office.doi("ms-3").id


def test_a_dry_run_counts_and_stores_nothing(tell: Tell, pull: Pull) -> None:
    tell(PAPER, "cites", MINE)

    assert pull(dry_run=True) == PullResult(stored=1)
    assert (PulledEvent.select().count(), EventPull.select().count()) == (0, 0)


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
def test_what_cannot_be_stored_is_ignored(pull: Pull, api: Any, strange: dict[str, Any]) -> None:
    stored = {"subjId": PAPER, "objId": MINE, "sourceId": "crossref", "relationTypeId": "cites", "total": 1}
    api.events["00000000-0000-4000-8000-000000000000"] = stored | strange

    assert pull(api) == PullResult(ignored=Counter({"unusable": 1}))


@pytest.mark.parametrize("total", [None, 0, -4, 2**70, "many", True])
def test_a_total_that_is_none_counts_as_one(pull: Pull, api: Any, total: Any) -> None:
    stored = {"subjId": PAPER, "objId": MINE, "sourceId": "crossref", "relationTypeId": "cites", "total": total}
    api.events["00000000-0000-4000-8000-000000000000"] = stored
    pull(api)

    assert PulledEvent.get().total == 1


def test_a_server_without_events_is_reported(pull: Pull, saying: Any) -> None:
    with pytest.raises(RemoteFailed, match="not the Events API's own answer"):
        pull(saying(200, "<html>"))
