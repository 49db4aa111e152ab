"""Which events of an Events API others made about our DOIs."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.domain import event_ids, pulled_events
from doitui_core.domain.pulled_events import OwnEvents, PulledKind

MINE, TWO = "https://doi.org/10.5072/a", "https://doi.org/10.5072/b"
PAPER = "https://doi.org/10.1000/182"
OURS = frozenset({MINE, TWO})
OWN = OwnEvents(frozenset({"doitui", "doitui-counter"}), "s3cret")


def an_event(subj: str, relation: str, obj: str, source: str = "crossref", **more: Any) -> dict[str, Any]:
    ends = {"subj_id": subj, "relation_type_id": relation, "obj_id": obj, "source_id": source}
    return {"id": "7B0C2F0E-3D5A-4C1E-9D0A-6F2F0E7A1B2C", **ends} | more


def kind(*ends: str, **more: Any) -> PulledKind:
    found = pulled_events.read(an_event(*ends, **more))
    return pulled_events.kind(found, OURS.intersection(found.ends if found else ()), OWN)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ((PAPER, "references", MINE), PulledKind.STORED),
        ((PAPER, "references", MINE, "datacite-related"), PulledKind.STORED),
        ((PAPER, "cites", MINE, "doitui"), PulledKind.STORED),
        ((MINE, "is-cited-by", PAPER), PulledKind.STORED),
        (("https://blog.example.org/1", "references", MINE, "newsfeed"), PulledKind.STORED),
        ((MINE, "references", PAPER, "datacite-crossref"), PulledKind.OURS),
        ((MINE, "references", TWO, "datacite-related"), PulledKind.OURS),
        ((MINE, "references", PAPER, "doitui"), PulledKind.OURS),
        (
            (MINE, "is-authored-by", "https://orcid.org/0000-0002-1825-0097", "datacite-orcid-auto-update"),
            PulledKind.NO_LINK,
        ),
        (("https://x.org/r", "unique-dataset-requests-regular", MINE, "datacite-usage"), PulledKind.NO_LINK),
        ((PAPER, "references", "https://doi.org/10.5072/others"), PulledKind.OTHER_DOIS),
        ((PAPER, "references", ""), PulledKind.UNUSABLE),
    ],
)
def test_each_event_is_of_one_kind(event: tuple[str, ...], expected: PulledKind) -> None:
    assert kind(*event) is expected


def test_an_event_with_our_own_token_is_ours() -> None:
    assert kind(PAPER, "references", MINE, source_token="s3cret") is PulledKind.OURS


def test_an_event_under_our_uuid_is_ours_whatever_its_source_is_now() -> None:
    uuid = event_ids.event_uuid(event_ids.dedupe_hash(MINE, "references", PAPER, "doitui"))

    assert kind(MINE, "references", PAPER, "renamed", id=uuid) is PulledKind.OURS


def test_ids_come_in_canonical_form() -> None:
    found = pulled_events.read(an_event("doi:10.1000/ABC", "cites", "http://dx.doi.org/10.5072/A"))

    assert found is not None
    assert (found.subj_id, found.obj_id, found.uuid) == (
        "https://doi.org/10.1000/abc",
        MINE,
        an_event("", "", "")["id"].lower(),
    )


@pytest.mark.parametrize(("said", "micros"), [("1970-01-01T00:00:01Z", 1_000_000), ("soon", 0), (None, 0), (7, 0)])
def test_a_time_that_is_none_is_unknown(said: object, micros: int) -> None:
    found = pulled_events.read(an_event(PAPER, "cites", MINE, occurred_at=said))

    assert found is not None
    assert found.occurred_at == micros


@pytest.mark.parametrize(("relation", "cited"), [("cites", MINE), ("is-cited-by", PAPER), ("is-derived-from", MINE)])
def test_the_cited_end_comes_first(relation: str, cited: str) -> None:
    found = pulled_events.read(an_event(PAPER, relation, MINE))

    assert found is not None
    assert found.ends[0] == cited
