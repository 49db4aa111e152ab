"""One event by hand: what can be told, and what not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.db.models import Event, Record
from doitui_core.dois import reservations
from doitui_core.errors import BadInput, NotFound, Refused
from doitui_core.events import adding
from doitui_core.events.store import StoreResult

DOI = "10.5072/h/2026/ms-1"


@pytest.fixture
def ours(office: Any) -> Any:
    office.doi()
    return office


def test_an_event_by_hand_is_kept_and_queued(ours: Any) -> None:
    row, kept = adding.add(DOI, "is-cited-by", "10.1000/182")

    told = row.subj_id, row.relation_type_id, row.obj_id, row.obj_type, row.source_id, row.total, row.origin, row.state
    assert (kept, told) == (
        StoreResult(new=1),
        (f"https://doi.org/{DOI}", "is-cited-by", "https://doi.org/10.1000/182", "doi", "doitui", 1, "hand", "pending"),
    )


def test_ids_and_relation_are_taken_in_any_spelling(ours: Any) -> None:
    adding.add(f"https://doi.org/{DOI.upper()}", "IsCitedBy", "doi:10.1000/182")

    assert adding.add(DOI, "is-cited-by", "https://dx.doi.org/10.1000/182")[1] == StoreResult()


def test_the_same_with_another_total_has_the_new_total(ours: Any) -> None:
    adding.add(DOI, "is-cited-by", "10.1000/182")
    row, kept = adding.add(DOI, "is-cited-by", "10.1000/182", total=4)

    assert (row.total, kept, Event.select().count()) == (4, StoreResult(grown=1), 1)


def test_another_source_is_another_event(ours: Any) -> None:
    adding.add(DOI, "is-cited-by", "10.1000/182")
    adding.add(DOI, "is-cited-by", "10.1000/182", source="altmetrics")

    assert sorted(row.source_id for row in Event.select()) == ["altmetrics", "doitui"]


def test_when_it_happened_may_be_said(ours: Any) -> None:
    row, _ = adding.add(DOI, "is-cited-by", "10.1000/182", occurred_at="2026-05-01T02:00+02:00")

    assert row.occurred_at.isoformat() == "2026-05-01T00:00:00+00:00"


def test_who_added_it_stands_in_the_job(ours: Any) -> None:
    adding.add(DOI, "is-cited-by", "10.1000/182", actor="cli:jo")

    assert ours.job().actor == "cli:jo"


def test_it_goes_out(ours: Any, api: Any) -> None:
    ours.reach(api.url)
    row, _ = adding.add(DOI, "is-cited-by", "10.1000/182", total=2)
    ours.work()

    assert api.events[row.uuid]["total"] == 2


@pytest.mark.parametrize(
    ("about", "error", "says"),
    [
        (("10.5072/h/2026/nobody", "cites", "10.1/x"), NotFound, "10.5072/h/2026/nobody"),
        (("10.9999/others", "cites", "10.1/x"), NotFound, "10.9999/others"),
        (("harbour", "cites", "10.1/x"), NotFound, "harbour"),
        ((DOI, "mentions", "10.1/x"), BadInput, "'mentions' is not a relation type"),
        ((DOI, "", "10.1/x"), BadInput, "'' is not a relation type"),
        ((DOI, "cites", "  "), BadInput, "cannot be the object"),
        ((DOI, "cites", "a\nb"), BadInput, "cannot be the object"),
        ((DOI, "cites", "https://e.org/\udcff"), BadInput, "cannot be the object"),
    ],
)
def test_what_cannot_be_reported_is_refused(ours: Any, about: tuple[str, str, str], error: Any, says: str) -> None:
    with pytest.raises(error, match=says):
        adding.add(*about)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"total": 0}, "a total of 1 or more, not 0"),
        ({"total": -3}, "a total of 1 or more, not -3"),
        ({"source": "a\tb"}, "cannot be the source"),
        ({"occurred_at": "yesterday"}, "'yesterday' is not a time"),
        ({"occurred_at": "2026-05-01T00:00"}, "not a time with a time zone"),
    ],
)
def test_what_is_said_beside_must_make_sense(ours: Any, more: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        adding.add(DOI, "cites", "10.1234/x", **more)


def test_what_is_refused_leaves_nothing_behind(ours: Any) -> None:
    with pytest.raises(BadInput):
        adding.add(DOI, "cites", "10.1234/x", total=0)

    assert Event.select().count() == 0


def test_a_doi_that_is_reserved_only_is_not_reported_of(a_record: Callable[..., Record], office: Any) -> None:
    row = reservations.reserve(a_record("new"))

    with pytest.raises(Refused, match=f"{row.doi} is reserved: only registered or findable DOIs"):
        adding.add(row.doi, "cites", "10.1234/x")


def test_a_record_that_is_not_published_is_not_reported_of(ours: Any) -> None:
    Record.update(published=False).execute()

    with pytest.raises(Refused, match="of published records"):
        adding.add(DOI, "cites", "10.1234/x")


def test_to_check_an_event_keeps_nothing(ours: Any) -> None:
    told = adding.check(DOI, "cites", "10.1234/x")

    assert (told.event.relation_type_id, Event.select().count()) == ("cites", 0)
