"""Kernel-4 XML in: what the examples do not show, and what is refused."""

from __future__ import annotations

import time

import pytest

from doitui_core.errors import UnreadableDocument
from doitui_core.metadata import from_xml

NS = "http://datacite.org/schema/kernel-4"


def resource(inner: str, namespace: str = NS, before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<resource xmlns="{namespace}">{inner}</resource>'.encode()


def points(*latitudes: float, kind: str = "polygonPoint") -> str:
    return "".join(
        f"<{kind}><pointLatitude>{latitude}</pointLatitude><pointLongitude>1</pointLongitude></{kind}>"
        for latitude in latitudes
    )


def polygon(*latitudes: float, inner: str = "") -> str:
    return f"<geoLocationPolygon>{points(*latitudes)}{inner}</geoLocationPolygon>"


def location(*parts: str) -> bytes:
    return resource(f"<geoLocations><geoLocation>{''.join(parts)}</geoLocation></geoLocations>")


@pytest.mark.parametrize("version", ["4", "4.0", "4.3", "4.7", "4/"])
def test_every_kernel_4_namespace_is_read(version: str) -> None:
    data = resource("<version>2</version>", f"http://datacite.org/schema/kernel-{version}")

    assert from_xml.parse(data) == {"version": "2"}


def test_white_space_around_a_value_goes() -> None:
    assert from_xml.parse(resource("<language>\n  en\n</language>")) == {"language": "en"}


def test_a_break_in_a_description_is_one_as_in_datacites_json() -> None:
    data = resource('<descriptions><description descriptionType="Other">one<br/>two</description></descriptions>')

    assert from_xml.parse(data)["descriptions"][0]["description"] == "one<br>two"


def test_a_break_in_a_title_where_the_schema_has_none_is_a_line_break() -> None:
    assert from_xml.parse(resource("<titles><title>one<br/>two</title></titles>")) == {
        "titles": [{"title": "one\ntwo"}]
    }


def test_comments_are_not_text() -> None:
    assert from_xml.parse(resource("<version>1<!-- no -->.0</version>")) == {"version": "1.0"}


def test_a_main_identifier_that_is_no_doi_becomes_an_alternate_one() -> None:
    data = resource('<identifier identifierType="Handle">1234/5</identifier>')

    assert from_xml.parse(data) == {"identifiers": [{"identifier": "1234/5", "identifierType": "Handle"}]}


def test_a_placeholder_is_no_doi() -> None:
    assert from_xml.parse(resource('<identifier identifierType="DOI">(:tba)</identifier>')) == {}


def test_the_language_of_a_given_name_is_not_the_persons() -> None:
    data = resource(
        '<creators><creator><creatorName xml:lang="en">A, B</creatorName>'
        '<givenName xml:lang="ja">B</givenName></creator></creators>'
    )

    assert from_xml.parse(data)["creators"][0]["lang"] == "en"


def test_a_funders_scheme_and_an_awards_address_stand_in_one_row() -> None:
    data = resource(
        "<fundingReferences><fundingReference><funderName>F</funderName>"
        '<funderIdentifier funderIdentifierType="ROR" schemeURI="https://ror.org">x</funderIdentifier>'
        '<awardNumber awardURI="https://a.example">7</awardNumber></fundingReference></fundingReferences>'
    )

    assert from_xml.parse(data)["fundingReferences"] == [
        {
            "funderName": "F",
            "funderIdentifier": "x",
            "funderIdentifierType": "ROR",
            "schemeUri": "https://ror.org",
            "awardNumber": "7",
            "awardUri": "https://a.example",
        }
    ]


def test_the_scheme_of_a_related_item_keeps_its_capitals() -> None:
    data = resource(
        '<relatedItems><relatedItem relatedItemType="Text" relationType="Cites"><relatedItemIdentifier '
        'relatedItemIdentifierType="URL" schemeURI="https://s.example">u</relatedItemIdentifier></relatedItem>'
        "</relatedItems>"
    )

    assert from_xml.parse(data)["relatedItems"][0]["relatedItemIdentifier"]["schemeURI"] == "https://s.example"


def test_several_polygons_of_one_place_become_several_places_of_that_name() -> None:
    data = location("<geoLocationPlace>Fjord</geoLocationPlace>", polygon(1, 2, 3, 1), polygon(4, 5, 6, 4))

    rows = from_xml.parse(data)["geoLocations"]

    assert [
        (row["geoLocationPlace"], row["geoLocationPolygon"][0]["polygonPoint"]["pointLatitude"]) for row in rows
    ] == [
        ("Fjord", 1.0),
        ("Fjord", 4.0),
    ]


def test_several_points_of_one_place_are_all_kept() -> None:
    rows = from_xml.parse(location(points(1, 2, 3, kind="geoLocationPoint")))["geoLocations"]

    assert [row["geoLocationPoint"]["pointLatitude"] for row in rows] == [1.0, 2.0, 3.0]


def test_the_inner_point_of_a_polygon_comes_last() -> None:
    data = location(polygon(1, 2, 3, 1, inner=points(2, kind="inPolygonPoint")))

    row = from_xml.parse(data)["geoLocations"][0]

    assert row["geoLocationPolygon"][-1] == {"inPolygonPoint": {"pointLatitude": 2.0, "pointLongitude": 1.0}}


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE resource [<!ENTITY l0 "ha">{LAUGHS}]>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "invalid XML", id="nothing"),
        pytest.param(b"<resource", "invalid XML", id="cut off"),
        pytest.param(resource("<version>&nbsp;</version>"), "nbsp", id="unknown entity"),
        pytest.param(resource("<version>&l9;</version>", before=BOMB), "DOCTYPE|invalid", id="billion laughs"),
        pytest.param(
            resource('<creators a="&l9;"/>', before=BOMB), "DOCTYPE|invalid", id="billion laughs in an attribute"
        ),
        pytest.param(
            resource("<version>&x;</version>", before='<!DOCTYPE resource [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
            "<!DOCTYPE",
            id="external entity",
        ),
        pytest.param(
            resource("", before='<!DOCTYPE resource SYSTEM "http://127.0.0.1:9/x.dtd">'), "<!DOCTYPE", id="dtd"
        ),
        pytest.param(
            f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE resource []><resource xmlns="{NS}"/>'.encode("utf-16"),
            "<!DOCTYPE",
            id="dtd in utf-16",
        ),
        pytest.param(resource("<a>" * 400 + "</a>" * 400), "invalid XML", id="too deep"),
        pytest.param(resource("", "http://datacite.org/schema/kernel-2.2"), "migrate", id="kernel-2.2"),
        pytest.param(resource("", "http://datacite.org/schema/kernel-40"), "migrate", id="kernel-40"),
        pytest.param(resource("", "http://example.org/"), "not DataCite XML", id="another namespace"),
        pytest.param(b"<html/>", "not DataCite XML", id="another root"),
        pytest.param(resource("<titles/><titles/>"), "twice", id="the same block twice"),
        pytest.param(b" " * (from_xml.MAX_BYTES + 1), "too large", id="too large"),
    ],
)
def test_what_is_not_a_plain_kernel_4_document_is_refused_in_one_line(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableDocument, match=words) as refused:
        from_xml.parse(data)

    assert "\n" not in str(refused.value)


def test_a_bomb_is_refused_before_it_costs_anything() -> None:
    began = time.process_time()

    with pytest.raises(UnreadableDocument):
        from_xml.parse(resource('<creators a="&l9;"/>', before=BOMB))

    assert time.process_time() - began < 1


def left_out(data: bytes) -> list[str]:
    return [f"{note.path[0]}: {note.problem}" for note in from_xml.read(data).notes if note.code == "left_out"]


def test_elements_of_another_namespace_are_left_out_and_told() -> None:
    data = resource(
        '<titles xmlns:x="urn:x"><x:note>no</x:note><title>One<x:i> and</x:i> two</title></titles>'
        '<x:titles xmlns:x="urn:x"><x:title>no</x:title></x:titles>'
    )

    assert from_xml.parse(data) == {"titles": [{"title": "One two"}]}
    assert left_out(data) == [
        "titles: <note> is of namespace 'urn:x', not DataCite's, and is left out",
        "title: <i> is of namespace 'urn:x', not DataCite's, and is left out",
        "resource: <titles> is of namespace 'urn:x', not DataCite's, and is left out",
    ]


def test_elements_of_another_4_x_or_of_no_namespace_are_read() -> None:
    data = resource(
        '<version xmlns="http://datacite.org/schema/kernel-4.3">2</version><language xmlns="">en</language>'
    )

    assert from_xml.read(data) == from_xml.XmlDocument({"version": "2", "language": "en"}, [])


def test_attributes_of_another_namespace_do_not_stand_for_datacites() -> None:
    data = resource('<titles><title xmlns:x="urn:x" x:titleType="Other" x:lang="en">T</title></titles>')

    assert from_xml.parse(data) == {"titles": [{"title": "T"}]}
    assert len(left_out(data)) == 2


def test_attributes_for_validators_are_no_loss() -> None:
    data = resource(
        '<titles xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="a">'
        '<title xsi:nil="false">T</title></titles>'
    )

    assert from_xml.read(data) == from_xml.XmlDocument({"titles": [{"title": "T"}]}, [])


@pytest.mark.parametrize(
    ("inner", "place"),
    [
        ('<creators><creator><creatorName>A</creatorName><givenName xml:lang="ja">B</givenName></creator></creators>',
         "givenName"),
        ('<titles xml:lang="en"><title>A</title></titles>', "titles"),
        ('<relatedItems><relatedItem relatedItemType="Text"><publisher xml:lang="en">P</publisher></relatedItem>'
         "</relatedItems>", "publisher"),
        ('<creators><creator><creatorName>A</creatorName><affiliation xml:lang="en">B</affiliation></creator>'
         "</creators>", "creators.affiliation.lang"),
        ('<creators><creator><creatorName>A</creatorName><email>B</email></creator></creators>', "creators.email"),
        ("<notes>n</notes>", "notes"),
    ],
)  # fmt: skip
def test_what_json_has_no_member_for_is_told(inner: str, place: str) -> None:
    assert [line.partition(":")[0] for line in left_out(resource(inner))] == [place]


def test_the_language_of_a_given_name_does_not_become_the_persons() -> None:
    data = resource(
        '<creators><creator><creatorName>A</creatorName><givenName xml:lang="ja">B</givenName></creator></creators>'
    )

    assert from_xml.parse(data) == {"creators": [{"name": "A", "givenName": "B"}]}


def test_a_doi_among_the_alternate_identifiers_is_told_since_datacite_drops_it() -> None:
    alternates = "".join(
        f'<alternateIdentifier alternateIdentifierType="{kind}">{text}</alternateIdentifier>'
        for kind, text in (("DOI", "10.5072/other"), ("Local", "A 1"))
    )
    data = resource(
        '<identifier identifierType="doi">10.5072/a</identifier>'
        f"<alternateIdentifiers>{alternates}</alternateIdentifiers>"
    )

    assert from_xml.parse(data) == {
        "doi": "10.5072/a",
        "identifiers": [{"identifier": "A 1", "identifierType": "Local"}],
    }
    assert left_out(data) == [
        "identifiers: '10.5072/other' is a DOI, which DataCite takes for no alternate identifier, and is left out"
    ]
