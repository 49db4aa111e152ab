"""Kernel-3 documents become Kernel 4, each change is told, and the official XSD takes what they become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from doitui_core.metadata import from_xml, to_xml, validate

OLD = """<resource xmlns="http://datacite.org/schema/{version}"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://datacite.org/schema/kernel-3 http://schema.datacite.org/meta/kernel-3/metadata.xsd">
<identifier identifierType="DOI">10.5072/old</identifier>
<creators><creator><creatorName>Brandt, Ida</creatorName><affiliation>Hollin</affiliation></creator></creators>
<titles><title xml:lang="en">Letters</title></titles><publisher>Hollin</publisher>
<publicationYear>2012</publicationYear>{more}</resource>"""


@pytest.fixture(scope="session")
def xsd(shared: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(shared / "data" / "kernel-4" / "metadata.xsd")))


def old(more: str = "", version: str = "kernel-3") -> from_xml.XmlDocument:
    return from_xml.read(OLD.format(more=more, version=version).encode())


def said(document: from_xml.XmlDocument) -> list[tuple[str, str]]:
    return [(".".join(map(str, note.path)), note.problem) for note in document.notes if note.code == "upgraded"]


def contributor(kind: str, inner: str = "") -> str:
    return (
        f'<contributors><contributor contributorType="{kind}"><contributorName>Fund</contributorName>{inner}'
        "</contributor></contributors>"
    )


def located(inner: str) -> from_xml.XmlDocument:
    return old(f"<geoLocations><geoLocation>{inner}</geoLocation></geoLocations>")


FULL = (
    '<resourceType resourceTypeGeneral="Image">Photo</resourceType>'
    + contributor("Funder", '<nameIdentifier nameIdentifierScheme="ISNI">1</nameIdentifier>')
    + '<dates><date dateType="Created">2011</date></dates><rightsList><rights rightsURI="http://a.example">CC</rights>'
    + "</rightsList><geoLocations><geoLocation><geoLocationPoint>31.233 -67.302</geoLocationPoint>"
    + "<geoLocationBox>41.090 -71.032  41.893 -68.211</geoLocationBox><geoLocationPlace>Atlantic</geoLocationPlace>"
    + "</geoLocation></geoLocations>"
)


@pytest.mark.parametrize("version", ["kernel-3", "kernel-3.0", "kernel-3.1"])
@pytest.mark.parametrize("more", ["", FULL])
def test_an_old_document_becomes_a_valid_new_one(version: str, more: str, xsd: etree.XMLSchema) -> None:
    document = old(more, version)

    assert xsd.validate(etree.fromstring(to_xml.render(document.attributes, doi="10.5072/old"))), xsd.error_log
    assert [found for found in validate.check(document.attributes) if found.level == "error"] == []


def test_that_a_document_was_upgraded_is_told() -> None:
    assert [(note.code, note.path) for note in old(FULL).notes][:1] == [("kernel_3", ("schemaVersion",))]


@pytest.mark.parametrize(
    ("element", "general"),
    [
        ("", "Other"),
        ('<resourceType resourceTypeGeneral="">X</resourceType>', "Other"),
        ("<resourceType>dataset</resourceType>", "Dataset"),
        ('<resourceType resourceTypeGeneral="Film">F</resourceType>', "Audiovisual"),
        ('<resourceType resourceTypeGeneral="image">F</resourceType>', "Image"),
    ],
)
def test_a_resource_type_that_kernel_4_does_not_take_is_replaced_and_told(element: str, general: str) -> None:
    document = old(element)

    assert document.attributes["types"]["resourceTypeGeneral"] == general
    assert [path for path, _ in said(document)] == ["types.resourceTypeGeneral"]


@pytest.mark.parametrize(
    ("element", "general"),
    [('resourceTypeGeneral="Text"', "Text"), ('resourceTypeGeneral="Bogus"', "Bogus")],
)
def test_a_resource_type_that_is_good_or_not_understood_stays(element: str, general: str) -> None:
    document = old(f"<resourceType {element}>X</resourceType>")

    assert document.attributes["types"]["resourceTypeGeneral"] == general
    assert said(document) == []


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [("ISNI", "ISNI"), ("FundRef", "Crossref Funder ID"), ("GRID", "GRID"), ("ROR", "ROR"), ("VIAF", "Other")],
)
def test_a_contributor_of_type_funder_becomes_a_funding(scheme: str, kind: str) -> None:
    inner = f'<nameIdentifier nameIdentifierScheme="{scheme}" schemeURI="https://s.example">7</nameIdentifier>'
    document = old(contributor("Funder", inner))

    assert "contributors" not in document.attributes
    assert document.attributes["fundingReferences"] == [
        {
            "funderName": "Fund",
            "funderIdentifier": "7",
            "funderIdentifierType": kind,
            "schemeUri": "https://s.example",
        }
    ]


def test_what_a_funding_has_no_place_for_is_told() -> None:
    [(path, message)] = [
        one for one in said(old(contributor("Funder", "<affiliation>A</affiliation>"))) if "funding" in one[0]
    ]

    assert path == "fundingReferences.0"
    assert message.endswith("its affiliation could not be moved")


def test_other_contributors_stay() -> None:
    assert old(contributor("Sponsor")).attributes["contributors"] == [{"name": "Fund", "contributorType": "Sponsor"}]


POINT = {"pointLatitude": 31.233, "pointLongitude": -67.302}
BOX = {
    "southBoundLatitude": 41.09,
    "westBoundLongitude": -71.032,
    "northBoundLatitude": 41.893,
    "eastBoundLongitude": -68.211,
}


@pytest.mark.parametrize(
    ("element", "text", "value"),
    [
        ("geoLocationPoint", "31.233 -67.302", POINT),
        ("geoLocationPoint", "\n 31.233,\t-67.302\n", POINT),
        ("geoLocationPoint", "-167.5 31", {"pointLatitude": 31.0, "pointLongitude": -167.5}),
        ("geoLocationBox", "41.090 -71.032  41.893 -68.211", BOX),
    ],
)
def test_coordinates_as_text_become_numbers_with_names(element: str, text: str, value: dict[str, Any]) -> None:
    document = located(f"<{element}>{text}</{element}>")

    assert document.attributes["geoLocations"] == [{element: value}]
    assert f"geoLocations.0.{element}" in [path for path, _ in said(document)]


@pytest.mark.parametrize("text", ["31.233", "somewhere", "1 2 3"])
def test_coordinates_that_are_not_understood_stay_and_are_an_error(text: str) -> None:
    document = located(f"<geoLocationPoint>{text}</geoLocationPoint>")

    assert document.attributes["geoLocations"] == [{"geoLocationPoint": text}]
    assert "wrong_shape" in [found.code for found in validate.check(document.attributes) if found.level == "error"]


def test_text_coordinates_of_kernel_4_stay_an_error() -> None:
    data = OLD.format(more=FULL, version="kernel-4").encode()

    assert from_xml.read(data).attributes["geoLocations"][0]["geoLocationPoint"] == "31.233 -67.302"
