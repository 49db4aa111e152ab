"""JSON -> XML -> JSON loses nothing, for documents with all blocks; the official XSD takes the XML in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from doitui_core.metadata import from_json, from_xml, kernel4, to_xml, validate


@pytest.fixture(scope="session")
def xsd(shared: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(shared / "data" / "kernel-4" / "metadata.xsd")))


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\ufffe\uffff", exclude_categories=["Cs", "Cc"]), min_size=1
).filter(str.strip)
URIS = st.sampled_from(["https://a.example/b?c=d#e", "urn:x:y", "https://ror.org"])
LANGUAGES = st.sampled_from(["en", "de", "pt-BR", "zh-Hant"])
YEARS = st.integers(1000, 9999)
LATITUDES, LONGITUDES = st.floats(-90, 90), st.floats(-180, 180)
PROSE = st.lists(TEXTS.filter(lambda text: "<br>" not in text), min_size=1, max_size=3).map("<br>".join)


def row(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(required, optional=optional)


def rows(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(row(required, **optional), min_size=1, max_size=3)


def words(vocabulary: str) -> st.SearchStrategy[str]:
    return st.sampled_from(kernel4.VOCABULARIES[vocabulary])


NAMES = {"nameType": words("nameType"), "givenName": TEXTS, "familyName": TEXTS, "lang": LANGUAGES}
PERSON = {
    **NAMES,
    "nameIdentifiers": rows({"nameIdentifier": TEXTS, "nameIdentifierScheme": TEXTS}, schemeUri=URIS),
    "affiliation": rows(
        {"name": TEXTS}, affiliationIdentifier=TEXTS, affiliationIdentifierScheme=TEXTS, schemeUri=URIS
    ),
}
TITLES = rows({"title": TEXTS}, titleType=words("titleType"), lang=LANGUAGES)
POINT = row({"pointLongitude": LONGITUDES, "pointLatitude": LATITUDES})
POLYGON_JSON = st.builds(
    lambda outer, inner: [{"polygonPoint": one} for one in outer] + [{"inPolygonPoint": one} for one in inner],
    st.lists(POINT, min_size=4, max_size=6),
    st.lists(POINT, max_size=1),
)
BOX = {"westBoundLongitude": LONGITUDES, "eastBoundLongitude": LONGITUDES}
BOX |= {"southBoundLatitude": LATITUDES, "northBoundLatitude": LATITUDES}
SCHEME = {"relatedMetadataScheme": TEXTS, "schemeType": TEXTS}
BLOCKS: dict[str, st.SearchStrategy[Any]] = {
    "creators": rows({"name": TEXTS}, **PERSON),
    "titles": TITLES,
    "publisher": row(
        {"name": TEXTS},
        publisherIdentifier=TEXTS,
        publisherIdentifierScheme=TEXTS,
        schemeUri=URIS,
        lang=LANGUAGES,
    ),
    "publicationYear": YEARS,
    "types": row({"resourceTypeGeneral": words("resourceTypeGeneral")}, resourceType=TEXTS),
    "subjects": rows(
        {"subject": TEXTS},
        subjectScheme=TEXTS,
        schemeUri=URIS,
        valueUri=URIS,
        lang=LANGUAGES,
        classificationCode=URIS,
    ),
    "contributors": rows({"name": TEXTS, "contributorType": words("contributorType")}, **PERSON),
    "dates": rows({"date": TEXTS, "dateType": words("dateType")}, dateInformation=TEXTS),
    "language": LANGUAGES,
    "identifiers": rows({"identifier": TEXTS, "identifierType": TEXTS.filter(lambda kind: kind.strip() != "DOI")}),
    "relatedIdentifiers": rows(
        {
            "relatedIdentifier": TEXTS,
            "relatedIdentifierType": words("relatedIdentifierType"),
            "relationType": words("relationType"),
        },
        relationTypeInformation=TEXTS,
        resourceTypeGeneral=words("resourceTypeGeneral"),
        schemeUri=URIS,
        **SCHEME,
    ),
    "relatedItems": rows(
        {"relatedItemType": words("resourceTypeGeneral"), "relationType": words("relationType")},
        relationTypeInformation=TEXTS,
        relatedItemIdentifier=row(
            {"relatedItemIdentifier": TEXTS},
            relatedItemIdentifierType=words("relatedIdentifierType"),
            schemeURI=URIS,
            **SCHEME,
        ),
        creators=rows({"name": TEXTS}, **NAMES),
        titles=TITLES,
        publicationYear=YEARS,
        number=TEXTS,
        numberType=words("numberType"),
        contributors=rows({"name": TEXTS, "contributorType": words("contributorType")}, **NAMES),
        **dict.fromkeys(("volume", "issue", "firstPage", "lastPage", "publisher", "edition"), TEXTS),
    ),
    "sizes": st.lists(TEXTS, min_size=1, max_size=2),
    "formats": st.lists(TEXTS, min_size=1, max_size=2),
    "version": TEXTS,
    "rightsList": rows(
        {"rights": TEXTS},
        rightsUri=URIS,
        rightsIdentifier=TEXTS,
        rightsIdentifierScheme=TEXTS,
        schemeUri=URIS,
        lang=LANGUAGES,
    ),
    "descriptions": rows({"description": PROSE, "descriptionType": words("descriptionType")}, lang=LANGUAGES),
    "geoLocations": rows(
        {},
        geoLocationPlace=st.sampled_from(["Fjord", "Bay"]),
        geoLocationPoint=POINT,
        geoLocationBox=row(BOX),
        geoLocationPolygon=POLYGON_JSON,
    ),
    "fundingReferences": rows(
        {"funderName": TEXTS},
        funderIdentifier=TEXTS,
        funderIdentifierType=words("funderIdentifierType"),
        awardNumber=TEXTS,
        awardUri=URIS,
        awardTitle=TEXTS,
    ),
}


def with_types(document: dict[str, Any]) -> dict[str, Any]:
    """The schema wants a type for each funder's identifier, and that has a scheme's address too."""
    for funding in document["fundingReferences"]:
        if "funderIdentifier" in funding:
            funding |= {"funderIdentifierType": funding.get("funderIdentifierType", "Other"), "schemeUri": "urn:x:y"}
    return document


DOCUMENTS = st.fixed_dictionaries(BLOCKS).map(with_types).map(from_json.canonical)
generated = settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40)


def test_the_generated_documents_have_all_blocks_of_the_schema() -> None:
    assert set(BLOCKS) == set(kernel4.BLOCKS) - {"contentUrl", "container"}


@generated
@given(DOCUMENTS)
def test_json_becomes_valid_xml_and_comes_back_the_same(xsd: etree.XMLSchema, document: dict[str, Any]) -> None:
    xml = to_xml.render(document, doi="10.5072/a")
    back = from_xml.read(xml)

    assert xsd.validate(etree.fromstring(xml)), xsd.error_log
    assert back.attributes == document | {"doi": "10.5072/a"}
    assert back.notes == []


@generated
@given(DOCUMENTS)
def test_what_comes_back_has_no_errors(document: dict[str, Any]) -> None:
    document["rightsList"] = [{**one, "rights": one["rights"][:2000]} for one in document["rightsList"]]

    assert [finding for finding in validate.check(document) if finding.level == "error"] == []
