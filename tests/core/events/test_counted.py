"""What was counted becomes events, with what there is since the beginning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox
from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Doi, Event, Job, Record, UsageCount
from doitui_core.dois import doi_rows
from doitui_core.domain.states import Remote
from doitui_core.events import usage_refresh
from doitui_core.events.store import StoreResult
from doitui_core.operations import change_settings
from doitui_core.records import publish_rules, records
from doitui_core.views import dashboard_counts

VIEWS, DOWNLOADS = "unique-dataset-investigations-regular", "unique-dataset-requests-regular"
PAGE = "https://archive.example.org/ms-1"


def told() -> dict[str, int]:
    """Totals by relation type."""
    return {row.relation_type_id: row.total for row in Event.select()}


def test_counts_of_many_days_are_one_total(office: Any) -> None:
    office.view(3, requests=1)
    office.view(4, days_ago=400, requests=2)
    usage_refresh.refresh()

    assert told() == {VIEWS: 7, DOWNLOADS: 3}


def test_the_object_is_the_landing_page(office: Any) -> None:
    office.view(3)
    usage_refresh.refresh()

    row = office.event()
    assert (row.subj_id, row.obj_id, row.obj_type) == ("https://doi.org/10.5072/h/2026/ms-1", PAGE, "url")


def test_usage_has_a_source_of_its_own(office: Any) -> None:
    office.settings(event_source_usage="brandt-archive")
    office.view(3)
    usage_refresh.refresh()

    assert office.event().source_id == "brandt-archive"


def test_what_is_new_is_queued(office: Any) -> None:
    office.view(3, requests=1)

    assert (usage_refresh.refresh(), dashboard_counts.events()["pending"]) == (StoreResult(new=2), 2)


def test_a_count_of_nought_is_not_reported(office: Any) -> None:
    office.view(3, requests=0)
    usage_refresh.refresh()

    assert told() == {VIEWS: 3}


def test_nothing_is_reported_without_counts(office: Any) -> None:
    office.doi()

    assert usage_refresh.refresh() == StoreResult()


def test_counts_that_have_grown_are_reported_with_their_new_total(office: Any) -> None:
    office.view(3)
    usage_refresh.refresh()
    office.view(5)

    assert (usage_refresh.refresh(), told()) == (StoreResult(grown=1), {VIEWS: 5})


def test_machines_are_reported_where_that_is_switched_on(office: Any) -> None:
    office.settings(event_sources_on="unique-dataset-investigations-machine")
    office.view(3)
    counts = {"access_method": "machine", "country": "DE", "source": "log", "unique_investigations": 8}
    UsageCount.create(day=20_000, doi=office.doi(), **counts)
    usage_refresh.refresh()

    assert told() == {"unique-dataset-investigations-machine": 8}


def test_countries_and_sources_are_summed(office: Any) -> None:
    office.view(3)
    for country in ("DE", "FR"):
        counts = {"access_method": "regular", "country": country, "source": "log", "unique_investigations": 10}
        UsageCount.create(day=20_000, doi=office.doi(), **counts)
    usage_refresh.refresh()

    assert told() == {VIEWS: 23}


@pytest.mark.parametrize("on", ["none", "works authors"])
def test_usage_that_is_switched_off_is_not_reported(office: Any, on: str) -> None:
    office.settings(event_sources_on=on)
    office.view(3)

    assert usage_refresh.refresh() == StoreResult()


def test_a_landing_page_that_has_moved_keeps_the_object(office: Any) -> None:
    office.view(3)
    usage_refresh.refresh()
    Doi.update(url="https://new.example.org/1").execute()
    office.view(5)
    usage_refresh.refresh()

    assert [(row.obj_id, row.total) for row in Event.select()] == [(PAGE, 5)]


def test_a_metric_that_comes_later_has_the_object_of_the_others(office: Any) -> None:
    office.view(3)
    usage_refresh.refresh()
    Doi.update(url="https://new.example.org/1").execute()
    office.view(3, requests=1)
    usage_refresh.refresh()

    assert {row.obj_id for row in Event.select()} == {PAGE}


def test_a_record_that_is_not_published_is_not_reported_of(office: Any) -> None:
    office.view(3)
    Record.update(published=False).execute()

    assert usage_refresh.refresh() == StoreResult()


@pytest.mark.parametrize(("remote", "number"), [("none", 0), ("draft", 0), ("unknown", 0), ("registered", 1)])
def test_only_dois_that_are_registered_are_reported_of(office: Any, remote: str, number: int) -> None:
    office.view(3)
    with database.write():
        row = doi_rows.lock(office.doi().id)
        doi_rows.write(row, replace(doi_rows.facts(row), remote=Remote(remote)), actor="test", action="test")

    assert usage_refresh.refresh().new == number


def test_counts_that_have_not_changed_cost_no_write(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    office.view(3, requests=1)
    usage_refresh.refresh()
    begun: list[str] = []
    execute = database.current().db.execute_sql
    monkeypatch.setattr(
        database.current().db, "execute_sql", lambda sql, *rest: (begun.append(sql), execute(sql, *rest))[1]
    )
    usage_refresh.refresh()

    assert [sql for sql in begun if not sql.startswith("SELECT")] == []


def test_every_repository_is_reported_of_by_its_own_rules(
    office: Any, a_record: Callable[..., Record], a_minted_doi: Callable[..., Doi]
) -> None:
    change_settings.save_repository("other", {"datacite_prefix": "10.5072", "event_sources_on": "none"})
    office.view(3, "ms-1")
    office.view(4, "ms-2")
    other = repositories.find("other")
    Doi.update(repository=other).where(Doi.doi == "10.5072/h/2026/ms-2").execute()
    usage_refresh.refresh()

    assert [row.total for row in Event.select()] == [3]


def test_more_dois_than_are_looked_at_in_one_go_are_all_reported(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_refresh, "AT_ONCE", 2)
    for number in range(5):
        office.view(number + 1, f"ms-{number}")

    assert (usage_refresh.refresh(), sorted(row.total for row in Event.select())) == (
        StoreResult(new=5),
        [1, 2, 3, 4, 5],
    )


# Of the last days only.


@pytest.mark.parametrize(("ago", "number"), [(0, 1), (34, 1), (35, 1), (37, 0)])
def test_of_the_last_days_only_what_was_used_then_is_reported(office: Any, ago: int, number: int) -> None:
    office.view(3, days_ago=ago)

    assert usage_refresh.refresh(35).new == number


def test_of_a_doi_that_was_used_lately_all_is_reported(office: Any) -> None:
    office.view(3)
    office.view(4, days_ago=400)
    usage_refresh.refresh(35)

    assert told() == {VIEWS: 7}


def test_changes_are_reported_and_not_kept(office: Any) -> None:
    office.view(3)
    found = [one.event.total for some in usage_refresh.changed_events() for one in some]

    assert (found, Event.select().count(), Job.select().where(Job.kind == "event").count()) == ([3], 0, 0)


def test_a_record_that_is_published_again_is_reported_of_with_all_it_had(office: Any) -> None:
    office.view(3)
    records.save("ms-1", metadata={}, repository="h", published=False)
    usage_refresh.refresh()
    office.view(5)
    records.save("ms-1", metadata={}, repository="h", published=True)
    usage_refresh.refresh()

    assert told() == {VIEWS: 5}


# As it is sent.


def test_the_doi_is_the_object_on_the_wire(office: Any, api: Any) -> None:
    office.reach(api.url)
    office.view(3)
    usage_refresh.refresh()
    office.work()

    row, (sent,) = office.event(), api.events.values()
    doi = "https://doi.org/10.5072/h/2026/ms-1"
    assert (row.subj_id, row.obj_id) == (doi, PAGE)
    ids = sent["subjId"], sent["objId"], sent["subj"]["@id"], sent["obj"]["@id"]
    assert ids == (PAGE, doi, PAGE, doi)


def test_datacite_attributes_the_views_to_our_doi(office: Any, sandbox: Sandbox, ask: Callable[..., Any]) -> None:
    office.reach(sandbox.url, token=False)
    office.view(3)
    usage_refresh.refresh()
    office.work()
    (page,) = ask(sandbox).all_pages({"relation_type_id": VIEWS})

    ((event,), told) = page.events, ("target_doi", "target_relation_type_id", "total")
    assert [event[name] for name in told] == ["10.5072/h/2026/ms-1", "views", 3]


def before_the_change(office: Any, api: Any) -> str:
    """An older version sent three views, the DOI as subject; the UUID."""
    office.reach(api.url)
    office.view(3)
    usage_refresh.refresh()
    office.work()
    row = office.event()
    api.events[row.uuid] |= {"subjId": row.subj_id, "objId": row.obj_id, "subj": {}, "obj": {}}
    api.seen.clear()
    office.clock.forward(days=2)
    return str(row.uuid)


def test_what_was_sent_in_the_old_order_is_not_sent_again(office: Any, api: Any) -> None:
    before_the_change(office, api)
    refreshed = usage_refresh.refresh()
    office.work()

    assert (refreshed, api.seen) == (StoreResult(), [])


def test_a_new_total_goes_out_in_the_new_order_under_the_same_uuid(office: Any, api: Any) -> None:
    uuid = before_the_change(office, api)
    office.view(5)
    usage_refresh.refresh()
    office.work()

    assert [(seen.method, seen.path) for seen in api.seen] == [("PUT", f"/events/{uuid}")]
    ((key, sent),) = api.events.items()
    assert (key, sent["objId"], sent["total"]) == (uuid, "https://doi.org/10.5072/h/2026/ms-1", 8)


def test_views_before_a_deletion_still_go_out(office: Any, api: Any) -> None:
    office.reach(api.url)
    office.view(3)
    publish_rules.delete(Record.get(), reason="withdrawn")
    usage_refresh.refresh()
    office.work()

    assert [sent["total"] for sent in api.events.values()] == [3]
