"""An error of ours is a refusal of the official XSD, and the other way round: fact sheet 4.3, row by row."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from doitui_core.errors import UnreadableDocument
from doitui_core.metadata import from_xml, validate

NS = "http://datacite.org/schema/kernel-4"
CREATORS = "<creators><creator><creatorName>Doe, Jo</creatorName></creator></creators>"
TITLES = "<titles><title>T</title></titles>"
PUBLISHER = "<publisher>P</publisher>"
YEAR = "<publicationYear>2024</publicationYear>"
TYPE = '<resourceType resourceTypeGeneral="Text"/>'
CORE = {"creators": CREATORS, "titles": TITLES, "publisher": PUBLISHER, "publicationYear": YEAR, "resourceType": TYPE}


def document(extra: str, **replaced: str) -> bytes:
    blocks = "".join((CORE | replaced).values())
    identifier = '<identifier identifierType="DOI">10.5072/a</identifier>'
    return f'<resource xmlns="{NS}">{identifier}{blocks}{extra}</resource>'.encode()


def creator(inner: str) -> str:
    return f"<creators><creator>{inner}</creator></creators>"


def located(inner: str) -> str:
    return f"<geoLocations><geoLocation>{inner}</geoLocation></geoLocations>"


def polygon(count: int) -> str:
    point = "<polygonPoint><pointLatitude>{0}</pointLatitude><pointLongitude>{0}</pointLongitude></polygonPoint>"
    return f"<geoLocationPolygon>{''.join(point.format(n) for n in range(count))}</geoLocationPolygon>"


def point(latitude: str) -> str:
    inner = f"<pointLatitude>{latitude}</pointLatitude><pointLongitude>1</pointLongitude>"
    return f"<geoLocationPoint>{inner}</geoLocationPoint>"


def related(kind: str = "DOI", relation: str = "Cites", text: str = "10.1/a") -> str:
    attributes = f'relatedIdentifierType="{kind}" relationType="{relation}"'
    return f"<relatedIdentifiers><relatedIdentifier {attributes}>{text}</relatedIdentifier></relatedIdentifiers>"


def item(inner: str, attributes: str = 'relatedItemType="Text" relationType="Cites"') -> str:
    return f"<relatedItems><relatedItem {attributes}>{inner}</relatedItem></relatedItems>"


def contributor(inner: str, attributes: str = 'contributorType="Editor"') -> str:
    return f"<contributors><contributor {attributes}>{inner}</contributor></contributors>"


def funding(inner: str) -> str:
    return f"<fundingReferences><fundingReference>{inner}</fundingReference></fundingReferences>"


TAKEN = {
    "the core": document(""),
    "junk date": document('<dates><date dateType="Issued">soon</date></dates>'),
    "open-ended date": document('<dates><date dateType="Valid">2020-01-01/</date></dates>'),
    "nameIdentifier without scheme": document(
        "", creators=creator("<creatorName>A</creatorName><nameIdentifier>1</nameIdentifier>")
    ),
    "empty affiliation": document("", creators=creator("<creatorName>A</creatorName><affiliation/>")),
    "empty relatedIdentifier": document(related(text="")),
    "Other without information": document(related(relation="Other")),
    "open polygon of 4": document(located(polygon(4))),
    "several points in one geoLocation": document(located(point("1") + point("2"))),
    "relatedItem with no title": document(item("")),
    "blocks in another order": document(CREATORS, creators=""),
    "empty wrapper": document("<sizes/>"),
    "alternate identifier of type Foo": document(
        '<alternateIdentifiers><alternateIdentifier alternateIdentifierType="Foo">x</alternateIdentifier>'
        "</alternateIdentifiers>"
    ),
    "rightsURI with space": document('<rightsList><rights rightsURI="https://a b">r</rights></rightsList>'),
    "year with spaces": document("", publicationYear="<publicationYear> 2024 </publicationYear>"),
    "empty second title": document("", titles='<titles><title>T</title><title xml:lang="en"/></titles>'),
    "wrong ORCID": document(
        "",
        creators=creator(
            '<creatorName>A</creatorName><nameIdentifier nameIdentifierScheme="ORCID">0000</nameIdentifier>'
        ),
    ),
    "unnamed contributor of a related item": document(
        item("<contributors><contributor contributorType='Editor'><contributorName/></contributor></contributors>")
    ),
}
REFUSED = {
    "no creator": document("", creators=""),
    "empty creators": document("", creators="<creators/>"),
    "no title": document("", titles=""),
    "no publisher": document("", publisher=""),
    "empty publisher": document("", publisher="<publisher/>"),
    "no year": document("", publicationYear=""),
    "no type": document("", resourceType=""),
    "no general type": document("", resourceType="<resourceType>x</resourceType>"),
    "missing dateType": document("<dates><date>2024</date></dates>"),
    "missing descriptionType": document("<descriptions><description>d</description></descriptions>"),
    "missing contributorType": document(contributor("<contributorName>A</contributorName>", "")),
    "unnamed contributor": document(contributor("<contributorName/>")),
    "relatedIdentifierType in lower case": document(related("doi")),
    "resourceTypeGeneral Images": document("", resourceType='<resourceType resourceTypeGeneral="Images"/>'),
    "funderIdentifierType Crossref Funder": document(
        funding(
            '<funderName>F</funderName><funderIdentifier funderIdentifierType="Crossref Funder">1</funderIdentifier>'
        )
    ),
    "funder identifier without type": document(
        funding("<funderName>F</funderName><funderIdentifier>1</funderIdentifier>")
    ),
    "funder without name": document(funding("<awardNumber>1</awardNumber>")),
    "year of two digits": document("", publicationYear="<publicationYear>99</publicationYear>"),
    "year :tba": document("", publicationYear="<publicationYear>:tba</publicationYear>"),
    "polygon with 3 points": document(located(polygon(3))),
    "latitude 91": document(located(point("91"))),
    "latitude in words": document(located(point("north"))),
    "duplicate wrapper": document("<sizes/><sizes/>"),
    "language en_US": document("<language>en_US</language>"),
    "xml:lang en_US": document("", titles='<titles><title xml:lang="en_US">T</title></titles>'),
    "nameType in lower case": document("", creators=creator('<creatorName nameType="personal">A</creatorName>')),
    "related item without type": document(item("", 'relationType="Cites"')),
    "related item of unknown relation": document(item("", 'relatedItemType="Text" relationType="cites"')),
    "alternate identifier without type": document(
        "<alternateIdentifiers><alternateIdentifier>x</alternateIdentifier></alternateIdentifiers>"
    ),
}
# Where JSON has no order, there is nothing to refuse.
ORDER_ONLY = {
    "affiliation before nameIdentifier": document(
        "",
        creators=creator(
            "<creatorName>A</creatorName><affiliation>U</affiliation>"
            '<nameIdentifier nameIdentifierScheme="x">1</nameIdentifier>'
        ),
    ),
    "related item's children out of order": document(item("<issue>1</issue><volume>1</volume>")),
}


def errors(data: bytes) -> list[str]:
    try:
        return [finding.message for finding in validate.check(from_xml.parse(data)) if finding.level == "error"]
    except UnreadableDocument as error:
        return [str(error)]


@pytest.fixture(scope="session")
def xsd(shared: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(shared / "data" / "kernel-4" / "metadata.xsd")))


@pytest.mark.parametrize("name", TAKEN)
def test_what_the_xsd_takes_has_no_error(name: str) -> None:
    assert errors(TAKEN[name]) == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_xsd_refuses_has_one_error(name: str) -> None:
    assert len(errors(REFUSED[name])) == 1


@pytest.mark.parametrize("name", ORDER_ONLY)
def test_an_order_that_the_xsd_refuses_is_mended_by_reading_it(name: str) -> None:
    assert errors(ORDER_ONLY[name]) == []


@pytest.mark.parametrize("name", TAKEN)
def test_the_xsd_does_take_it(xsd: etree.XMLSchema, name: str) -> None:
    assert xsd.validate(etree.fromstring(TAKEN[name]))


@pytest.mark.parametrize("name", [*REFUSED, *ORDER_ONLY])
def test_the_xsd_does_refuse_it(xsd: etree.XMLSchema, name: str) -> None:
    assert not xsd.validate(etree.fromstring((REFUSED | ORDER_ONLY)[name]))
