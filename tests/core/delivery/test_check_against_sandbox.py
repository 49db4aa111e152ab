"""What the check lets pass, the sandbox takes; what the check refuses, it refuses: over REST and over MDS."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_core.datacite.mds import MdsClient
from doitui_core.datacite.mds_states import Call
from doitui_core.datacite.rest import RestClient
from doitui_core.dois import doi_rows, targets
from doitui_core.errors import InvalidMetadata
from doitui_core.metadata import build, to_xml, validate
from doitui_core.metadata.from_json import canonical
from doitui_core.metadata.kernel4 import VOCABULARIES
from doitui_core.operations import doi_actions
from doitui_core.records import record_lookup

from .conftest import ACCOUNTS, COMPLETE

PAGE = "https://archive.example.org/1"
POINT = {"pointLongitude": 1.5, "pointLatitude": 2.5}
CORNERS = [{"polygonPoint": {"pointLongitude": x, "pointLatitude": y}} for x, y in ((0, 0), (0, 1), (1, 1), (0, 0))]
RELATED = {"relatedIdentifier": "10.5072/x", "relatedIdentifierType": "DOI", "relationType": "Cites"}
ITEM = {"relatedItemType": "Text", "relationType": "Cites", "titles": [{"title": "T"}]}

#: Changes of a complete document; None takes a block away.
DOCUMENTS: dict[str, dict[str, Any]] = {
    "complete": {},
    "no landing page": {"url": None},
    "blank in the page": {"url": "https://a.example.org/a b"},
    "path only": {"url": "/1"},
    "no scheme": {"url": "archive.example.org/4"},
    "javascript": {"url": "javascript:alert(1)"},
    "scheme only": {"url": "http://"},
    "no host": {"url": "https:///1"},
    "port only": {"url": "https://:80/1"},
    "scheme in capitals": {"url": "HTTPS://archive.example.org/1"},
    "overlong page": {"url": PAGE + "x" * 70_000},
    "long page": {"url": PAGE + "x" * 3_000},
    "credentials": {"url": "https://jo:pw@archive.example.org/1"},
    "international host": {"url": "https://bücher.example.org/1"},
    "international path": {"url": "https://archive.example.org/Äpfel"},
    "no-break space": {"url": "https://archive.example.org/a\u00a0b"},
    "ftp": {"url": "ftp://archive.example.org/1"},
    "own DOI": {"url": "https://doi.org/10.5072/1"},
    "content": {"contentUrl": ["https://archive.example.org/1.pdf", "s3://bucket/1", "gs://b/1", "dos://b/1"]},
    "content without scheme": {"contentUrl": ["archive.example.org/1.pdf"]},
    "content as file": {"contentUrl": ["https://a.example.org/1", "file:///1.pdf"]},
    "content with blank": {"contentUrl": ["https://archive.example.org/a b"]},
    "content as text": {"contentUrl": "mailto:a@example.org"},
    "content and formats that are no media types": {"contentUrl": ["https://a.example.org/1"], "formats": ["PDF"]},
    "year 0000": {"publicationYear": "0000"},
    "year 0": {"publicationYear": 0},
    "year 0099": {"publicationYear": "0099"},
    "year 999": {"publicationYear": 999},
    "year 1000": {"publicationYear": "1000"},
    "year 9999": {"publicationYear": 9999},
    "year 10000": {"publicationYear": 10_000},
    "year 1e999": {"publicationYear": "1e999"},
    "year 1e3": {"publicationYear": "1e3"},
    "year 2020.5": {"publicationYear": 2020.5},
    "year 2020.0": {"publicationYear": 2020.0},
    "year as text 2020.0": {"publicationYear": "2020.0"},
    "year -2020": {"publicationYear": -2020},
    "year as text -2020": {"publicationYear": "-2020"},
    "year with blanks": {"publicationYear": " 2020 "},
    "year in other digits": {"publicationYear": "２０２０"},
    "year true": {"publicationYear": True},
    "year of a related item": {"relatedItems": [ITEM | {"publicationYear": "0099"}]},
    "year of a related item, two digits": {"relatedItems": [ITEM | {"publicationYear": "99"}]},
    "year of a related item, a number": {"relatedItems": [ITEM | {"publicationYear": 99}]},
    "no creator": {"creators": None},
    "creator without name": {"creators": [{"nameType": "Personal"}]},
    "contributor without name": {"contributors": [{"contributorType": "Editor"}]},
    "contributor with family name": {"contributors": [{"contributorType": "Editor", "familyName": "Doe"}]},
    "contributor with given name": {"contributors": [{"contributorType": "Editor", "givenName": "Jo"}]},
    "no title": {"titles": None},
    "empty title": {"titles": [{"lang": "en"}]},
    "title in en_US": {"titles": [{"title": "T", "lang": "en_US"}]},
    "publisher in en_US": {"publisher": {"name": "P", "lang": "en_US"}},
    "creator in en_US": {"creators": [{"name": "P", "lang": "en_US"}]},
    "subject in en_US": {"subjects": [{"subject": "P", "lang": "en_US"}]},
    "rights in en_US": {"rightsList": [{"rights": "P", "lang": "en_US"}]},
    "description in en_US": {"descriptions": [{"description": "P", "descriptionType": "Other", "lang": "en_US"}]},
    "language en_US": {"language": "en_US"},
    "language pt-BR": {"language": "pt-BR"},
    "unknown title type": {"titles": [{"title": "T", "titleType": "Main"}]},
    "no publisher": {"publisher": None},
    "publisher with a city": {"publisher": {"name": "P", "city": "B"}},
    "no type": {"types": None},
    "type in lower case": {"types": {"resourceTypeGeneral": "dataset"}},
    "date without type": {"dates": [{"date": "2020"}]},
    "junk date": {"dates": [{"date": "soon", "dateType": "Issued"}]},
    "open date": {"dates": [{"date": "2020-01/", "dateType": "Coverage"}]},
    "related doi in lower case": {"relatedIdentifiers": [RELATED | {"relatedIdentifierType": "doi"}]},
    "related DOI that is none": {"relatedIdentifiers": [RELATED | {"relatedIdentifier": "see there"}]},
    "related without relation": {"relatedIdentifiers": [{"relatedIdentifier": "x", "relatedIdentifierType": "DOI"}]},
    "alternate identifier of type doi": {"identifiers": [{"identifier": "10.5072/y", "identifierType": "doi"}]},
    "alternate identifier without type": {"identifiers": [{"identifier": "7"}]},
    "scheme in lower case": {
        "creators": [
            {
                "name": "A",
                "nameIdentifiers": [{"nameIdentifier": "0000-0001-5109-3700", "nameIdentifierScheme": "orcid"}],
            }
        ]
    },
    "markup": {"titles": [{"title": "<i>a</i> &nbsp; x<y"}]},
    "rights too long": {"rightsList": [{"rights": "x" * 2_001}]},
    "funder without name": {"fundingReferences": [{"awardNumber": "1"}]},
    "funder identifier without type": {"fundingReferences": [{"funderName": "F", "funderIdentifier": "1"}]},
    "latitude 91": {"geoLocations": [{"geoLocationPoint": POINT | {"pointLatitude": 91}}]},
    "longitude in words": {"geoLocations": [{"geoLocationPoint": POINT | {"pointLongitude": "13 E"}}]},
    "half a point": {"geoLocations": [{"geoLocationPoint": {"pointLatitude": 1}}]},
    "half a box": {"geoLocations": [{"geoLocationBox": {"westBoundLongitude": 1}}]},
    "three corners": {"geoLocations": [{"geoLocationPolygon": CORNERS[:3]}]},
    "four corners": {"geoLocations": [{"geoLocationPolygon": CORNERS}]},
    "two inner points": {
        "geoLocations": [{"geoLocationPolygon": [*CORNERS, {"inPolygonPoint": POINT}, {"inPolygonPoint": POINT}]}]
    },
    "related item": {"relatedItems": [ITEM]},
    "related item without type": {"relatedItems": [{"relationType": "Cites"}]},
    "related item with contributor": {"relatedItems": [ITEM | {"contributors": [{"name": "A"}]}]},
    "related item in en_US": {"relatedItems": [ITEM | {"titles": [{"title": "T", "lang": "en_US"}]}]},
    "related item of unknown number type": {"relatedItems": [ITEM | {"number": "1", "numberType": "article"}]},
}
#: XML has no place for these, so MDS is not told.
NOT_OVER_MDS = ("contentUrl", "container")

#: Refused over REST only: our own XML makes a name of a given name, DataCite's does not.
NAMED_IN_XML = "contributor with given name"


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    document = {**COMPLETE, "url": PAGE, **changes}
    return {name: value for name, value in document.items() if value is not None}


def passes(document: dict[str, Any]) -> bool:
    known = canonical(document)
    return bool(known.get("url")) and not validate.errors(known, "findable")


@pytest.fixture(scope="module")
def datacite() -> Iterator[Sandbox]:
    with running_sandbox(ACCOUNTS) as sandbox:
        yield sandbox


_number = count(1)


def taken_over_rest(datacite: Sandbox, document: dict[str, Any]) -> bool:
    """What the client would send, without asking the check."""
    client = RestClient(datacite.url, "DEMO.REPO", ACCOUNTS[0].password, deadline=20)
    known = canonical(document)
    doi = f"10.5072/r{next(_number)}"
    sent = build.document(known, doi=doi, url=known.get("url")) | {"event": "publish"}
    return client.create(sent).status == 201


def taken_over_mds(datacite: Sandbox, document: dict[str, Any]) -> bool:
    client = MdsClient(datacite.url, "DEMO.REPO", ACCOUNTS[0].password, deadline=20)
    known = canonical(document)
    doi = f"10.5072/m{next(_number)}"
    url = known.get("url") or ""
    if client.send(client.request(Call.PUT_METADATA, doi, to_xml.render(known, doi=doi).decode())).status != 201:
        return False
    return bool(url) and not any(map(str.isspace, url)) and client.send(client.request(Call.PUT_URL, doi, url)).ok


def test_over_rest_the_sandbox_takes_what_the_check_lets_pass_and_nothing_else(datacite: Sandbox) -> None:
    documents = {name: changed(changes) for name, changes in DOCUMENTS.items()}
    wrong = {
        name: f"check {'ok' if passes(document) else 'error'}"
        for name, document in documents.items()
        if passes(document) != taken_over_rest(datacite, document)
    }
    assert wrong == {}


def test_over_mds_too(datacite: Sandbox) -> None:
    documents = {
        name: {block: value for block, value in changed(changes).items() if block not in NOT_OVER_MDS}
        for name, changes in DOCUMENTS.items()
        if name != NAMED_IN_XML
    }
    wrong = {
        name: f"check {'ok' if passes(document) else 'error'}"
        for name, document in documents.items()
        if passes(document) != taken_over_mds(datacite, document)
    }
    assert wrong == {}


@pytest.mark.parametrize("transport", ["rest", "mds"])
def test_whatever_may_be_minted_becomes_findable_and_nothing_is_refused(house: Any, transport: str) -> None:
    house.settings(transport=transport)
    minted, refused = [], []
    for number, changes in enumerate(DOCUMENTS.values()):
        house.record(str(number), **changed(changes))
        try:
            minted.append(doi_actions.mint(str(number)).doi.doi)
        except InvalidMetadata:
            refused.append(number)
    house.work()

    assert len(minted) + len(refused) == len(DOCUMENTS) >= 60
    assert [doi for doi in minted if doi_rows.find(doi).status != "findable"] == []
    assert [entry for entry in house.came_in() if entry[1] >= 400 and entry[0] != "GET"] == []


WORDS = st.sampled_from(["", "T", "a b", "x<y", "&nbsp;", "ä", "10.5072/x", "2020", "2020-01/", "en_US", "en"])
NUMBERS = st.sampled_from([0, 99, 2020, 2020.5, -5, 91, 181, "1.5", "x"])
TERMS = st.sampled_from([term for terms in VOCABULARIES.values() for term in terms[:3]] + ["doi", "orcid", "T"])
VALUES = st.one_of(WORDS, NUMBERS, TERMS, st.none())
MEMBERS = {
    "creators": "name givenName familyName nameType lang",
    "contributors": "name familyName nameType lang contributorType",
    "titles": "title titleType lang",
    "subjects": "subject lang subjectScheme valueUri",
    "dates": "date dateType dateInformation",
    "identifiers": "identifier identifierType",
    "relatedIdentifiers": "relatedIdentifier relatedIdentifierType relationType resourceTypeGeneral",
    "relatedItems": "relatedItemType relationType publicationYear volume numberType number",
    "rightsList": "rights rightsUri lang",
    "descriptions": "description descriptionType lang",
    "fundingReferences": "funderName funderIdentifier funderIdentifierType awardNumber",
}
ROWS = {
    block: st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(members.split(), VALUES)), max_size=2)
    for block, members in MEMBERS.items()
}
BLOCKS = {
    **ROWS,
    "publicationYear": NUMBERS | WORDS,
    "language": WORDS,
    "version": VALUES,
    "sizes": st.lists(VALUES, max_size=2),
    "types": st.fixed_dictionaries({}, optional={"resourceTypeGeneral": TERMS, "resourceType": WORDS}),
    "url": WORDS.map(lambda word: f"https://a.example.org/{word}") | WORDS,
    "contentUrl": st.lists(WORDS.map(lambda word: f"s3://{word}") | WORDS, max_size=2),
    "geoLocations": st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "geoLocationPlace": WORDS,
                "geoLocationPoint": st.fixed_dictionaries({}, optional=dict.fromkeys(POINT, NUMBERS)),
            },
        ),
        max_size=2,
    ),
}
CHANGES = st.sampled_from(sorted(BLOCKS)).flatmap(lambda block: st.tuples(st.just(block), BLOCKS[block]))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(CHANGES, min_size=1, max_size=3))
def test_over_rest_check_and_sandbox_agree_on_any_document(datacite: Sandbox, changes: list[tuple[str, Any]]) -> None:
    document = changed(dict(changes))
    assert passes(document) == taken_over_rest(datacite, document)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(CHANGES, min_size=1, max_size=3))
def test_over_mds_check_and_sandbox_agree_on_any_document(datacite: Sandbox, changes: list[tuple[str, Any]]) -> None:
    document = {name: value for name, value in changed(dict(changes)).items() if name not in NOT_OVER_MDS}
    assert passes(document) == taken_over_mds(datacite, document)


def test_a_stored_record_is_checked_with_the_page_of_its_repository(house: Any) -> None:
    house.record("a b")
    house.record("Ä")
    assert [targets.check(record_lookup.find(name)) for name in ("a b", "Ä")] == [[], []]
