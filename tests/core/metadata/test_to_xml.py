"""Kernel-4 XML out: it reads back the same, the official XSD takes it, and nothing makes it fail."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from doitui_core.metadata import build, from_json, from_xml, kernel4, to_xml, validate
from doitui_core.metadata.kernel4 import Leaf, Record, Rows, Shape

_WHERE = Path(os.environ.get("DOITUI_SHARED", Path(__file__).parents[4] / "shared")) / "data" / "kernel-4-examples"
_EXAMPLES = sorted(path.relative_to(_WHERE).as_posix() for path in _WHERE.glob("kernel-4.*/*.xml"))

every_example = pytest.mark.parametrize("name", _EXAMPLES or ["none"])

DOI = "10.5072/a"
NS = f"{{{kernel4.SCHEMA_VERSION}}}"
# No part of the schema; the identifier is `doi`, given beside them.
NOT_IN_XML = ("doi", "url", "contentUrl", "container")

CHARACTERS = st.characters(codec="utf-8", exclude_characters="\ufffe\uffff", exclude_categories=["Cs", "Cc"])
TEXTS = st.text(CHARACTERS | st.sampled_from("\n\t\r<>&\"'] "), max_size=8)
YEARS = st.integers(1000, 9999) | TEXTS
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | TEXTS
_LEAVES = {Leaf.TEXT: TEXTS, Leaf.YEAR: YEARS, Leaf.NUMBER: NUMBERS}


def documents(values: dict[str, st.SearchStrategy[Any]] | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Documents of the shape of the table; `values` replaces what a member of that name may be."""

    def of(shape: Shape, name: str) -> st.SearchStrategy[Any]:
        if values and name in values:
            return values[name]
        match shape:
            case Leaf():
                return _LEAVES[shape]
            case Rows(row):
                return st.lists(of(row, ""), max_size=2)
            case Record(members, _):
                return st.fixed_dictionaries({}, optional={key: of(item, key) for key, item in members.items()})

    blocks = {name: of(shape, name) for name, shape in kernel4.BLOCKS.items() if name not in NOT_IN_XML}
    return st.fixed_dictionaries({}, optional=blocks)


POINTS = st.fixed_dictionaries({"pointLongitude": st.floats(-180, 180), "pointLatitude": st.floats(-90, 90)})
POLYGONS = st.builds(
    lambda outer, inner: [{"polygonPoint": one} for one in outer] + [{"inPolygonPoint": one} for one in inner],
    st.lists(POINTS, min_size=4, max_size=5),
    st.lists(POINTS, max_size=1),
)
CANONICAL = documents({"geoLocationPolygon": POLYGONS}).map(from_json.canonical)

# What the XSD types as anyURI: libxml2, and so DataCite, refuses `%` alone.
_ADDRESSES = ["schemeUri", "schemeURI", "valueUri", "rightsUri", "awardUri", "classificationCode"]
LEGAL: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(_ADDRESSES, st.sampled_from(["https://a.example/b c?d#e", "", "461001"])),
    **{name: st.sampled_from(words) for name, words in kernel4.VOCABULARIES.items()},
    "relatedItemType": st.sampled_from(kernel4.VOCABULARIES["resourceTypeGeneral"]),
    "relatedItemIdentifierType": st.sampled_from(kernel4.VOCABULARIES["relatedIdentifierType"]),
    "lang": st.sampled_from(["en", "pt-BR"]),
    "language": st.sampled_from(["en", "pt-BR"]),
    "publicationYear": st.integers(1000, 9999),
    "geoLocationPoint": POINTS,
    "geoLocationBox": st.fixed_dictionaries(
        {
            **dict.fromkeys(("westBoundLongitude", "eastBoundLongitude"), st.floats(-180, 180)),
            **dict.fromkeys(("southBoundLatitude", "northBoundLatitude"), st.floats(-90, 90)),
        }
    ),
    "geoLocationPolygon": POLYGONS,
}


@pytest.fixture
def example(shared: Path, name: str) -> bytes:
    return (shared / "data" / "kernel-4-examples" / name).read_bytes()


@pytest.fixture(scope="session")
def xsd(shared: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(shared / "data" / "kernel-4" / "metadata.xsd")))


def rendered(attributes: dict[str, Any]) -> etree._Element:
    return etree.fromstring(to_xml.render(attributes, doi=DOI))


def reread(attributes: dict[str, Any]) -> dict[str, Any]:
    read = from_xml.parse(to_xml.render(attributes, doi=DOI))
    assert read.pop("doi") == DOI
    return read


def named(attributes: dict[str, Any]) -> dict[str, Any]:
    """`attributes` with the names that the XML makes of their parts, and without a funder's scheme that has no type."""
    for row in attributes.get("fundingReferences", []):
        if "funderIdentifier" not in row and "funderIdentifierType" not in row:
            row.pop("schemeUri", None)
    for holder in [attributes, *attributes.get("relatedItems", [])]:
        for person in [*holder.get("creators", []), *holder.get("contributors", [])]:
            parts = [person[part] for part in ("familyName", "givenName") if part in person]
            if "name" not in person and parts:
                person["name"] = ", ".join(parts)
    return from_json.canonical(attributes)


@every_example
def test_an_official_example_reads_back_the_same(example: bytes) -> None:
    attributes = from_xml.parse(example)

    assert from_xml.parse(to_xml.render(attributes, doi=attributes["doi"])) == attributes


@every_example
def test_the_xsd_takes_what_an_official_example_becomes(example: bytes, xsd: etree.XMLSchema) -> None:
    attributes = from_xml.parse(example)

    assert xsd.validate(etree.fromstring(to_xml.render(attributes, doi=attributes["doi"]))), xsd.error_log


@every_example
def test_the_whole_document_of_a_request_becomes_the_same_xml(example: bytes) -> None:
    attributes = from_xml.parse(example)
    document = build.document(attributes, doi=DOI, url="https://repo.example.org/1")

    assert to_xml.render(document, doi=DOI) == to_xml.render(attributes, doi=DOI)


@given(CANONICAL)
def test_any_canonical_document_reads_back_the_same(attributes: dict[str, Any]) -> None:
    assert reread(attributes) == named(attributes)


@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture])
@given(documents(LEGAL).map(from_json.canonical))
def test_the_xsd_takes_what_has_no_errors(xsd: etree.XMLSchema, attributes: dict[str, Any]) -> None:
    mandatory = {
        "creators": [{"name": "Doe, Jo"}],
        "titles": [{"title": "T"}],
        "publisher": {"name": "P"},
        "publicationYear": 2024,
        "types": {"resourceTypeGeneral": "Text"},
    }
    document = without_errors(mandatory | attributes, mandatory)

    assert xsd.validate(rendered(document)), xsd.error_log


def without_errors(document: dict[str, Any], mandatory: dict[str, Any]) -> dict[str, Any]:
    """`document` without the blocks that have errors; mandatory ones are made good instead."""
    wrong = {re.split(r"[.\[]", finding.path)[0] for finding in validate.check(document) if finding.level == "error"}
    return {name: value for name, value in document.items() if name not in wrong} | {
        name: value for name, value in mandatory.items() if name in wrong
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9999) | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "title", "titleType", "polygonPoint", "number", "", "x"]), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(list(kernel4.BLOCKS)), JSON, max_size=6), st.text())
def test_whatever_the_shape_the_xml_is_well_formed(attributes: dict[str, Any], doi: str) -> None:
    assert etree.fromstring(to_xml.render(attributes, doi=doi)).tag == f"{NS}resource"


@given(documents(dict.fromkeys(("title", "lang", "name", "date", "geoLocationPoint", "nameIdentifiers"), JSON)))
def test_wrong_values_in_the_right_places_do_no_harm(attributes: dict[str, Any]) -> None:
    assert rendered(attributes).tag == f"{NS}resource"


def test_every_code_point_can_stand_in_text_and_attribute() -> None:
    everything = "".join(map(chr, range(0x110000)))

    [title] = reread({"titles": [{"title": everything, "titleType": everything}]})["titles"]

    assert title["title"] == title["titleType"]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Zeit\x00schrift", "Zeitschrift"),
        ("one\x0ctwo", "one two"),
        ("one\x0btwo", "one two"),
        ("\ud800half", "half"),
        ("bell\x07\x7f", "bell\x7f"),
        ("end\ufffe\uffff", "end"),
        ("\U0001f409", "\U0001f409"),
        ("a\tb\nc\rd", "a\tb\nc\rd"),
        ("a\x85b\u2028c\ufeffd", "a\x85b\u2028c\ufeffd"),
    ],
)
@pytest.mark.parametrize("member", ["title", "titleType"])
def test_a_character_that_xml_cannot_hold_is_dropped_or_becomes_a_space(text: str, held: str, member: str) -> None:
    assert reread({"titles": [{member: text}]}) == {"titles": [{member: held}]}


def test_the_doi_is_held_to_the_same_rule() -> None:
    assert from_xml.parse(to_xml.render({}, doi="10.5072/\x00a")) == {"doi": DOI}


def test_a_draft_without_anything_has_its_identifier() -> None:
    assert [(child.tag, child.text) for child in rendered({})] == [(f"{NS}identifier", DOI)]


def test_the_document_is_what_datacite_writes() -> None:
    assert to_xml.render({"titles": [{"title": "Ä & B", "lang": "de"}]}, doi=DOI).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<resource xmlns="http://datacite.org/schema/kernel-4" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:schemaLocation="http://datacite.org/schema/kernel-4'
        ' https://schema.datacite.org/meta/kernel-4/metadata.xsd">\n'
        '  <identifier identifierType="DOI">10.5072/a</identifier>\n'
        "  <titles>\n"
        '    <title xml:lang="de">Ä &amp; B</title>\n'
        "  </titles>\n"
        "</resource>\n"
    )


@every_example
def test_the_order_of_members_makes_no_difference(example: bytes) -> None:
    attributes = from_xml.parse(example)

    assert to_xml.render(turned(attributes), doi=DOI) == to_xml.render(attributes, doi=DOI)


def turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: turned(value[name]) for name in reversed(value)}
    return [turned(item) for item in value] if isinstance(value, list) else value


def test_the_children_of_a_related_item_stand_in_the_order_of_the_schema() -> None:
    item = {
        **dict.fromkeys(("edition", "publisher", "lastPage", "firstPage", "number", "issue", "volume"), "1"),
        "contributors": [{"name": "A", "contributorType": "Editor"}],
        "publicationYear": 1999,
        "titles": [{"title": "T"}],
        "creators": [{"name": "B"}],
        "relatedItemIdentifier": {"relatedItemIdentifier": "1"},
    }

    [found] = rendered({"relatedItems": [item]}).iter(f"{NS}relatedItem")

    assert " ".join(child.tag.removeprefix(NS) for child in found) == (
        "relatedItemIdentifier creators titles publicationYear volume issue number firstPage lastPage publisher edition"
        " contributors"
    )


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ({"name": "Doe, J.", "familyName": "Doe", "givenName": "Jo"}, "Doe, J."),
        ({"familyName": "Doe", "givenName": "Jo"}, "Doe, Jo"),
        ({"familyName": "Doe"}, "Doe"),
        ({"givenName": "Jo"}, "Jo"),
        ({"lang": "en"}, None),
    ],
)
@pytest.mark.parametrize("kind", ["creator", "contributor"])
def test_a_person_without_a_name_gets_one_of_its_parts(kind: str, person: dict[str, Any], name: str | None) -> None:
    [found] = rendered({f"{kind}s": [person]}).iter(f"{NS}{kind}Name")

    assert found.text == name


def test_what_is_no_part_of_the_schema_stays_out() -> None:
    outside = {"url": "https://a.example", "contentUrl": ["https://b.example"], "container": {"title": "c"}}

    assert to_xml.render(outside, doi=DOI) == to_xml.render({}, doi=DOI)


def test_a_bomb_in_a_title_is_only_text() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY e "boom">]>&e;]]>'

    assert reread({"titles": [{"title": bomb}]}) == {"titles": [{"title": bomb}]}
