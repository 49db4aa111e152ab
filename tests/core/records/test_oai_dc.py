"""What simple Dublin Core becomes."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from doitui_core.records import oai_dc

from ...oai_archive import OAI_DC


def attributes(content: str) -> dict[str, Any]:
    return oai_dc.attributes(etree.fromstring(OAI_DC.format(content)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "<dc:title xml:lang='de'>Briefe</dc:title><dc:title> Letters </dc:title>",
            {"titles": [{"title": "Briefe", "lang": "de"}, {"title": "Letters"}]},
        ),
        (
            "<dc:creator>Brandt, Ida</dc:creator>",
            {"creators": [{"name": "Brandt, Ida", "nameType": "Personal", "familyName": "Brandt", "givenName": "Ida"}]},
        ),
        (
            "<dc:contributor>Archive</dc:contributor>",
            {"contributors": [{"name": "Archive", "contributorType": "Other"}]},
        ),
        ("<dc:publisher>A</dc:publisher><dc:publisher>B</dc:publisher>", {"publisher": {"name": "A"}}),
        (
            "<dc:date>2020-05-01</dc:date><dc:date>1999</dc:date>",
            {"publicationYear": "2020", "dates": [{"date": "2020-05-01", "dateType": "Issued"}]},
        ),
        ("<dc:date>2020, in May</dc:date>", {"publicationYear": "2020", "dates": []}),
        ("<dc:date>undated</dc:date>", {}),
        ("<dc:language>de</dc:language>", {"language": "de"}),
        ("<dc:subject>Letters</dc:subject>", {"subjects": [{"subject": "Letters"}]}),
        (
            "<dc:description>All of them</dc:description>",
            {"descriptions": [{"description": "All of them", "descriptionType": "Abstract"}]},
        ),
        (
            "<dc:rights>https://creativecommons.org/licenses/by/4.0/</dc:rights><dc:rights>CC BY</dc:rights>",
            {"rightsList": [{"rightsUri": "https://creativecommons.org/licenses/by/4.0/"}, {"rights": "CC BY"}]},
        ),
        ("<dc:format>application/pdf</dc:format>", {"formats": ["application/pdf"]}),
        ("<dc:coverage>Hollin</dc:coverage>", {"geoLocations": [{"geoLocationPlace": "Hollin"}]}),
        ("<dc:relation>x</dc:relation><dc:source>y</dc:source>", {}),
        ("<dc:title> </dc:title>", {}),
    ],
)
def test_an_element_becomes_its_block(content: str, expected: dict[str, Any]) -> None:
    assert attributes(content) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("dataset",), {"resourceTypeGeneral": "Dataset"}),
        (("http://purl.org/dc/dcmitype/StillImage",), {"resourceTypeGeneral": "Image"}),
        (("Moving Image",), {"resourceTypeGeneral": "Audiovisual"}),
        (("PhysicalObject",), {"resourceTypeGeneral": "PhysicalObject"}),
        (("Journal Article",), {"resourceTypeGeneral": "JournalArticle"}),
        (("Charter",), {"resourceTypeGeneral": "Other", "resourceType": "Charter"}),
        (("Charter", "Text"), {"resourceTypeGeneral": "Text", "resourceType": "Charter"}),
    ],
)
def test_a_type(values: tuple[str, ...], expected: dict[str, str]) -> None:
    assert attributes("".join(f"<dc:type>{value}</dc:type>" for value in values)) == {"types": expected}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("https://example.org/1",), {"url": "https://example.org/1"}),
        (("https://doi.org/10.5072/x",), {"doi": "10.5072/x"}),
        (("doi:10.5072/x", "https://example.org/1"), {"doi": "10.5072/x", "url": "https://example.org/1"}),
        (
            ("https://example.org/1", "https://example.org/2"),
            {
                "url": "https://example.org/1",
                "identifiers": [{"identifier": "https://example.org/2", "identifierType": "URL"}],
            },
        ),
        (("MS 12",), {"identifiers": [{"identifier": "MS 12", "identifierType": "Local"}]}),
        (("urn:nbn:de:1",), {"identifiers": [{"identifier": "urn:nbn:de:1", "identifierType": "URN"}]}),
        (("ISBN 3161484100",), {"identifiers": [{"identifier": "3161484100", "identifierType": "ISBN"}]}),
    ],
)
def test_identifiers(values: tuple[str, ...], expected: dict[str, Any]) -> None:
    assert attributes("".join(f"<dc:identifier>{value}</dc:identifier>" for value in values)) == expected
