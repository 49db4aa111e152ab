"""Whatever the check lets pass states events that can be kept and sent; nothing in it makes the derivation fail."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from doitui.web.events import event_input
from doitui_core.domain import event_ids, event_kinds
from doitui_core.domain.event import EventValue, from_text
from doitui_core.domain.event_ids import id_type
from doitui_core.events.derive import derive
from doitui_core.hub_store.event_input import build
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
    built = build(wish, None, "2026-01-01T00:00:00.000Z")
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


#: What becomes an event, by the list it stands in: the members with its identifier and its type, and who reads it.
READERS = {
    ("relatedIdentifiers", "DOI"): event_ids.doi_id,
    ("relatedIdentifiers", "URL"): event_ids.url_id,
    ("relatedIdentifiers", "arXiv"): event_ids.arxiv_id,
    ("relatedIdentifiers", "PMID"): event_ids.pmid_id,
    ("relatedIdentifiers", "Handle"): event_ids.handle_id,
    ("nameIdentifiers", "ORCID"): event_ids.orcid_id,
    ("affiliation", "ROR"): event_ids.ror_id,
    ("fundingReferences", "Crossref Funder ID"): event_ids.doi_id,
}
MEMBERS = {
    "relatedIdentifiers": ("relatedIdentifier", "relatedIdentifierType"),
    "nameIdentifiers": ("nameIdentifier", "nameIdentifierScheme"),
    "affiliation": ("affiliationIdentifier", "affiliationIdentifierScheme"),
    "fundingReferences": ("funderIdentifier", "funderIdentifierType"),
}


def identified(block: str, kind: str, value: str) -> dict[str, Any]:
    member, scheme = MEMBERS[block]
    row = {member: value, scheme: kind, "funderName": "F", "name": "A", "relationType": "Cites"}
    if block in ("nameIdentifiers", "affiliation"):
        return {**A_FUNDER_IN_CAPITALS, "fundingReferences": [], "creators": [{"name": "A", block: [row]}]}
    return {**A_FUNDER_IN_CAPITALS, "fundingReferences": [], block: [row]}


def is_lost_unsaid(block: str, kind: str, value: str) -> bool:
    """Whether the identifier becomes no event although there is nothing to say about it."""
    attributes = canonical(identified(block, kind, value))
    if any(finding.path.endswith(MEMBERS[block]) for finding in validate.check(attributes)):
        return False
    if not value.strip():
        return False  # there is no identifier
    events = derive(attributes, DOI, source=SOURCE, on=ON, account="DEMO.REPO")
    return [event.obj_id for event in events] != [event_ids.canonical(READERS[block, kind](value))]


WRITTEN = (
    *("10.5072/a", "doi:10.5072/a", "doi: 10.5072/a", "https://doi.org/10.5072/A", "http://dx.doi.org/10.5072/a"),
    *(
        "https://doi.org/doi:10.5072/a",
        "https://doi.org/10.5072%2Fa",
        "https://doi.org/10.5072/#a",
        "10.5072/%20",
        "10.5/a",
    ),
    *(
        "https://www.doi.org/10.5072/a?x=1",
        "https://handle.test.datacite.org/10.5072/a",
        "doi.org/10.5072/a",
        "10.5072/",
    ),
    *("https://doi.org/10.13039/501100000780", "10.13039/501100000780", "501100000780", "10.13039/x", "10.5072/?a"),
    *(
        "https://orcid.org/0000-0002-1825-0097",
        "0000-0002-1825-0097",
        "0000000218250097",
        "orcid.org/0000-0002-1825-0097",
    ),
    *("0000 0002 1825 0097", "http://www.orcid.org/0000-0002-1825-0097", "orcid:0000-0002-1825-0097"),
    *("https://orcid.org/0000-0002-1825-0097/", "0000-0002-1694-233x", "https://orcid.org/000000021694233X"),
    *("https://ror.org/03yrm5c26", "ror.org/03yrm5c26", "03yrm5c26", "https://ror.org/03YRM5C26", "ror:03yrm5c26"),
    *(
        "https://example.org/a",
        "HTTPS://EXAMPLE.ORG",
        "http://[::1",
        "ftp://x/y",
        "gs://a",
        "www.example.org",
        "http://x y",
    ),
    *("https://a]b/", "http://\u200b", "//example.org", "mailto:a@example.org"),
    *(
        "arXiv:1501.00001",
        "1501.00001v2",
        "hep-th/9901001",
        "https://arxiv.org/abs/1501.00001",
        "arXiv:15.1",
        "arxiv.org/1501.1",
    ),
    *("PMID: 17", "pmid:17", "17", "https://pubmed.ncbi.nlm.nih.gov/17/", "PMC17", "17a", "1" * 12),
    *("hdl:20.5000/1", "https://hdl.handle.net/20.5000/1", "20.5000/1", "20.5000", "hdl.handle.net/1/2", "hdl:x/1"),
)


def test_an_identifier_about_which_nothing_is_said_becomes_an_event() -> None:
    lost = [(block, kind, value) for block, kind in READERS for value in WRITTEN if is_lost_unsaid(block, kind, value)]
    assert lost == []


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(READERS)), TEXTS)
def test_any_identifier_about_which_nothing_is_said_becomes_an_event(place: tuple[str, str], value: str) -> None:
    assert not is_lost_unsaid(*place, value)
