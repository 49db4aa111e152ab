"""Findings: what is an error, what a warning, and what the words are."""

from __future__ import annotations

import json
from copy import deepcopy
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_core.metadata import validate
from doitui_core.metadata.from_json import canonical
from doitui_core.metadata.kernel4 import ATTRIBUTES, VOCABULARIES, Record, Rows
from doitui_core.metadata.validate import check

GOOD: dict[str, Any] = {
    "creators": [{"name": "Doe, Jo"}],
    "titles": [{"title": "A set"}],
    "publisher": {"name": "Repo"},
    "publicationYear": 2026,
    "types": {"resourceTypeGeneral": "Dataset"},
}
POINT = {"pointLongitude": 1.0, "pointLatitude": 2.0}
CORNERS = [{"polygonPoint": {"pointLongitude": x, "pointLatitude": y}} for x, y in ((0, 0), (0, 1), (1, 1), (0, 0))]
PERSON = {"name": "Doe, Jo", "contributorType": "Editor"}
RELATION = {"relatedIdentifier": "10.5072/a", "relatedIdentifierType": "DOI", "relationType": "Cites"}
ITEM = {"relatedItemType": "Text", "relationType": "Cites", "titles": [{"title": "T"}]}
ORCID = {"nameIdentifier": "0000-0001-5727-2427", "nameIdentifierScheme": "ORCID"}


def found(changes: dict[str, Any], target: str = "findable") -> list[tuple[str, str, str]]:
    attributes = {name: value for name, value in (deepcopy(GOOD) | changes).items() if value is not None}
    return [(finding.level, finding.code, finding.path) for finding in check(attributes, target)]


def located(location: dict[str, Any]) -> dict[str, Any]:
    return {"geoLocations": [location]}


def identified(value: str, scheme: str) -> dict[str, Any]:
    return {"creators": [{"name": "A", "nameIdentifiers": [{"nameIdentifier": value, "nameIdentifierScheme": scheme}]}]}


@pytest.mark.parametrize("target", ["draft", "registered", "findable"])
def test_the_mandatory_fields_are_enough(target: str) -> None:
    assert check(GOOD, target) == []


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"creators": None}, "creator_missing", "creators"),
        ({"creators": []}, "creator_missing", "creators"),
        ({"titles": None}, "title_missing", "titles"),
        ({"publisher": None}, "publisher_missing", "publisher"),
        ({"publisher": {"lang": "en"}}, "publisher_missing", "publisher.name"),
        ({"publicationYear": None}, "publication_year_missing", "publicationYear"),
        ({"types": None}, "document_type_missing", "types"),
        ({"types": {"resourceType": "x"}}, "document_type_missing", "types.resourceTypeGeneral"),
        ({"types": {"resourceTypeGeneral": "dataset"}}, "unknown_value", "types.resourceTypeGeneral"),
        ({"publicationYear": 99}, "year_syntax", "publicationYear"),
        ({"publicationYear": ":tba"}, "year_syntax", "publicationYear"),
        ({"publicationYear": 2024.5}, "year_syntax", "publicationYear"),
        ({"language": "en_US"}, "language_syntax", "language"),
        ({"titles": [{"title": "T", "lang": "en_US"}]}, "language_syntax", "titles[0].lang"),
        ({"titles": [{"title": "T", "titleType": "Main"}]}, "unknown_value", "titles[0].titleType"),
        ({"creators": [{"name": "A", "nameType": "personal"}]}, "unknown_value", "creators[0].nameType"),
        (
            {"contributors": [PERSON | {"contributorType": "editor"}]},
            "unknown_value",
            "contributors[0].contributorType",
        ),
        ({"contributors": [{"name": "A"}]}, "value_missing", "contributors[0].contributorType"),
        ({"contributors": [{"contributorType": "Editor"}]}, "value_missing", "contributors[0].name"),
        ({"dates": [{"date": "2024"}]}, "value_missing", "dates[0].dateType"),
        ({"dates": [{"date": "2024", "dateType": "Deposited"}]}, "unknown_value", "dates[0].dateType"),
        ({"descriptions": [{"description": "D"}]}, "value_missing", "descriptions[0].descriptionType"),
        ({"identifiers": [{"identifier": "7"}]}, "value_missing", "identifiers[0].identifierType"),
        ({"rightsList": [{"rights": "x" * 2001}]}, "too_long", "rightsList[0].rights"),
        ({"publicationYear": "0000"}, "year_syntax", "publicationYear"),
        ({"publicationYear": "0099"}, "year_syntax", "publicationYear"),
        ({"publicationYear": "1e999"}, "year_syntax", "publicationYear"),
        ({"publicationYear": -2020}, "year_syntax", "publicationYear"),
        ({"contentUrl": ["https://a", "a.example.org/1.pdf"]}, "url_syntax", "contentUrl[1]"),
        ({"contentUrl": ["file:///1.pdf"]}, "url_syntax", "contentUrl[0]"),
        ({"url": "www.example.org"}, "url_syntax", "url"),
        (
            {"relatedIdentifiers": [RELATION | {"relatedIdentifierType": "doi"}]},
            "unknown_value",
            "relatedIdentifiers[0].relatedIdentifierType",
        ),
        (
            {"relatedItems": [{"titles": [{"title": "T"}], "relationType": "Cites"}]},
            "value_missing",
            "relatedItems[0].relatedItemType",
        ),
        ({"relatedItems": [ITEM | {"numberType": "article"}]}, "unknown_value", "relatedItems[0].numberType"),
        ({"fundingReferences": [{"awardNumber": "1"}]}, "value_missing", "fundingReferences[0].funderName"),
        (
            {"fundingReferences": [{"funderName": "F", "funderIdentifier": "1"}]},
            "value_missing",
            "fundingReferences[0].funderIdentifierType",
        ),
        (
            {"fundingReferences": [{"funderName": "F", "funderIdentifierType": "Crossref Funder"}]},
            "unknown_value",
            "fundingReferences[0].funderIdentifierType",
        ),
        (
            located({"geoLocationPoint": POINT | {"pointLatitude": 91.0}}),
            "out_of_range",
            "geoLocations[0].geoLocationPoint.pointLatitude",
        ),
        (
            located({"geoLocationPoint": POINT | {"pointLongitude": -181.0}}),
            "out_of_range",
            "geoLocations[0].geoLocationPoint.pointLongitude",
        ),
        (
            located({"geoLocationPoint": POINT | {"pointLongitude": "13 E"}}),
            "number_syntax",
            "geoLocations[0].geoLocationPoint.pointLongitude",
        ),
        (located({"geoLocationPolygon": CORNERS[:3]}), "too_few_points", "geoLocations[0].geoLocationPolygon"),
        (
            located({"geoLocationPolygon": [*CORNERS, {"inPolygonPoint": POINT}, {"inPolygonPoint": POINT}]}),
            "too_many_points",
            "geoLocations[0].geoLocationPolygon",
        ),
        ({"titles": "A title"}, "wrong_shape", "titles"),
        ({"titles": ["A title"]}, "wrong_shape", "titles[0]"),
        ({"types": "Dataset"}, "wrong_shape", "types"),
        ({"publisher": {"name": "P", "city": "B"}}, "unknown_field", "publisher"),
    ],
)
def test_what_datacite_refuses_is_an_error(changes: dict[str, Any], code: str, path: str) -> None:
    errors = [(error_code, where) for level, error_code, where in found(changes) if level == "error"]

    assert errors == [(code, path)]


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"dates": [{"date": "soon", "dateType": "Issued"}]}, "date_syntax", "dates[0].date"),
        ({"dates": [{"dateType": "Issued"}]}, "value_missing", "dates[0].date"),
        ({"dates": [{"date": "2020-01/", "dateType": "Coverage"}]}, "date_open", "dates[0].date"),
        ({"dates": [{"date": "/2020-01-31", "dateType": "Coverage"}]}, "date_open", "dates[0].date"),
        ({"titles": [{"title": "Salt&nbsp;marsh"}]}, "entity", "titles[0].title"),
        ({"creators": [{"name": "O&#39;Hara"}]}, "entity", "creators[0].name"),
        ({"sizes": ["1", "&lt; 5 MB"]}, "entity", "sizes[1]"),
        ({"publisher": {"name": "Sons &amp; Sons"}}, "entity", "publisher.name"),
        ({"titles": [{"title": "On <i>Salicornia</i>"}]}, "markup", "titles[0].title"),
        (
            {"descriptions": [{"description": "<p class='a'>x", "descriptionType": "Abstract"}]},
            "markup",
            "descriptions[0].description",
        ),
        ({"subjects": [{"subject": "H<sub>2</sub>O"}]}, "markup", "subjects[0].subject"),
        (
            identified("https://ror.org/04wxnsj81/", "ROR"),
            "ror_form",
            "creators[0].nameIdentifiers[0].nameIdentifier",
        ),
        (
            identified("https://www.ror.org/04wxnsj81", "ROR"),
            "ror_form",
            "creators[0].nameIdentifiers[0].nameIdentifier",
        ),
        (
            {
                "publisher": {
                    "name": "P",
                    "publisherIdentifier": "ror.org/04wxnsj81/",
                    "publisherIdentifierScheme": "ROR",
                }
            },
            "ror_form",
            "publisher.publisherIdentifier",
        ),
        (
            {
                "fundingReferences": [
                    {
                        "funderName": "F",
                        "funderIdentifier": "https://ror.org/04wxnsj81/",
                        "funderIdentifierType": "ROR",
                    }
                ]
            },
            "ror_form",
            "fundingReferences[0].funderIdentifier",
        ),
        (
            identified("0000-0001-5727-2427", "orcid"),
            "scheme_case",
            "creators[0].nameIdentifiers[0].nameIdentifierScheme",
        ),
        (
            identified("https://ror.org/04wxnsj81", "Ror"),
            "scheme_case",
            "creators[0].nameIdentifiers[0].nameIdentifierScheme",
        ),
        (
            {
                "creators": [
                    {
                        "name": "A",
                        "affiliation": [
                            {
                                "name": "U",
                                "affiliationIdentifier": "https://ror.org/04wxnsj81",
                                "affiliationIdentifierScheme": "ror",
                            }
                        ],
                    }
                ]
            },
            "scheme_case",
            "creators[0].affiliation[0].affiliationIdentifierScheme",
        ),
        (
            {"identifiers": [{"identifier": "10.5072/b", "identifierType": "doi"}]},
            "scheme_case",
            "identifiers[0].identifierType",
        ),
        (
            {"relatedIdentifiers": [RELATION | {"relatedIdentifier": "see the other one"}]},
            "doi_syntax",
            "relatedIdentifiers[0].relatedIdentifier",
        ),
        (
            {"relatedIdentifiers": [RELATION | {"relatedIdentifier": "https://example.org/10.5072/a"}]},
            "doi_syntax",
            "relatedIdentifiers[0].relatedIdentifier",
        ),
        (
            {
                "relatedItems": [
                    ITEM | {"relatedItemIdentifier": {"relatedItemIdentifier": "x", "relatedItemIdentifierType": "DOI"}}
                ]
            },
            "doi_syntax",
            "relatedItems[0].relatedItemIdentifier.relatedItemIdentifier",
        ),
        (
            {"relatedIdentifiers": [RELATION | {"relatedIdentifierType": "URL", "relatedIdentifier": "example.org/x"}]},
            "uri_syntax",
            "relatedIdentifiers[0].relatedIdentifier",
        ),
        (
            {
                "fundingReferences": [
                    {
                        "funderName": "F",
                        "funderIdentifier": "501100000780",
                        "funderIdentifierType": "Crossref Funder ID",
                    }
                ]
            },
            "doi_syntax",
            "fundingReferences[0].funderIdentifier",
        ),
        ({"contentUrl": ["https://a.example.org/a b"]}, "uri_syntax", "contentUrl[0]"),
        ({"language": "pt-BR"}, "language_changed", "language"),
        ({"language": "deu"}, "language_changed", "language"),
        ({"language": "qq"}, "language_unknown", "language"),
        ({"titles": [{"title": "T", "lang": "english"}]}, "language_unknown", "titles[0].lang"),
        ({"creators": [{"name": ":unav"}]}, "placeholder", "creators[0].name"),
        ({"dates": [{"date": "(:unav)", "dateType": "Issued"}]}, "placeholder", "dates[0].date"),
        ({"publisher": {"name": ":tbd"}}, "placeholder_unknown", "publisher.name"),
        ({"dates": [{"date": "2020/..", "dateType": "Coverage"}]}, "date_edtf_2019", "dates[0].date"),
        ({"dates": [{"date": "2020/2019-05", "dateType": "Coverage"}]}, "date_reversed", "dates[0].date"),
        (
            identified("orcid.org/0000-0001-5727-2427", "ORCID"),
            "orcid_form",
            "creators[0].nameIdentifiers[0].nameIdentifier",
        ),
        (
            {"creators": [{"name": "A", "nameIdentifiers": [{"nameIdentifier": "1"}]}]},
            "scheme_missing",
            "creators[0].nameIdentifiers[0].nameIdentifierScheme",
        ),
        (identified("0000-0001-5727-2428", "ORCID"), "checksum", "creators[0].nameIdentifiers[0].nameIdentifier"),
        (identified("https://ror.org/04wxnsj82", "ROR"), "checksum", "creators[0].nameIdentifiers[0].nameIdentifier"),
        (identified("0000 0001 2146 4380", "ISNI"), "checksum", "creators[0].nameIdentifiers[0].nameIdentifier"),
        ({"creators": [{"givenName": "Jo"}]}, "value_missing", "creators[0].name"),
        (
            {"contributors": [{"familyName": "Doe", "contributorType": "Editor"}]},
            "value_missing",
            "contributors[0].name",
        ),
        (
            {"creators": [{"name": "A", "affiliation": [{"affiliationIdentifierScheme": "ROR"}]}]},
            "value_missing",
            "creators[0].affiliation[0].name",
        ),
        (
            {"publisher": {"name": "P", "publisherIdentifier": "x"}},
            "scheme_missing",
            "publisher.publisherIdentifierScheme",
        ),
        (
            {"relatedIdentifiers": [RELATION | {"relationType": "Other"}]},
            "information_missing",
            "relatedIdentifiers[0].relationTypeInformation",
        ),
        (
            {"relatedIdentifiers": [{"relatedIdentifierType": "DOI", "relationType": "Cites"}]},
            "value_missing",
            "relatedIdentifiers[0].relatedIdentifier",
        ),
        (
            {"relatedItems": [{"relatedItemType": "Text", "relationType": "Cites"}]},
            "value_missing",
            "relatedItems[0].titles",
        ),
        ({"rightsList": [{"rightsUri": "https://a b"}]}, "uri_syntax", "rightsList[0].rightsUri"),
        ({"subjects": [{"schemeUri": "https://a"}]}, "value_missing", "subjects[0].subject"),
        (
            {"descriptions": [{"description": "a\x0bb", "descriptionType": "Other"}]},
            "control_character",
            "descriptions[0].description",
        ),
        (
            located({"geoLocationPolygon": [*CORNERS[:3], {"polygonPoint": POINT}]}),
            "polygon_open",
            "geoLocations[0].geoLocationPolygon",
        ),
        (
            located(
                {
                    "geoLocationBox": {
                        "westBoundLongitude": 1,
                        "eastBoundLongitude": 2,
                        "southBoundLatitude": 4,
                        "northBoundLatitude": 3,
                    }
                }
            ),
            "box_inverted",
            "geoLocations[0].geoLocationBox.southBoundLatitude",
        ),
    ],
)
def test_what_datacite_takes_but_readers_regret_is_a_warning(changes: dict[str, Any], code: str, path: str) -> None:
    assert found(changes) == [("warning", code, path)]


@pytest.mark.parametrize(
    "changes",
    [
        identified("https://orcid.org/0000-0001-5727-2427", "ORCID"),
        identified("https://orcid.org/0000-0001-5727-2427/", "ORCID"),
        identified("04wxnsj81", "ROR"),
        {"titles": [{"title": "x<y & a < b > c &c; AT&T; &nosuchentity;"}]},
        {"dates": [{"date": "2004-03-02/open", "dateType": "Valid"}, {"date": "2019~", "dateType": "Other"}]},
        {"relatedIdentifiers": [RELATION | {"relatedIdentifier": "https://doi.org/10.1234567/A<b>#c"}]},
        {"relatedIdentifiers": [RELATION | {"relatedIdentifier": "doi:10.5072/a"}]},
        identified("https://isni.org/isni/000000012146438X", "ISNI"),
        identified("anything", "LocalScheme"),
        {"language": "pt"},
        {"language": "gsw", "titles": [{"title": "T", "lang": "pt-BR"}]},
        {"identifiers": [{"identifier": "x", "identifierType": "Foo"}]},
        located({"geoLocationPolygon": [*CORNERS, {"inPolygonPoint": POINT}]}),
        located({"geoLocationPoint": {"pointLongitude": 180, "pointLatitude": -90}}),
        {"sizes": ["1 MB"], "contentUrl": ["https://a"], "container": {"title": "C"}, "doi": "10.5072/a"},
        {"url": "ftp://a.example/b"},
        {"relatedItems": [ITEM | {"contributors": [PERSON], "publicationYear": 1990}]},
    ],
)
def test_there_is_nothing_to_say_about_what_is_right(changes: dict[str, Any]) -> None:
    assert found(changes) == []


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"creators": None, "titles": None, "publisher": None, "publicationYear": None, "types": None}, "warning"),
        ({"language": "en_US"}, "warning"),
        ({"types": {"resourceTypeGeneral": "Images"}}, "warning"),
        (located({"geoLocationPoint": POINT | {"pointLatitude": 91.0}}), "warning"),
        ({"titles": ["A title"]}, "error"),
        ({"types": "Dataset"}, "error"),
        ({"rightsList": [{"rights": "x" * 2001}]}, "error"),
        ({"contributors": [PERSON | {"contributorType": "editor"}]}, "error"),
        ({"url": "www.example.org"}, "error"),
    ],
)
def test_a_draft_is_refused_for_shapes_and_for_what_lupo_checks_in_every_state(
    changes: dict[str, Any], level: str
) -> None:
    assert {finding[0] for finding in found(changes, "draft")} == {level}


def test_half_a_character_is_an_error_with_its_place() -> None:
    changes = {"relatedIdentifiers": [RELATION | {"relatedIdentifier": "\ud800"}], "titles": [{"title": "a\udfff"}]}
    assert [(code, path) for level, code, path in found(changes) if level == "error"] == [
        ("half_character", "titles[0].title"),
        ("half_character", "relatedIdentifiers[0].relatedIdentifier"),
    ]


def test_errors_come_first() -> None:
    levels = [level for level, _, _ in found({"dates": [{"date": "soon"}], "creators": [{"givenName": "Jo"}]})]

    assert levels == ["error", "warning", "warning"]


@pytest.mark.parametrize(
    ("value", "advice"),
    [("dataset", "write 'Dataset'"), ("Images", "did you mean 'Image'?"), ("Zzzz", "write one of Audiovisual, ")],
)
def test_a_wrong_word_is_answered_with_the_right_one(value: str, advice: str) -> None:
    assert advice in check(GOOD | {"types": {"resourceTypeGeneral": value}})[0].message


def test_a_message_is_one_line_and_shortens_the_value() -> None:
    message = check(GOOD | {"language": "x\n" * 500})[0].message

    assert "\n" not in message
    assert len(message) < 160


def test_an_unknown_target_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="'published'"):
        check(GOOD, "published")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("name", "date", "relationType", "geoLocationPolygon", "polygonPoint")), inner
        )
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from([*ATTRIBUTES]), JSON))
def test_any_json_gets_findings_and_no_exception(attributes: dict[str, Any]) -> None:
    canonical_findings = check(canonical(attributes))

    assert all("\n" not in finding.message for finding in [*check(attributes), *canonical_findings])


def test_the_schema_lists_the_vocabularies_of_the_kernel() -> None:
    definitions = json.loads(files(validate.__package__).joinpath("schema.json").read_text())["$defs"]

    assert {name: tuple(item["enum"]) for name, item in definitions.items() if "enum" in item} == VOCABULARIES


def names(shape: object, path: str = "") -> set[str]:
    if isinstance(shape, Rows):
        return names(shape.row, path)
    if isinstance(shape, Record):
        return {name for member, inner in shape.members.items() for name in names(inner, f"{path}.{member}")}
    return {path}


def schema_names(schema: dict[str, Any], definitions: dict[str, Any], path: str = "") -> set[str]:
    schema = definitions.get(schema.get("$ref", "").removeprefix("#/$defs/"), schema)
    if "items" in schema:
        return schema_names(schema["items"], definitions, path)
    if "properties" in schema:
        members = schema["properties"].items()
        return {name for member, inner in members for name in schema_names(inner, definitions, f"{path}.{member}")}
    return {path}


def test_the_schema_knows_every_member_of_the_table_and_no_other() -> None:
    schema = json.loads(files(validate.__package__).joinpath("schema.json").read_text())

    assert schema_names(schema, schema["$defs"]) == names(Record(ATTRIBUTES))
