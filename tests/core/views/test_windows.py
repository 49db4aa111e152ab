"""Windows into lists: from wherever one begins, in whichever order, no row is missed and none comes twice."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Doi, Job
from doitui_core.dois import doi_rows, reservations
from doitui_core.domain import job_kinds, states
from doitui_core.operations import doi_actions
from doitui_core.queue import jobs
from doitui_core.records import publish_rules
from doitui_core.views import filters, lists, text_search, windows
from doitui_core.views.filters import Filter
from doitui_core.views.windows import Window


@pytest.fixture
def house(a_minted_doi: Callable[..., Doi], a_record: Callable[..., Any], clock: Any) -> list[str]:
    """Ten DOIs, five minted (two in one moment), five reserved; in the order of the list."""
    minted = []
    for number in range(5):
        minted.append(a_minted_doi(f"m-{number}").doi)
        if number:
            clock.forward(minutes=1)
    reserved = [reservations.reserve(a_record(f"r-{number}")).doi for number in range(5)]
    return [*reversed(minted), *reversed(reserved)]


def names(rows: list[Any]) -> list[str]:
    return [row.doi for row in rows]


def everything() -> Window:
    return windows.dois(Filter())


def test_the_newest_mint_comes_first(house: list[str]) -> None:
    assert names(everything().after(None, 99)) == house


def paged(window: Window, size: int) -> list[str]:
    """The names of a list that is read on, some rows at a time."""
    found, key = list[str](), None
    while rows := window.after(key, size):
        found, key = found + names(rows), window.key(rows[-1])
    return found


@pytest.mark.parametrize("size", [1, 3, 7])
def test_pages_forwards_have_every_row_once(house: list[str], size: int) -> None:
    assert paged(everything(), size) == house


def test_the_ids_of_a_whole_list_are_those_of_its_rows(
    house: list[str], monkeypatch: pytest.MonkeyPatch, check_all: Callable[..., None]
) -> None:
    def check(page: int, typed: str) -> None:
        monkeypatch.setattr(windows, "PAGE", page)
        for order in windows.DOI_ORDERS:
            for backwards in (True, False):
                window = windows.dois(filters.parse(typed, "dois"), order=order, backwards=backwards)
                assert list(window.all_ids()) == [row.id for row in window.after(None, 99)]

    check_all(check, [1, 3, 10, 99], ["", "m-", "state:reserved", "doi:10.5072/h", "nowhere"])


def test_the_ids_of_a_list_may_be_narrowed(house: list[str]) -> None:
    found = windows.dois(Filter()).all_ids(Doi.remote == "none")
    assert set(found) == {row.id for row in Doi.select().where(Doi.remote == "none")} != set()


def test_pages_backwards_have_every_row_once(house: list[str]) -> None:
    window, found, key = everything(), [], None
    while rows := window.before(key, 3):
        found, key = rows + found, window.key(rows[0])
    assert names(found) == house


def test_a_key_is_left_out_unless_it_is_asked_for(house: list[str]) -> None:
    window = everything()
    key = window.at(4)
    assert (names(window.after(key, 1, including=True)), names(window.after(key, 1))) == ([house[4]], [house[5]])


@pytest.mark.parametrize("rank", [0, 4, 9])
def test_a_rank_leads_to_its_row(house: list[str], rank: int) -> None:
    window = everything()
    assert names(window.after(window.at(rank), 1, including=True)) == [house[rank]]


def test_behind_the_last_row_there_is_no_key(house: list[str]) -> None:
    assert everything().at(10) is None


def test_it_is_known_how_many_came_in_front(house: list[str], a_minted_doi: Callable[..., Doi]) -> None:
    window = everything()
    key = window.key(window.after(None, 1)[0])
    a_minted_doi("new")
    assert window.in_front(key) == 1


def test_the_other_end_is_the_same_list_backwards(house: list[str]) -> None:
    assert names(windows.dois(Filter(), backwards=False).after(None, 99)) == house[::-1]


def test_dois_can_be_read_in_the_order_of_their_strings(house: list[str]) -> None:
    assert names(windows.dois(Filter(), order="doi", backwards=False).after(None, 99)) == sorted(house)


FILTERS = {
    "": 10,
    "state:reserved": 5,
    "state:failed": 1,
    "state:pending": 0,
    "state:uncertain": 1,
    "state:changed": 0,
    "state:verified": 0,
    "opus:unregistered": 5,
    "opus:registered": 5,
    "repo:h": 10,
    "repo:nobody": 0,
    "published:no": 0,
    "doi:10.5072/H/2026/M-": 2,
    "10.5072/h/2027/r-3": 1,
    "r-3": 1,
    "notebooks": 10,
    "notebooks state:reserved": 5,
}


def test_a_filter_counts_what_it_shows(house: list[str], check_all: Callable[..., None]) -> None:
    with database.write():
        row = doi_rows.lock(Doi.get(Doi.doi == house[0]).id)
        doi_rows.write(row, states.timed_out(doi_rows.facts(row)), actor="test", action="update")
    doi_actions.mint("r-0")
    with database.write():
        jobs.count_move(Job.get(Job.status == "pending"), job_kinds.JobStatus.PENDING, job_kinds.JobStatus.FAILED)
        Job.update(status="failed").where(Job.status == "pending").execute()

    def check(typed: str) -> None:
        window = windows.dois(filters.parse(typed, "dois"))
        assert (window.count(), len(window.after(None, 99))) == (FILTERS[typed], FILTERS[typed])

    check_all(check, FILTERS)


@pytest.mark.parametrize("abandoned", [False, True])
def test_what_is_not_published_is_found_with_its_doi_whatever_became_of_that(house: list[str], abandoned: bool) -> None:
    row = Doi.get(Doi.doi == house[-1])
    publish_rules.publish(row.record, on=False)
    if abandoned:
        doi_actions.abandon(row.doi)
    window = windows.dois(filters.parse("published:no", "dois"))
    assert (names(window.after(None, 99)), window.count()) == ([row.doi], 1)


def test_what_a_mint_would_take_is_below_its_target(house: list[str]) -> None:
    window = windows.candidates(Filter(), "findable")
    assert [row.object_id for row in window.after(None, 99)] == [f"r-{number}" for number in range(5)]


def test_jobs_come_newest_first_and_by_status(house: list[str]) -> None:
    doi_actions.mint("r-0")
    pending = windows.jobs(filters.parse("status:pending", "jobs"))
    numbers = [row.id for row in windows.jobs(Filter()).after(None, 99)]
    assert (numbers, pending.count()) == (sorted(numbers, reverse=True), 1)


def test_a_row_says_what_stands_beside_its_doi(house: list[str]) -> None:
    row = everything().after(None, 1)[0]
    assert (row.object_id, row.repository, row.title, row.marks) == ("m-4", "h", "Notebooks", ())


def test_a_text_is_found_wherever_it_stands(
    house: list[str], monkeypatch: pytest.MonkeyPatch, check_all: Callable[..., None]
) -> None:
    def check(near: int, typed: str) -> None:
        monkeypatch.setattr(text_search, "NEAR", near)
        wanted = [name for name in house if typed in name]
        window = windows.dois(filters.parse(typed, "dois"))
        assert (paged(window, 2), names(window.before(None, 99)), window.count()) == (wanted, wanted, len(wanted))
        assert [row.doi for row in lists.dois(text=typed, limit=2).rows] == wanted[:2]

    check_all(check, [1, 3, 10_000], ["m-", "r-3", "m-0", "-2", "nowhere"])


@pytest.mark.parametrize("near", [1, 10_000])
@pytest.mark.parametrize("typed", ["burnt", "BURNT", "Übersee 100%", "ÜBERSEE 100%", "übersee_"])
def test_case_counts_for_other_letters_than_ascii_only_and_signs_stand_for_themselves(
    house: list[str], a_record: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, near: int, typed: str
) -> None:
    monkeypatch.setattr(text_search, "NEAR", near)
    titles = {"b-1": "Burnt Letters", "far": "Übersee 100%", "near": "übersee 1000"}
    made = [
        reservations.reserve(a_record(name, metadata={"titles": [{"title": title}]})) for name, title in titles.items()
    ]
    doi_actions.abandon(made[0].doi)
    window = windows.dois(filters.parse(typed, "dois"))
    found = {"burnt": ["b-1"], "BURNT": ["b-1"], "Übersee 100%": ["far"], "ÜBERSEE 100%": ["far"]}.get(typed, [])
    assert ([row.object_id for row in window.after(None, 9)], window.count()) == (found, len(found))


@pytest.mark.parametrize("near", [1, 10_000])
@pytest.mark.parametrize("typed", ["m-1", "M-1", "Creators is missing", "status:completed creators"])
def test_a_text_is_found_in_jobs_wherever_it_stands(
    house: list[str], monkeypatch: pytest.MonkeyPatch, near: int, typed: str
) -> None:
    monkeypatch.setattr(text_search, "NEAR", near)
    Job.update(last_error="422: creators is missing").where(Job.subject_id == Doi.get(Doi.doi == house[4]).id).execute()
    window = windows.jobs(filters.parse(typed, "jobs"))
    wanted = house[4:5] if "creators" in typed.lower() else [name for name in house if "m-1" in name]
    assert [row.doi for row in window.after(None, 9)] == wanted


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "window",
    [
        windows.dois(Filter()),
        windows.dois(Filter(), order="doi"),
        windows.dois(filters.parse("state:tombstone", "dois")),
        windows.dois(filters.parse("state:uncertain", "dois")),
        windows.jobs(Filter()),
        windows.jobs(filters.parse("status:failed", "jobs")),
        windows.jobs(filters.parse("cause:timeout", "jobs")),
        windows.events(Filter()),
        windows.events(filters.parse("state:failed", "events")),
    ],
)
def test_sqlite_finds_a_page_in_the_order_of_an_index(
    house: list[str], window: Window, caplog: pytest.LogCaptureFixture
) -> None:
    """It has no statistics that would tell it how long it takes to sort a table of ten million rows."""
    with caplog.at_level(logging.DEBUG, "peewee"):
        window.after(None, 5)
    ((statement, values),) = (record.msg for record in caplog.records)
    plan = database.current().db.execute_sql(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    (page,) = (number for number, _, _, step in plan if step.startswith("LIST SUBQUERY"))
    assert [step for _, above, _, step in plan if above == page and "TEMP B-TREE" in step] == []
