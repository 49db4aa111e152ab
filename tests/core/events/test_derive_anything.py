"""Whatever the check lets pass states events that can be kept and sent; nothing in it makes the derivation fail."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from doitui.web.events import event_input
from doitui_core.domain import event_kinds
from doitui_core.domain.event import EventValue, from_text
from doitui_core.domain.event_ids import id_type
from doitui_core.events.derive import derive
from doitui_core.metadata import validate
from doitui_core.metadata.from_json import canonical
from doitui_core.metadata.kernel4 import VOCABULARIES

ON = event_kinds.parse_kinds(" ".join(event_kinds.EventKind))
DOI = "10.5072/Harbour-1"
SOURCE = "datacite-related"

IDS = st.sampled_from(
    [
        *("10.5072/a", "https://doi.org/10.5072/B", "10.13039/501100000780", "501100000780", "10.5072/a b", "10.1/"),
        *("https://orcid.org/0000-0002-1825-0097", "0000 0001 5109 3700", "https://ror.org/03yrm5c26", "04wxnsj81"),
        *("https://a.example.org/?utm=1&ref=2#x", "http://[::1", "https://a]b/", "ftp://x", "s3://b/\u00e4"),
        *("arXiv:1501.00001", "hep-th/9901001v2", "PMID: 17", "hdl:20.5000/1", "20.1000/\u200b5", "", " "),
    ]
)
#: Any JSON text: control characters and half characters too.
NOISE = st.sampled_from(["\x00", "\x1b", "\ud800", "\u200b", "\x7f", "x", "/"]) | st.text(
    st.characters(codec=None), max_size=4
)
TEXTS = st.one_of(IDS, NOISE, st.tuples(IDS, NOISE).map("".join), st.tuples(NOISE, IDS).map("".join))


def rows(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries(required, optional=optional), max_size=3)


def term(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(VOCABULARIES[name])


SCHEMES = st.sampled_from(["ORCID", "orcid", "ROR", "ror", "ISNI"])
CREATOR = {
    "name": TEXTS,
    "nameIdentifiers": rows({}, {"nameIdentifier": TEXTS, "nameIdentifierScheme": SCHEMES}),
    "affiliation": rows({}, {"name": TEXTS, "affiliationIdentifier": TEXTS, "affiliationIdentifierScheme": SCHEMES}),
}
DOCUMENTS = st.fixed_dictionaries(
    {
        "creators": rows({}, CREATOR).filter(bool),
        "titles": st.just([{"title": "T"}]),
        "publisher": st.just({"name": "P"}),
        "publicationYear": st.just(2026),
        "types": st.fixed_dictionaries({"resourceTypeGeneral": term("resourceTypeGeneral")}),
    },
    optional={
        "relatedIdentifiers": rows(
            {"relatedIdentifierType": term("relatedIdentifierType"), "relationType": term("relationType")},
            {"relatedIdentifier": TEXTS, "resourceTypeGeneral": term("resourceTypeGeneral")},
        ),
        "fundingReferences": rows(
            {"funderName": st.just("F"), "funderIdentifierType": term("funderIdentifierType")},
            {"funderIdentifier": TEXTS},
        ),
        "dates": rows({"dateType": term("dateType")}, {"date": TEXTS}),
    },
)


def is_kept(event: EventValue) -> bool:
    """By the rules of `event add`, which raise; the hash tells that it is the same event."""
    same = from_text(event.subj_id, event.relation_type_id, event.obj_id, event.source_id)
    return same.dedupe_hash == event.dedupe_hash


def _as_datacite_writes(event_id: str) -> str:
    return event_id.lower() if id_type(event_id) == "doi" else event_id


def is_sendable(event: EventValue) -> bool:
    """By the sandbox's: it would keep the ids as they are.

    DataCite also lowers letters beyond ASCII. We do not: they tell DOIs apart, and a request names exactly one DOI.
    """
    attributes = {
        "subj-id": event.subj_id,
        "obj-id": event.obj_id,
        "source-id": event.source_id,
        "source-token": "t",
        "relation-type-id": event.relation_type_id,
        "subj": event.payload["subj"],
        "obj": event.payload["obj"],
    }
    wish = event_input.read_event_input(
        {"data": {"id": event.uuid, "attributes": attributes}}, event_input.ApiVersion(1)
    )
    built = event_input.build(wish, None, "2026-01-01T00:00:00.000Z")
    return (built.subj_id, built.obj_id) == (event.subj_id, _as_datacite_writes(event.obj_id))


A_DOI_AS_HANDLE = {
    "creators": [{"name": "10.5072/a"}],
    "titles": [{"title": "T"}],
    "publisher": {"name": "P"},
    "publicationYear": 2026,
    "types": {"resourceTypeGeneral": "Audiovisual"},
    "relatedIdentifiers": [
        {"relatedIdentifierType": "Handle", "relationType": "IsCitedBy", "relatedIdentifier": "10.5072/a"}
    ],
}

A_FUNDER_IN_CAPITALS = {
    "creators": [{"name": "N"}],
    "titles": [{"title": "T"}],
    "publisher": {"name": "P"},
    "publicationYear": 2026,
    "types": {"resourceTypeGeneral": "Text"},
    "fundingReferences": [
        {"funderName": "F", "funderIdentifierType": "Crossref Funder ID", "funderIdentifier": "10.5072/a\u00c0\u0130"}
    ],
}


@settings(max_examples=400, deadline=None)
@example(A_DOI_AS_HANDLE)
@example(A_FUNDER_IN_CAPITALS)
@given(DOCUMENTS)
def test_what_validates_survives_the_derivation_of_its_events(document: dict[str, Any]) -> None:
    attributes = canonical(document)
    if any(finding.level == "error" for finding in validate.check(attributes)):
        return
    events = derive(attributes, DOI, source=SOURCE, on=ON, account="DEMO.REPO", occurred_at="2026-01-01T00:00:00Z")
    assert [event for event in events if not is_kept(event)] == []
    assert [event for event in events if not is_sendable(event)] == []
