"""REST attributes in: every spelling ends in one form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_core.metadata.from_json import canonical, unknown
from doitui_core.metadata.kernel4 import ATTRIBUTES

NAMES = st.sampled_from(
    (
        *("name", "title", "affiliation", "nameIdentifiers", "identifier", "identifierType", "alternateIdentifier"),
        *("schemeURI", "geoLocationPlace", "geoLocationPoint", "geoLocationPolygon", "polygonPoint", "inPolygonPoint"),
        *("pointLongitude", "pointLatitude", "x"),
    )
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["1999", "DOI", "1.5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=25,
)
DOCUMENTS = st.dictionaries(st.sampled_from([*ATTRIBUTES, "alternateIdentifiers", "data", "x"]), JSON, max_size=6)
POINT = {"pointLongitude": 1.0, "pointLatitude": 2.0}


@given(DOCUMENTS)
def test_the_canonical_form_of_a_canonical_form_is_itself(document: dict[str, Any]) -> None:
    once = canonical(document)

    assert repr(canonical(once)) == repr(once)


@given(DOCUMENTS)
def test_a_canonical_form_has_no_unknown_names(document: dict[str, Any]) -> None:
    assert unknown(canonical(document)) == []


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param({"publisher": "P"}, {"publisher": {"name": "P"}}, id="publisher as text"),
        pytest.param(
            {"creators": [{"name": "A", "affiliation": ["U", {"name": "V"}]}]},
            {"creators": [{"name": "A", "affiliation": [{"name": "U"}, {"name": "V"}]}]},
            id="affiliations as text",
        ),
        pytest.param(
            {"creators": [{"name": "A", "affiliation": "U"}]},
            {"creators": [{"name": "A", "affiliation": [{"name": "U"}]}]},
            id="one affiliation",
        ),
        pytest.param(
            {"creators": [{"name": "A", "nameIdentifiers": {"nameIdentifier": "1"}}]},
            {"creators": [{"name": "A", "nameIdentifiers": [{"nameIdentifier": "1"}]}]},
            id="one name identifier",
        ),
        pytest.param({"publicationYear": " 2024 "}, {"publicationYear": 2024}, id="year as text"),
        pytest.param({"publicationYear": "0099"}, {"publicationYear": "0099"}, id="year with zeros"),
        pytest.param({"publicationYear": ":tba"}, {"publicationYear": ":tba"}, id="year that is none"),
        pytest.param({"version": 1}, {"version": "1"}, id="version as number"),
        pytest.param(
            {"geoLocations": [{"geoLocationPoint": {"pointLongitude": "1", "pointLatitude": 2}}]},
            {"geoLocations": [{"geoLocationPoint": POINT}]},
            id="coordinates as text",
        ),
        pytest.param(
            {"geoLocations": [{"geoLocationPolygon": {"polygonPoint": [POINT], "inPolygonPoint": POINT}}]},
            {"geoLocations": [{"geoLocationPolygon": [{"polygonPoint": POINT}, {"inPolygonPoint": POINT}]}]},
            id="polygon in the XML's shape",
        ),
        pytest.param(
            {"geoLocations": [{"geoLocationPolygon": [[{"polygonPoint": POINT}], [{"polygonPoint": POINT}]]}]},
            {"geoLocations": [{"geoLocationPolygon": [{"polygonPoint": POINT}]}] * 2},
            id="two polygons",
        ),
        pytest.param(
            {"geoLocations": [{"geoLocationPolygon": [{"inPolygonPoint": POINT}, POINT]}]},
            {"geoLocations": [{"geoLocationPolygon": [{"polygonPoint": POINT}, {"inPolygonPoint": POINT}]}]},
            id="bare points",
        ),
        pytest.param(
            {"alternateIdentifiers": [{"alternateIdentifier": "7", "alternateIdentifierType": "Local"}]},
            {"identifiers": [{"identifier": "7", "identifierType": "Local"}]},
            id="the alias",
        ),
        pytest.param(
            {
                "identifiers": [{"identifier": "7", "identifierType": "Local"}],
                "alternateIdentifiers": [{"alternateIdentifier": "7", "alternateIdentifierType": "Local"}],
            },
            {"identifiers": [{"identifier": "7", "identifierType": "Local"}]},
            id="both, as DataCite returns them",
        ),
        pytest.param(
            {"doi": "10.5072/a", "identifiers": [{"identifier": "10.5072/b", "identifierType": "DOI"}]},
            {"doi": "10.5072/a"},
            id="a DOI among the identifiers",
        ),
        pytest.param(
            {"identifiers": [{"identifier": "10.5072/b", "identifierType": "DOI"}]},
            {"doi": "10.5072/b"},
            id="Kernel JSON's own DOI",
        ),
        pytest.param(
            {"types": {"resourceTypeGeneral": "Text", "schemaOrg": "CreativeWork", "ris": "GEN"}},
            {"types": {"resourceTypeGeneral": "Text"}},
            id="derived types",
        ),
        pytest.param(
            {"state": "findable", "xml": "eA==", "viewCount": 3, "url": "https://a"},
            {"url": "https://a"},
            id="read-only",
        ),
        pytest.param(
            {"titles": [{"title": " T ", "lang": None}, {}], "sizes": [], "dates": None},
            {"titles": [{"title": "T"}]},
            id="empties",
        ),
        pytest.param(
            {"subjects": [{"subject": "s", "schemeURI": "u"}]},
            {"subjects": [{"subject": "s", "schemeUri": "u"}]},
            id="URI",
        ),
        pytest.param({"data": {"type": "dois", "attributes": {"version": "1"}}}, {"version": "1"}, id="JSON:API"),
        pytest.param(
            {"titles": "A title", "sizes": "1 MB", "types": 3},
            {"titles": "A title", "types": 3, "sizes": "1 MB"},
            id="wrong shapes stay",
        ),
    ],
)
def test_a_document_becomes_canonical(given: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert canonical(given) == wanted


def test_misspelt_and_foreign_names_are_reported_once() -> None:
    document = {
        "titels": [],
        "creators": [{"name": "A", "firstName": "a"}, {"name": "B", "firstName": "b"}],
        "types": {"ris": "GEN", "kind": "x"},
        "relatedItems": [{"creators": [{"nameIdentifiers": []}]}],
        "subjects": [{"schemeURI": "u"}],
        "viewCount": 3,
    }

    assert unknown(document) == ["titels", "creators.firstName", "types.kind", "relatedItems.creators.nameIdentifiers"]


def test_places_in_lists_of_lists_are_places() -> None:
    for places in ([[None]], [["a"], [[None]]], [None, "a"]):
        once = canonical({"geoLocations": [{"geoLocationPlace": places}]})
        assert canonical(once) == once
