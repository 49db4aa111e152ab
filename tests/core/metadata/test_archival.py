"""Kernel-4 from an archival description."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from doitui_core.errors import BadInput
from doitui_core.metadata import archival, archival_dates, archival_keys, from_json, to_xml, validate


def built(**description: Any) -> dict[str, Any]:
    return archival.attributes(description, object_id="7", year=2026, publisher="Hollin Archive")


#: A value of each key, and the block that it becomes, as it stands in the document.
BLOCKS: dict[str, tuple[Any, str, Any]] = {
    "doi": ("10.5072/x", "doi", "10.5072/x"),
    "url": ("https://example.org/7", "url", "https://example.org/7"),
    "title": (" Letters ", "titles", [{"title": "Letters"}]),
    "alternative_titles": (
        "Briefe",
        "titles",
        [{"title": "Information object 7"}, {"title": "Briefe", "titleType": "AlternativeTitle"}],
    ),
    "actors": (
        [{"name": "Brandt, Ida", "type": "person", "orcid": "0000000218250097", "affiliation": "Hollin University"}],
        "creators",
        [
            {
                "name": "Brandt, Ida",
                "nameType": "Personal",
                "nameIdentifiers": [
                    {
                        "nameIdentifier": "https://orcid.org/0000-0002-1825-0097",
                        "nameIdentifierScheme": "ORCID",
                        "schemeUri": "https://orcid.org",
                    }
                ],
                "affiliation": [{"name": "Hollin University"}],
            }
        ],
    ),
    "events": (
        {"type": "Creation", "start": "1902-05-01", "end": "1904-00-00", "date": "1902 to 1904"},
        "dates",
        [{"date": "1902-05-01/1904", "dateType": "Created", "dateInformation": "1902 to 1904"}],
    ),
    "publisher": (
        {"name": "City", "ror": "https://ror.org/04wxnsj81"},
        "publisher",
        {
            "name": "City",
            "publisherIdentifier": "https://ror.org/04wxnsj81",
            "publisherIdentifierScheme": "ROR",
            "schemeUri": "https://ror.org",
        },
    ),
    "publication_year": ("1950", "publicationYear", 1950),
    "scope_and_content": ("A", "descriptions", [{"description": "A", "descriptionType": "Abstract"}]),
    "archival_history": ("B", "descriptions", [{"description": "B", "descriptionType": "Other"}]),
    "acquisition": ("C", "descriptions", [{"description": "C", "descriptionType": "Other"}]),
    "notes": (["D"], "descriptions", [{"description": "D", "descriptionType": "Other"}]),
    "resource_type": ("Image", "types", {"resourceTypeGeneral": "Image"}),
    "level": ("Fonds", "types", {"resourceType": "Fonds"}),
    "extent": (["3 boxes"], "sizes", ["3 boxes"]),
    "language": (["fr", "en"], "language", "fr"),
    "subjects": (
        ["Art", {"subject": "Trade", "scheme": "LCSH", "value_uri": "https://id.example.org/1"}],
        "subjects",
        [
            {"subject": "Art"},
            {"subject": "Trade", "subjectScheme": "LCSH", "valueUri": "https://id.example.org/1"},
        ],
    ),
    "names": (["Curie, Marie", "Curie, Marie"], "subjects", [{"subject": "Curie, Marie"}]),
    "genres": ("Photographs", "subjects", [{"subject": "Photographs"}]),
    "places": (
        [
            "Hollin",
            {"name": "Paris", "point": {"latitude": "48.9", "longitude": 2.4}},
            {"box": {"west": 1, "east": 2, "south": 3, "north": 4}},
        ],
        "geoLocations",
        [
            {"geoLocationPlace": "Hollin"},
            {"geoLocationPlace": "Paris", "geoLocationPoint": {"pointLatitude": 48.9, "pointLongitude": 2.4}},
            {
                "geoLocationBox": {
                    "westBoundLongitude": 1.0,
                    "eastBoundLongitude": 2.0,
                    "southBoundLatitude": 3.0,
                    "northBoundLatitude": 4.0,
                }
            },
        ],
    ),
    "identifiers": (
        [112, {"identifier": "X", "type": "Former number"}],
        "identifiers",
        [{"identifier": "112", "identifierType": "Local"}, {"identifier": "X", "identifierType": "Former number"}],
    ),
    "derivatives": (
        "https://example.org/7.jpg",
        "relatedIdentifiers",
        [
            {
                "relationType": "IsVariantFormOf",
                "relatedIdentifierType": "URL",
                "relatedIdentifier": "https://example.org/7.jpg",
            }
        ],
    ),
    "exhibitions": (
        [{"identifier": "https://doi.org/10.5072/show"}, {"identifier": "ark:/12148/b1", "type": "ark"}],
        "relatedIdentifiers",
        [
            {
                "relationType": "IsReferencedBy",
                "relatedIdentifierType": "DOI",
                "relatedIdentifier": "https://doi.org/10.5072/show",
            },
            {"relationType": "IsReferencedBy", "relatedIdentifierType": "ARK", "relatedIdentifier": "ark:/12148/b1"},
        ],
    ),
    "rights": (
        {"text": "CC BY", "uri": "https://example.org/by"},
        "rightsList",
        [{"rights": "CC BY", "rightsUri": "https://example.org/by"}],
    ),
    "funding": (
        {"funder_name": "DFG", "funder_identifier": "https://ror.org/018mejw64", "award_number": "1"},
        "fundingReferences",
        [
            {
                "funderName": "DFG",
                "funderIdentifier": "https://ror.org/018mejw64",
                "awardNumber": "1",
                "funderIdentifierType": "ROR",
            }
        ],
    ),
}


def test_each_key_becomes_its_block() -> None:
    assert set(BLOCKS) == set(archival_keys.KEYS) - {"parent"}
    wrong = {}
    for key, (value, block, expected) in BLOCKS.items():
        found = built(**{key: value}).get(block)
        if found != expected:
            wrong[key] = found
    assert wrong == {}


def test_a_description_without_data_has_only_the_mandatory_blocks() -> None:
    assert built(title="", events=[], places=None, notes=[""]) == {
        "creators": [{"name": "Hollin Archive", "nameType": "Organizational"}],
        "titles": [{"title": "Information object 7"}],
        "publicationYear": 2026,
    }


def test_its_own_publisher_is_the_single_creator() -> None:
    assert [row["name"] for row in built(publisher={"name": "City"})["creators"]] == ["City"]


def test_everything_at_once_is_valid_for_datacite_and_the_official_schema(shared: Path) -> None:
    values = {key: value for key, (value, _, _) in BLOCKS.items()} | {"publisher": "City", "resource_type": "Image"}
    square = [{"latitude": a, "longitude": b} for a, b in ((0, 0), (0, 1), (1, 1), (1, 0))]
    values["places"] = [*values["places"], {"polygon": square, "inside": {"latitude": 0.5, "longitude": 0.5}}]
    found = archival.attributes(values, object_id="7", year=2026)
    assert json.dumps(from_json.canonical(found)) == json.dumps(found)
    assert [(note.code, note.path) for note in validate.check(found)] == []
    xsd = etree.XMLSchema(etree.parse(str(shared / "data" / "kernel-4" / "metadata.xsd")))
    assert xsd.validate(etree.fromstring(to_xml.render(found, doi="10.5072/x"))), xsd.error_log


@pytest.mark.parametrize(
    ("kind", "block", "row"),
    [
        ("creation", "creators", {"name": "A"}),
        ("Accumulation", "creators", {"name": "A"}),
        ("publication", "contributors", {"name": "A", "contributorType": "Distributor"}),
        ("custody", "contributors", {"name": "A", "contributorType": "Other"}),
    ],
)
def test_what_an_actor_did_decides_where_he_stands(kind: str, block: str, row: dict[str, str]) -> None:
    assert built(events=[{"type": kind, "actor": "A"}, {"type": kind, "actor": "A"}])[block] == [row]


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        ({"type": "Corporate body"}, {"nameType": "Organizational"}),
        ({"type": "family"}, {}),
        ({"given_name": "Ida"}, {"nameType": "Personal", "givenName": "Ida"}),
        ({}, {}),
    ],
)
def test_the_type_of_a_name_is_only_what_is_known(actor: dict[str, str], expected: dict[str, str]) -> None:
    assert built(actors=[{"name": "A", **actor}])["creators"] == [{"name": "A", **expected}]


def test_a_role_makes_an_actor_a_contributor() -> None:
    found = built(actors=[{"name": "A", "role": "editor"}, {"name": "B", "role": "creator"}])
    assert [row["contributorType"] for row in found["contributors"]] == ["Editor"]
    assert [row["name"] for row in found["creators"]] == ["B"]


def test_a_wrong_orcid_stays_for_the_validation_to_name() -> None:
    found = built(actors=[{"name": "A", "orcid": "0000-0002-1825-0098"}], title="A")
    assert "checksum" in {note.code for note in validate.check(found)}


def test_an_open_polygon_is_closed() -> None:
    points = [{"latitude": a, "longitude": b} for a, b in ((0, 0), (0, 1), (1, 1))]
    (row,) = built(places=[{"polygon": points}])["geoLocations"]
    assert len(row["geoLocationPolygon"]) == 4
    assert row["geoLocationPolygon"][0] == row["geoLocationPolygon"][-1]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"start": "1902"}, "1902"),
        ({"start": 1902, "end": 1902}, "1902"),
        ({"start": "2016-00-00", "end": "2016-12-31"}, "2016/2016-12-31"),
        ({"end": "1950"}, "unknown/1950"),
        ({"date": "1902-05"}, "1902-05"),
        ({"date": "ca. 1902"}, "1902~"),
        ({"date": "circa 1902"}, "1902~"),
        ({"date": "1902 - 1910"}, "1902/1910"),
        ({"date": "1910-1902"}, "1910-1902"),
        ({"date": "before the war"}, "before the war"),
        ({"start": "0000-00-00"}, "0000"),
        ({"type": "creation"}, ""),
    ],
)
def test_dates_are_written_as_datacite_documents_them(event: dict[str, Any], expected: str) -> None:
    tidy = archival_keys.tidy({"events": [event]}).get("events", [{}])[0]
    assert archival_dates.when(tidy) == expected


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([{"start": "1950"}, {"type": "Publication", "start": "1902-05-01"}], 1902),
        ([{"start": "1902", "end": "1950"}], 1902),
        ([{"type": "custody", "start": "1700"}, {"date": "ca. 1850"}], 1850),
        ([{"start": "-0500"}], 2026),
        ([{"start": "0850"}], 2026),
        ([{"start": "-1500"}], 2026),
        ([], 2026),
    ],
)
def test_the_year_is_the_earliest_of_creation_and_publication(events: list[Any], expected: int) -> None:
    assert built(events=events)["publicationYear"] == expected


@pytest.mark.parametrize(
    ("description", "message"),
    [
        ({"titel": "A"}, "description has the unknown key 'titel': did you mean 'title'?"),
        ({"zzz": 1}, "description has the unknown key 'zzz': use doi, url, title"),
        ({"title": ["A"]}, "description.title is ['A'], of type list: it must be text"),
        ({"title": True}, "description.title is True, of type bool: it must be text"),
        ({"actors": [{"nam": "A"}]}, "description.actors[0] has the unknown key 'nam': did you mean 'name'?"),
        ({"actors": [{"orcid": "x"}]}, "description.actors[0] has no name: fill it in or remove the entry"),
        ({"actors": [[]]}, "description.actors[0] is [], of type list: it must be a text or an object with name, type"),
        ({"actors": [{"name": "A", "role": "boss"}]}, "description.actors[0].role is 'boss': it must be creator, Con"),
        ({"events": [{"actor": {"name": "A", "type": "dog"}}]}, "description.events[0].actor.type is 'dog': it must b"),
        ({"events": "1902"}, "description.events[0] is '1902', of type str: it must be an object"),
        ({"publication_year": 99}, "description.publication_year is 99, of type int: it must be a year from 1000 to"),
        ({"places": [{"point": {"latitude": 1}}]}, "description.places[0].point has no longitude"),
        ({"places": [{"box": {"west": 1}}]}, "description.places[0].box has no east and no south and no north"),
        ({"places": [{"point": {"latitude": "N", "longitude": 1}}]}, "point.latitude is 'N', of type str: it must be"),
        ({"derivatives": ["boat"]}, "description.derivatives[0].identifier is 'boat', no DOI and no URL: give its ty"),
        ({"funding": [{"award_number": "1"}]}, "description.funding[0] has no funder_name"),
    ],
)
def test_what_a_description_cannot_be_is_named_in_one_line(description: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as caught:
        built(**description)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
