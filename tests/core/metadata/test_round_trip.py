"""XML -> JSON -> XML loses no element and no attribute, whatever form the XML has, and the XSD takes the result."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from doitui_core.metadata import from_json, from_xml, kernel4, to_xml

_WHERE = Path(os.environ.get("DOITUI_SHARED", Path(__file__).parents[4] / "shared")) / "data" / "kernel-4-examples"
_EXAMPLES = sorted(path.relative_to(_WHERE).as_posix() for path in _WHERE.glob("kernel-4.*/*.xml"))

every_example = pytest.mark.parametrize("name", _EXAMPLES or ["none"])

NS = kernel4.SCHEMA_VERSION
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

#: Every element and attribute of metadata.xsd, as few times as possible.
EVERYTHING = f"""<resource xmlns="{NS}">
<identifier identifierType="DOI">10.5072/all</identifier>
<creators>
 <creator><creatorName nameType="Personal" xml:lang="de">Brandt, Ida</creatorName><givenName>Ida</givenName>
  <familyName>Brandt</familyName>
  <nameIdentifier nameIdentifierScheme="ORCID" schemeURI="https://orcid.org">0000-0002-1825-0097</nameIdentifier>
  <nameIdentifier nameIdentifierScheme="ISNI">0000 0001 2103 2683</nameIdentifier>
  <affiliation affiliationIdentifier="https://ror.org/04wxnsj81" affiliationIdentifierScheme="ROR"
   schemeURI="https://ror.org">Hollin</affiliation><affiliation>Fjord</affiliation></creator>
 <creator><creatorName nameType="Organizational">Hollin Archive</creatorName></creator>
</creators>
<titles><title xml:lang="de">Briefe</title><title xml:lang="en" titleType="TranslatedTitle">Letters</title>
 <title titleType="Subtitle" xml:lang="ja">手紙</title><title>Plain</title></titles>
<publisher publisherIdentifier="https://ror.org/04wxnsj81" publisherIdentifierScheme="ROR" schemeURI="https://ror.org"
 xml:lang="en">Hollin</publisher>
<publicationYear>2024</publicationYear>
<resourceType resourceTypeGeneral="Dataset">Letters</resourceType>
<subjects><subject subjectScheme="LCSH" schemeURI="https://id.loc.gov" valueURI="https://id.loc.gov/1"
 classificationCode="461001" xml:lang="en">Tides</subject><subject>Salt</subject></subjects>
<contributors><contributor contributorType="Editor"><contributorName nameType="Personal"
 xml:lang="en">Falk, Jo</contributorName>
 <givenName>Jo</givenName><familyName>Falk</familyName>
 <nameIdentifier nameIdentifierScheme="ORCID" schemeURI="https://orcid.org">0000-0001-5109-3700</nameIdentifier>
 <affiliation affiliationIdentifier="grid.1" affiliationIdentifierScheme="GRID" schemeURI="https://grid.ac">H</affiliation>
 </contributor></contributors>
<dates><date dateType="Created" dateInformation="about">1899/1901</date><date dateType="Valid">2024-02-29</date></dates>
<language>de</language>
<alternateIdentifiers><alternateIdentifier
 alternateIdentifierType="Local">A 1</alternateIdentifier></alternateIdentifiers>
<relatedIdentifiers><relatedIdentifier relatedIdentifierType="URL" relationType="HasMetadata"
 resourceTypeGeneral="Text" relatedMetadataScheme="DDI" schemeURI="https://ddi.example" schemeType="XSD"
 >https://a.example/m</relatedIdentifier><relatedIdentifier relatedIdentifierType="DOI" relationType="Other"
 relationTypeInformation="IsSatireOf">10.5072/b</relatedIdentifier></relatedIdentifiers>
<sizes><size>3 boxes</size><size>12 MB</size></sizes>
<formats><format>application/pdf</format><format>text/xml</format></formats>
<version>1.0</version>
<rightsList><rights rightsURI="https://creativecommons.org/licenses/by/4.0/" rightsIdentifier="cc-by-4.0"
 rightsIdentifierScheme="SPDX" schemeURI="https://spdx.org/licenses/" xml:lang="en">CC BY</rights><rights/></rightsList>
<descriptions><description descriptionType="Abstract" xml:lang="en">One<br/>two<br/><br/>three</description>
 <description descriptionType="Methods">&lt;none&gt; &amp; "all"</description></descriptions>
<geoLocations>
 <geoLocation><geoLocationPlace>Fjord</geoLocationPlace>
  <geoLocationPoint><pointLongitude>1.5</pointLongitude><pointLatitude>-2</pointLatitude></geoLocationPoint>
  <geoLocationBox><westBoundLongitude>1</westBoundLongitude><eastBoundLongitude>2</eastBoundLongitude>
   <southBoundLatitude>3</southBoundLatitude><northBoundLatitude>4</northBoundLatitude></geoLocationBox>
  {{polygon}}{{polygon}}{{polygon}}</geoLocation>
 <geoLocation>{{polygon}}</geoLocation><geoLocation><geoLocationPlace>Bay</geoLocationPlace></geoLocation>
</geoLocations>
<fundingReferences><fundingReference><funderName>Fund</funderName><funderIdentifier funderIdentifierType="ROR"
 schemeURI="https://ror.org">https://ror.org/04wxnsj81</funderIdentifier>
 <awardNumber awardURI="https://a.example/7">7</awardNumber><awardTitle>Tides</awardTitle></fundingReference>
 <fundingReference><funderName>Other</funderName></fundingReference></fundingReferences>
<relatedItems><relatedItem relatedItemType="Journal" relationType="Other" relationTypeInformation="IsSatireOf">
 <relatedItemIdentifier relatedItemIdentifierType="ISSN" relatedMetadataScheme="s" schemeURI="https://s.example"
  schemeType="t">1234-5679</relatedItemIdentifier>
 <creators><creator><creatorName nameType="Personal" xml:lang="en">A, B</creatorName><givenName>B</givenName>
  <familyName>A</familyName></creator></creators>
 <titles><title xml:lang="en">J</title><title titleType="TranslatedTitle" xml:lang="de">Z</title></titles>
 <publicationYear>1999</publicationYear><volume>1</volume><issue>2</issue><number numberType="Article">3</number>
 <firstPage>4</firstPage><lastPage>5</lastPage><publisher>P</publisher><edition>6</edition>
 <contributors><contributor contributorType="Editor"><contributorName nameType="Organizational"
  xml:lang="en">C</contributorName>
  <givenName>G</givenName><familyName>F</familyName></contributor></contributors></relatedItem></relatedItems>
</resource>"""
_CORNER = "<polygonPoint><pointLongitude>{}</pointLongitude><pointLatitude>{}</pointLatitude></polygonPoint>"
POLYGON = (
    "<geoLocationPolygon>"
    + "".join(_CORNER.format(*corner) for corner in ((0, 0), (1.25, 0), (1, 1), (0, 0)))
    + "<inPolygonPoint><pointLatitude>0.5</pointLatitude><pointLongitude>0.5</pointLongitude></inPolygonPoint>"
    + "</geoLocationPolygon>"
)
ALL = EVERYTHING.replace("{polygon}", POLYGON)

Tree = tuple[str, frozenset[tuple[str, str]], str, tuple[Any, ...]]


@pytest.fixture(scope="session")
def xsd(shared: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(shared / "data" / "kernel-4" / "metadata.xsd")))


def same(text: str | None) -> str:
    """A text or number by what it means: white space around it and 41.10 for 41.1 are no difference."""
    words = " ".join((text or "").split())
    try:
        return repr(float(words))
    except ValueError:
        return words


def tree(element: etree._Element) -> Tree:
    """An element with attributes, text, tail and children. Children whose order the schema leaves open are sorted."""
    attributes = {(str(name), same(value)) for name, value in element.attrib.items() if not str(name).startswith(XSI)}
    children = [tree(child) for child in element.iterchildren(etree.Element)]
    name = etree.QName(element).localname
    if name in ("resource", "geoLocation", "fundingReference") or name.endswith(("Point", "Box")):
        children.sort(key=repr)
    children = [child for child in children if child[1] or child[2] or child[3] or child[0] == "br"]
    tail = same(element.tail) if name == "br" else ""
    return name, frozenset(attributes), f"{same(element.text)}|{tail}".strip("|"), tuple(children)


def there_and_back(data: bytes) -> bytes:
    """Through JSON text, as a file of it."""
    attributes = json.loads(json.dumps(from_xml.parse(data)))
    return to_xml.render(from_json.canonical(attributes), doi=attributes["doi"])


def names_of_xsd(node: etree._Element) -> set[str]:
    names = {str(one.get("name")) for one in node.iter("{*}element", "{*}attribute") if one.get("name")}
    return names | {str(one.get("ref")) for one in node.iter("{*}attribute") if one.get("ref")}


def test_the_document_with_everything_has_every_element_and_attribute_of_the_schema(shared: Path) -> None:
    schema = etree.parse(str(shared / "data" / "kernel-4" / "metadata.xsd")).getroot()
    used = {etree.QName(element).localname for element in etree.fromstring(ALL).iter(etree.Element)}
    used |= {str(name).replace(LANG, "xml:lang") for element in etree.fromstring(ALL).iter() for name in element.attrib}

    assert names_of_xsd(schema) - used == set()


def test_the_document_with_everything_is_valid(xsd: etree.XMLSchema) -> None:
    assert xsd.validate(etree.fromstring(ALL)), xsd.error_log


def test_the_document_with_everything_loses_nothing(xsd: etree.XMLSchema) -> None:
    back = there_and_back(ALL.encode())

    assert tree(etree.fromstring(back)) == tree(etree.fromstring(ALL))
    assert xsd.validate(etree.fromstring(back)), xsd.error_log


def test_of_the_document_with_everything_nothing_is_said_to_be_left_out() -> None:
    assert from_xml.read(ALL.encode()).notes == []


@every_example
def test_an_official_example_loses_no_element_and_no_attribute(shared: Path, name: str, xsd: etree.XMLSchema) -> None:
    data = (shared / "data" / "kernel-4-examples" / name).read_bytes()

    back = there_and_back(data)

    assert tree(etree.fromstring(back)) == tree(etree.fromstring(data))
    assert xsd.validate(etree.fromstring(back)), xsd.error_log


@every_example
def test_of_an_official_example_nothing_is_said_to_be_left_out(shared: Path, name: str) -> None:
    assert from_xml.read((shared / "data" / "kernel-4-examples" / name).read_bytes()).notes == []


def with_prefix(data: str) -> str:
    """The same document with a prefix on every element."""
    root = etree.fromstring(data)
    found = etree.Element(root.tag, nsmap={"d": NS})
    found.extend(root)
    etree.cleanup_namespaces(found, top_nsmap={"d": NS})
    return etree.tostring(found, encoding="unicode")


def test_a_prefix_for_the_namespace_makes_no_difference() -> None:
    prefixed = with_prefix(ALL)

    assert "<d:creatorName" in prefixed
    assert from_xml.parse(prefixed.encode()) == from_xml.parse(ALL.encode())


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("declaration", ["", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-16"?>'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_every_encoding_reads_the_same(encoding: str, declaration: str, mark: str) -> None:
    data = (mark + declaration + ALL).encode(encoding)

    assert from_xml.parse(data) == from_xml.parse(ALL.encode())


@pytest.mark.parametrize("before", ["\n", "  \r\n\t", "\ufeff\n"])
def test_white_space_before_the_declaration_makes_no_difference(before: str) -> None:
    data = f'{before}<?xml version="1.0" encoding="UTF-8"?>{ALL}'.encode()

    assert from_xml.parse(data) == from_xml.parse(ALL.encode())


def test_comments_instructions_and_cdata_make_no_difference() -> None:
    data = ALL.replace("<title>Plain", "<?p i?><!-- c --><title><!-- c --><![CDATA[Pl]]><?p i?>ain<!-- d -->")

    assert from_xml.parse(data.encode()) == from_xml.parse(ALL.encode())


@given(st.lists(st.sampled_from(["", "Fjord", "Bay"]), max_size=6), st.booleans())
def test_polygons_of_one_place_stand_together_and_come_apart_again(places: list[str], joined: bool) -> None:
    corners = [{"polygonPoint": {"pointLongitude": float(n % 3), "pointLatitude": float(n)}} for n in range(4)]
    rows = [{"geoLocationPlace": place, "geoLocationPolygon": corners} for place in places]
    document = from_json.canonical({"geoLocations": rows})

    back = from_xml.parse(to_xml.render(document, doi="10.5072/a", joined=joined))

    assert back == document | {"doi": "10.5072/a"}


def test_joined_and_not_joined_differ_in_the_number_of_places() -> None:
    document = from_xml.parse(ALL.encode())

    found = [
        len(list(etree.fromstring(to_xml.render(document, doi="10.5072/a", joined=joined)).iter("{*}geoLocation")))
        for joined in (True, False)
    ]

    assert found == [3, 5]
