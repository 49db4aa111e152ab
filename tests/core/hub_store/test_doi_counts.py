"""How often a DOI is cited: each link once, whoever gives it and in whichever direction."""

from __future__ import annotations

from doitui_core.hub_store.doi_counts import count_for
from doitui_core.hub_store.event_store import EventStore

from .conftest import record, usage

A, B, C = (f"https://doi.org/10.5072/{name}" for name in "abc")


def test_a_link_counts_once(events: EventStore) -> None:
    given = [
        record(1, subj_id=B, obj_id=A, relation_type_id="references", source_id="datacite-related"),
        record(2, subj_id=B, obj_id=A, relation_type_id="references", source_id="crossref"),
        record(3, subj_id=A, obj_id=B, relation_type_id="is-referenced-by"),
        record(4, subj_id=B, obj_id=A, relation_type_id="cites"),
        record(5, subj_id=C, obj_id=A, relation_type_id="cites"),
        record(6, subj_id=A, obj_id=C, relation_type_id="is-supplemented-by"),
        record(7, subj_id=A, obj_id="https://example.org", relation_type_id="references"),
    ]
    events.recount(given)
    counts = count_for(events.hub, "10.5072/A")
    assert (counts["citationCount"], counts["referenceCount"]) == (2, 1)


def test_views_are_summed_over_the_months_of_the_source_that_has_most(events: EventStore) -> None:
    reports = [usage(n, subj_id=f"https://hub.example.org/reports/{n}", obj_id=A, total=5) for n in range(3)]
    counted_here = usage(9, subj_id="https://archive.example.org/1", obj_id=A, source_id="archive", total=12)
    machine = usage(8, obj_id=A, total=99, relation_type_id="unique-dataset-investigations-machine")
    events.recount([*reports, counted_here, machine])
    assert count_for(events.hub, "10.5072/a")["viewCount"] == 15


def test_parts_and_versions_are_counted_from_both_ends(events: EventStore) -> None:
    events.recount(
        [
            record(1, subj_id=B, obj_id=A, relation_type_id="is-part-of"),
            record(2, subj_id=A, obj_id=B, relation_type_id="has-part"),
            record(3, subj_id=A, obj_id=C, relation_type_id="is-version-of"),
        ]
    )
    whole, part, version = (count_for(events.hub, f"10.5072/{name}") for name in "abc")
    assert (whole["partCount"], whole["versionOfCount"] + whole["versionCount"]) == (1, 1)
    assert (part["partOfCount"], version["versionOfCount"] + version["versionCount"]) == (1, 1)


def test_a_doi_without_events_counts_nothing(events: EventStore) -> None:
    assert set(count_for(events.hub, "10.5072/none").values()) == {0}
