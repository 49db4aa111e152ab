"""Which events a document states: a table, and what is said of both ends."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.config import settings
from doitui_core.domain import event_kinds
from doitui_core.domain.event import EventValue
from doitui_core.errors import InvalidDoi
from doitui_core.events.derive import derive
from doitui_core.metadata.from_json import canonical

DOI = "10.5072/Harbour-1"
ME = "https://doi.org/10.5072/harbour-1"
ON = event_kinds.parse_kinds(settings.TABLE["event_sources_on"].default)

CURIE = "https://orcid.org/0000-0002-1825-0097"
DOE = "https://orcid.org/0000-0001-5109-3700"
CDL = "https://ror.org/03yrm5c26"
DATACITE = "https://ror.org/04wxnsj81"
FUNDER = "https://doi.org/10.13039/501100000780"


def related(relation: str, identifier: str, kind: str = "DOI") -> dict[str, Any]:
    return {"relationType": relation, "relatedIdentifier": identifier, "relatedIdentifierType": kind}


def creator(*orcids: str, rors: tuple[str, ...] = (), scheme: str = "ORCID", ror: str = "ROR") -> dict[str, Any]:
    return {
        "name": "Doe, Jo",
        "nameIdentifiers": [{"nameIdentifier": orcid, "nameIdentifierScheme": scheme} for orcid in orcids],
        "affiliation": [
            {"name": "CDL", "affiliationIdentifier": one, "affiliationIdentifierScheme": ror} for one in rors
        ],
    }


def funder(identifier: str, kind: str = "Crossref Funder ID") -> dict[str, Any]:
    return {"funderName": "EC", "funderIdentifier": identifier, "funderIdentifierType": kind}


def document(
    works: list[dict[str, Any]] | None = None,
    creators: list[dict[str, Any]] | None = None,
    funders: list[dict[str, Any]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    blocks = {"relatedIdentifiers": works, "creators": creators, "fundingReferences": funders}
    return canonical(blocks | more)


def stated(attributes: dict[str, Any], on: str = settings.TABLE["event_sources_on"].default) -> list[tuple[str, str]]:
    """(relation, object) of each event."""
    events = derive(attributes, DOI, source="doitui", on=event_kinds.parse_kinds(on))
    return [(event.relation_type_id, event.obj_id) for event in events]


X = "https://doi.org/10.1234/x"
PART = related("IsPartOf", "10.1234/x")

CASES: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("nothing related", document(), []),
    ("a DOI", document([related("IsSupplementTo", "10.1234/X")]), [("is-supplement-to", X)]),
    ("a DOI as an address", document([related("Cites", "https://dx.doi.org/10.1234/x")]), [("cites", X)]),
    ("an address", document([related("IsDocumentedBy", "https://E.org/A?utm_medium=m#p", "URL")]), [
        ("is-documented-by", "https://e.org/a")]),
    ("an address that is a DOI", document([related("Cites", "https://doi.org/10.1234/x", "URL")]), [("cites", X)]),
    ("an address of another scheme", document([related("Cites", "mailto:a@e.org", "URL")]), []),
    ("no DOI where one is said to be", document([related("Cites", "see there")]), []),
    ("a type that Event Data has not", document([related("IsPartOf", "1234-5679", "ISSN")]), []),
    ("types that are off by default", document([
        related("Cites", "arXiv:2301.01234", "arXiv"), related("Cites", "12082125", "PMID"),
        related("Cites", "20.500.1/ab", "Handle")]), []),
    ("the same twice", document([related("Cites", "10.1234/x"), related("Cites", "doi:10.1234/X")]), [("cites", X)]),
    ("two relations to one work", document([related("Cites", "10.1234/x"), related("References", "10.1234/x")]), [
        ("cites", X), ("references", X)]),
    ("a relation in four words", document([related("IsVariantFormOf", "10.1234/x")]), [("is-variant-form-of", X)]),
    ("a relation in one word", document([related("Other", "10.1234/x")]), [("other", X)]),
    ("a relation that is none", document([related("Mentions", "10.1234/x")]), []),
    ("an ORCID", document(creators=[creator("0000-0002-1825-0097")]), [("is-authored-by", CURIE)]),
    ("an ORCID with its host", document(creators=[creator("http://orcid.org/0000-0002-1825-0097")]), [
        ("is-authored-by", CURIE)]),
    ("two ORCIDs of one creator", document(creators=[creator(CURIE, DOE)]), [("is-authored-by", CURIE)]),
    ("two creators", document(creators=[creator(CURIE), creator(DOE)]), [
        ("is-authored-by", CURIE), ("is-authored-by", DOE)]),
    ("one creator twice", document(creators=[creator(CURIE), creator(CURIE)]), [("is-authored-by", CURIE)]),
    ("another scheme of people", document(creators=[creator(CURIE, scheme="ISNI")]), []),
    ("a first ORCID that is none", document(creators=[creator("0000", CURIE)]), []),
    ("a creator without ids", document(creators=[{"name": "Doe, Jo", "affiliation": ["CDL"]}]), []),
    ("a ROR, and no ORCID", document(creators=[creator(rors=(CDL,))]), [("is-authored-at", CDL)]),
    ("a ROR without its host", document(creators=[creator(rors=("03yrm5c26",))]), []),
    ("another scheme of institutions", document(creators=[creator(rors=(CDL,), ror="GRID")]), []),
    ("two RORs of one creator, one shared", document(creators=[creator(rors=(CDL, DATACITE)), creator(rors=(CDL,))]), [
        ("is-authored-at", CDL), ("is-authored-at", DATACITE)]),
    ("contributors", document(contributors=[{"contributorType": "Editor", **creator(CURIE, rors=(CDL,))}]), []),
    ("a funder", document(funders=[funder("https://doi.org/10.13039/501100000780")]), [("is-funded-by", FUNDER)]),
    ("a funder as a bare DOI", document(funders=[funder("10.13039/501100000780")]), [("is-funded-by", FUNDER)]),
    ("a funder as a bare number", document(funders=[funder("501100000780")]), []),
    ("a funder with a ROR id", document(funders=[funder(CDL, "ROR")]), []),
    ("a DOI that is no Crossref funder", document(funders=[funder("10.13039/501100000780", "Other")]), []),
    ("a funder without an id", document(funders=[{"funderName": "EC"}]), []),
    ("two grants of one funder", document(funders=[funder(FUNDER), funder(FUNDER)]), [("is-funded-by", FUNDER)]),
    ("a part: works and funders only", document([PART], [creator(CURIE, rors=(CDL,))], [funder(FUNDER)]), [
        ("is-part-of", X), ("is-funded-by", FUNDER)]),
    ("a part of what is no work", document([related("IsPartOf", "1234-5679", "ISSN")], [creator(CURIE)]), []),
    ("a whole", document([related("HasPart", "10.1234/x")], [creator(CURIE)]), [
        ("has-part", X), ("is-authored-by", CURIE)]),
]  # fmt: skip


@pytest.mark.parametrize(("attributes", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_document_states(attributes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert stated(attributes) == expected


@pytest.mark.parametrize("creators", [[creator(CURIE)], [creator(rors=(CDL,))]], ids=["authors", "affiliations"])
@pytest.mark.parametrize(
    ("relation", "kebab"),
    [
        ("IsIdenticalTo", "is-identical-to"),
        ("IsPartOf", "is-part-of"),
        ("IsPreviousVersionOf", "is-previous-version-of"),
        ("IsVersionOf", "is-version-of"),
    ],
)
def test_what_another_doi_claims_already_is_suppressed(
    relation: str, kebab: str, creators: list[dict[str, Any]]
) -> None:
    attributes = document([related("Cites", "10.1234/x"), related(relation, "10.1234/x")], creators)

    assert stated(attributes) == [("cites", X), (kebab, X)]


@pytest.mark.parametrize("relation", ["HasVersion", "IsNewVersionOf", "HasPart", "IsSupplementTo", "IsVariantFormOf"])
def test_no_other_relation_suppresses(relation: str) -> None:
    events = stated(document([related(relation, "10.1234/x")], [creator(CURIE, rors=(CDL,))]))

    assert events[1:] == [("is-authored-by", CURIE), ("is-authored-at", CDL)]


EVERYTHING = document(
    [
        related("Cites", "10.1234/x"),
        related("Cites", "https://e.org/a", "URL"),
        related("Cites", "arXiv:2301.01234", "arXiv"),
        related("Cites", "12082125", "PMID"),
        related("Cites", "20.500.1/ab", "Handle"),
    ],
    [creator(CURIE, rors=(CDL,))],
    [funder(FUNDER)],
)


@pytest.mark.parametrize(
    ("on", "objects"),
    [
        ("works", [X, "https://e.org/a"]),
        ("arxiv", ["https://arxiv.org/abs/2301.01234"]),
        ("pmid", ["https://identifiers.org/pubmed:12082125"]),
        ("handle", ["https://hdl.handle.net/20.500.1/ab"]),
        ("authors", [CURIE]),
        ("affiliations", [CDL]),
        ("funders", [FUNDER]),
        ("usage", []),
        ("none", []),
    ],
)
def test_each_kind_is_switched_on_by_itself(on: str, objects: list[str]) -> None:
    assert [obj for _, obj in stated(EVERYTHING, on)] == objects


def only(attributes: dict[str, Any], **more: str) -> EventValue:
    (event,) = derive(attributes, DOI, source="doitui", on=ON, **more)
    return event


def test_the_subject_is_described_as_datacite_does() -> None:
    attributes = document(
        [related("IsSupplementTo", "10.1234/X"), related("IsPartOf", "1234-5679", "ISSN")],
        types={"resourceTypeGeneral": "Text"},
        dates=[{"date": "2026", "dateType": "Created"}, {"date": "2026-05-01", "dateType": "Issued"}],
    )

    assert only(attributes, account="DEMO.REPO").payload["subj"] == {
        "@id": ME,
        "@type": "ScholarlyArticle",
        "datePublished": "2026-05-01",
        "proxyIdentifiers": ["10.1234/X", "1234-5679"],
        "registrantId": "datacite.demo.repo",
    }


def test_what_is_not_known_of_the_subject_is_left_out() -> None:
    assert only(document([related("Cites", "10.1234/x")])).payload["subj"] == {"@id": ME}


@pytest.mark.parametrize(
    ("attributes", "obj"),
    [
        (
            document([related("Cites", "10.1234/x") | {"resourceTypeGeneral": "Dataset"}]),
            {"@id": X, "@type": "Dataset"},
        ),
        (document([related("Cites", "10.1234/x") | {"resourceTypeGeneral": "Model"}]), {"@id": X}),
        (document(creators=[creator(CURIE)]), {"@id": CURIE, "@type": "Person"}),
        (document(creators=[creator(rors=(CDL,))]), {"@id": CDL, "@type": "Organization", "name": "CDL"}),
        (document(funders=[funder(FUNDER)]), {"@id": FUNDER, "@type": "Funder", "name": "EC"}),
    ],
)
def test_the_object_is_described(attributes: dict[str, Any], obj: dict[str, str]) -> None:
    assert only(attributes).payload["obj"] == obj


def test_an_event_says_whose_it_is_and_when() -> None:
    event = only(document([related("Cites", "10.1234/x")]), occurred_at="2026-05-01T00:00:00Z")

    told = event.subj_id, event.source_id, event.occurred_at, event.total, event.obj_type
    assert told == (ME, "doitui", "2026-05-01T00:00:00Z", 1, "doi")


def test_without_a_doi_there_is_no_event() -> None:
    with pytest.raises(InvalidDoi, match=r"'harbour' is not a DOI"):
        derive({}, "harbour", source="doitui", on=ON)


@pytest.mark.parametrize("odd", ["\x00", "\x1b", "\x7f", "\ud800"])
def test_what_no_database_keeps_as_an_id_states_nothing(odd: str) -> None:
    document = {
        "relatedIdentifiers": [
            related("Cites", f"10.5072/a{odd}b"),
            related("Cites", f"https://a.example.org/{odd}", "URL"),
            related("Cites", "10.5072/good"),
        ]
    }
    assert [event.obj_id for event in derive(canonical(document), DOI, source="s", on=ON)] == [
        "https://doi.org/10.5072/good"
    ]
