"""With which DOIs a DOI is linked, and its usage and citations over time, in agreement with its counts."""

from __future__ import annotations

from doitui_core.hub_store.doi_counts import COUNTS, counts_for
from doitui_core.hub_store.doi_links import DoiLinks, links_for
from doitui_core.hub_store.event_store import EventStore

from .conftest import record, usage

A, B, C = (f"https://doi.org/10.5072/{name}" for name in "abc")
IDS = [f"10.5072/{name}" for name in "abc"]


def test_lists_and_times_agree_with_the_counts(events: EventStore) -> None:
    """A link counts once, in the year it was first reported; usage is that of the source that has most."""
    at = {"occurred_at": "2025-01-01T00:00:00.000Z"}
    events.recount(
        [
            record(1, subj_id=B, obj_id=A, relation_type_id="references", source_id="crossref"),
            record(2, subj_id=B, obj_id=A, relation_type_id="cites", **at),
            record(3, subj_id=C, obj_id=A, relation_type_id="cites"),
            record(4, subj_id=A, obj_id="https://example.org", relation_type_id="references"),
            record(5, subj_id=B, obj_id=A, relation_type_id="is-part-of"),
            record(6, subj_id=A, obj_id=C, relation_type_id="has-version"),
            usage(7, subj_id="https://hub.example.org/reports/7", obj_id=A, total=5),
            usage(8, subj_id="https://hub.example.org/reports/8", obj_id=A, total=4, **at),
            usage(9, subj_id="https://hub.example.org/reports/9", obj_id=A, total=2, **at),
            usage(10, obj_id=A, source_id="archive", total=3),
            usage(11, obj_id=A, relation_type_id="unique-dataset-requests-regular", total=1),
        ]
    )
    links, counts = links_for(events.hub, IDS), counts_for(events.hub, IDS)
    assert links["10.5072/a"] == DoiLinks(
        {"citations": ["10.5072/b", "10.5072/c"], "parts": ["10.5072/b"], "versions": ["10.5072/c"]},
        {"2025-01": 6, "2026-05": 5},
        {"2026-05": 1},
        {"2025": 1, "2026": 1},
    )
    for doi in IDS:
        found = links[doi]
        numbers = {name: len(found.related.get(name, ())) for name in COUNTS}
        numbers |= {"views": sum(found.views.values()), "downloads": sum(found.downloads.values())}
        assert {COUNTS[name]: number for name, number in numbers.items()} == counts[doi]


def test_a_doi_without_events_is_linked_with_nothing(events: EventStore) -> None:
    assert links_for(events.hub, ["10.5072/none"]) == {"10.5072/none": DoiLinks()}
