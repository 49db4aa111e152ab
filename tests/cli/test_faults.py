# ruff: noqa: E501 - one fault a line, as in a table
"""Every fault that `metadata validate` knows: its code, level, place in the document, and how to fix it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Changes = dict[str, Any]

GOOD: Changes = {
    "doi": "10.5072/good",
    "creators": [{"name": "Brandt, Ida"}],
    "titles": [{"title": "Letters"}],
    "publisher": {"name": "Hollin Archive"},
    "publicationYear": 2020,
    "types": {"resourceTypeGeneral": "Text"},
}
PERSON = {"name": "A", "contributorType": "Editor"}
RELATED = {"relatedIdentifier": "10.5072/a", "relatedIdentifierType": "DOI", "relationType": "Cites"}
ITEM = {"relatedItemType": "Book", "relationType": "IsPartOf", "titles": [{"title": "T"}]}
POINT = {"pointLongitude": 10, "pointLatitude": 20}
SQUARE = [{"polygonPoint": {"pointLongitude": x, "pointLatitude": y}} for x, y in ((0, 0), (0, 1), (1, 1), (0, 0))]
BOX = {"westBoundLongitude": 1, "eastBoundLongitude": 2, "southBoundLatitude": 3, "northBoundLatitude": 4}


def date(text: str, kind: str = "Issued") -> Changes:
    return {"dates": [{"date": text, "dateType": kind}]}


def related(kind: str, value: str, **more: str) -> Changes:
    return {"relatedIdentifiers": [{**RELATED, "relatedIdentifierType": kind, "relatedIdentifier": value, **more}]}


def creator(**members: Any) -> Changes:
    return {"creators": [{"name": "A", **members}]}


def named(scheme: str, value: str) -> Changes:
    return creator(nameIdentifiers=[{"nameIdentifier": value, "nameIdentifierScheme": scheme}])


def place(**members: Any) -> Changes:
    return {"geoLocations": [members]}


def funding(**members: str) -> Changes:
    return {"fundingReferences": [{"funderName": "F", **members}]}


NAME_ID = "creators[0].nameIdentifiers[0].nameIdentifier"
RELATED_ID = "relatedIdentifiers[0].relatedIdentifier"
FUNDER_ID = "fundingReferences[0].funderIdentifier"

#: What is changed in a good document (None: taken out), the code, the path, and a part of the remedy.
ERRORS: list[tuple[Changes, str, str, str]] = [
    ({"creators": None}, "creator_missing", "creators", "write ':unav'"),
    ({"titles": []}, "title_missing", "titles", "write ':unas'"),
    ({"publisher": None}, "publisher_missing", "publisher", "write ':unav'"),
    ({"publisher": {"lang": "en"}}, "publisher_missing", "publisher.name", "write ':unav'"),
    ({"publicationYear": None}, "publication_year_missing", "publicationYear", "its DOI is registered"),
    ({"types": None}, "document_type_missing", "types", "such as Dataset"),
    ({"types": {"resourceType": "x"}}, "document_type_missing", "types.resourceTypeGeneral", "such as Dataset"),
    ({"publicationYear": ":unav"}, "year_syntax", "publicationYear", "its DOI is registered"),
    ({"publicationYear": "20"}, "year_syntax", "publicationYear", "1000 to 9999"),
    ({"relatedItems": [{**ITEM, "publicationYear": ":unav"}]}, "year_syntax", "relatedItems[0].publicationYear", "leave"),
    ({"types": {"resourceTypeGeneral": "data set"}}, "unknown_value", "types.resourceTypeGeneral", "'Dataset'?"),
    ({"titles": [{"title": "T", "titleType": "SubTitle"}]}, "unknown_value", "titles[0].titleType", "write 'Subtitle'"),
    (creator(nameType="Person"), "unknown_value", "creators[0].nameType", "'Personal'?"),
    ({"contributors": [{**PERSON, "contributorType": "editor"}]}, "unknown_value", "contributors[0].contributorType", "'Editor'"),
    ({"contributors": [{"name": "A"}]}, "value_missing", "contributors[0].contributorType", "write one of ContactPerson"),
    ({"contributors": [{"contributorType": "Editor"}]}, "value_missing", "contributors[0].name", "fill it in"),
    (date("2020", "issued"), "unknown_value", "dates[0].dateType", "write 'Issued'"),
    ({"dates": [{"date": "2020"}]}, "value_missing", "dates[0].dateType", "write one of Accepted"),
    (related("doi", "10.5072/a"), "unknown_value", "relatedIdentifiers[0].relatedIdentifierType", "write 'DOI'"),
    (related("DOI", "10.5072/a", relationType="isCitedBy"), "unknown_value", "relatedIdentifiers[0].relationType", "'IsCitedBy'"),
    (related("DOI", "10.5072/a", resourceTypeGeneral="Txt"), "unknown_value", "relatedIdentifiers[0].resourceTypeGeneral", "'Text'?"),
    ({"relatedIdentifiers": [{"relatedIdentifier": "x"}]}, "value_missing", "relatedIdentifiers[0].relationType", "write one of IsCitedBy"),
    ({"relatedItems": [{**ITEM, "numberType": "chapter"}]}, "unknown_value", "relatedItems[0].numberType", "'Chapter'"),
    ({"relatedItems": [{"relationType": "Cites", "titles": [{"title": "T"}]}]}, "value_missing", "relatedItems[0].relatedItemType", "fill it in"),
    ({"descriptions": [{"description": "D", "descriptionType": "abstract"}]}, "unknown_value", "descriptions[0].descriptionType", "'Abstract'"),
    ({"descriptions": [{"description": "D"}]}, "value_missing", "descriptions[0].descriptionType", "write one of Abstract"),
    ({"identifiers": [{"identifier": "7"}]}, "value_missing", "identifiers[0].identifierType", "fill it in"),
    (funding(funderIdentifierType="Ror"), "unknown_value", "fundingReferences[0].funderIdentifierType", "write 'ROR'"),
    ({"fundingReferences": [{"awardNumber": "1"}]}, "value_missing", "fundingReferences[0].funderName", "fill it in"),
    (funding(funderIdentifier="1"), "value_missing", "fundingReferences[0].funderIdentifierType", "write one of ISNI"),
    ({"language": "en_US"}, "language_syntax", "language", "'en-US'?"),
    ({"language": "Portuguese"}, "language_syntax", "language", "'pt'?"),
    ({"titles": [{"title": "T", "lang": "de_DE"}]}, "language_syntax", "titles[0].lang", "'de-DE'?"),
    ({"rightsList": [{"rights": "x" * 2001}]}, "too_long", "rightsList[0].rights", "shorten it"),
    ({"contentUrl": ["files/1.pdf"]}, "url_syntax", "contentUrl[0]", "starts with https://"),
    ({"url": "www.example.org"}, "url_syntax", "url", "starts with https://"),
    (place(geoLocationPoint={**POINT, "pointLatitude": 91}), "out_of_range", "geoLocations[0].geoLocationPoint.pointLatitude", "-90 to 90"),
    (place(geoLocationPoint={**POINT, "pointLongitude": "10 E"}), "number_syntax", "geoLocations[0].geoLocationPoint.pointLongitude", "52.3906"),
    (place(geoLocationBox={**BOX, "westBoundLongitude": -181}), "out_of_range", "geoLocations[0].geoLocationBox.westBoundLongitude", "-180 to 180"),
    (place(geoLocationPoint={"pointLatitude": 1}), "value_missing", "geoLocations[0].geoLocationPoint.pointLongitude", "fill it in"),
    (place(geoLocationPolygon=SQUARE[:3]), "too_few_points", "geoLocations[0].geoLocationPolygon", "at least 4"),
    (place(geoLocationPolygon=[*SQUARE, *[{"inPolygonPoint": POINT}] * 2]), "too_many_points", "geoLocations[0].geoLocationPolygon", "leave one"),
    ({"titles": "A title"}, "wrong_shape", "titles", "use a list"),
    ({"titles": ["A title"]}, "wrong_shape", "titles[0]", "use an object"),
    ({"subjects": [{"subject": ["a"]}]}, "wrong_shape", "subjects[0].subject", "use text"),
    ({"titles": [{"title": "a\ud800"}]}, "half_character", "titles[0].title", "remove it"),
]  # fmt: skip

WARNINGS: list[tuple[Changes, str, str, str]] = [
    (creator(name="", givenName="Ida"), "value_missing", "creators[0].name", "fill it in"),
    (creator(name="  ", nameType="Personal"), "value_missing", "creators[0].name", "fill it in"),
    ({"dates": [{"date": "", "dateType": "Issued"}]}, "value_missing", "dates[0].date", "fill it in"),
    ({"relatedItems": [{"relatedItemType": "Book", "relationType": "Cites"}]}, "value_missing", "relatedItems[0].titles", "fill it in"),
    (creator(nameIdentifiers=[{"nameIdentifier": "1"}]), "scheme_missing", f"{NAME_ID}Scheme", "such as ORCID"),
    (creator(affiliation=[{"name": "U", "affiliationIdentifier": "1"}]), "scheme_missing", "creators[0].affiliation[0].affiliationIdentifierScheme", "ROR"),
    ({"rightsList": [{"rightsIdentifier": "cc0"}]}, "scheme_missing", "rightsList[0].rightsIdentifierScheme", "SPDX"),
    ({"publisher": {"name": "P", "publisherIdentifier": "1"}}, "scheme_missing", "publisher.publisherIdentifierScheme", "ROR"),
    (named("orcid", "https://orcid.org/0000-0002-1825-0097"), "scheme_case", f"{NAME_ID}Scheme", "write 'ORCID'"),
    (named("ORCID", "https://orcid.org/0000-0002-1825-0098"), "checksum", NAME_ID, "check its digits"),
    (named("ORCID", "orcid:0000-0002-1825-0097"), "orcid_form", NAME_ID, "https://orcid.org/0000-0002-1825-0097"),
    (named("ISNI", "0000 0001 2103 2684"), "checksum", NAME_ID, "check its digits"),
    (named("ROR", "https://ror.org/03yrm5c27"), "checksum", NAME_ID, "check its digits"),
    (named("ROR", "https://ror.org/03yrm5c26/"), "ror_form", NAME_ID, "https://ror.org/03yrm5c26"),
    (named("GRID", "419696.5"), "identifier_syntax", NAME_ID, "grid."),
    (funding(funderIdentifier="501100000780", funderIdentifierType="Crossref Funder ID"), "doi_syntax", FUNDER_ID, "10.13039"),
    (funding(funderIdentifier="03yrm5c27", funderIdentifierType="ROR"), "checksum", FUNDER_ID, "check its digits"),
    (funding(awardUri="award 7"), "uri_syntax", "fundingReferences[0].awardUri", "with https://"),
    (related("DOI", "see there"), "doi_syntax", RELATED_ID, "10.NNNN/suffix"),
    (related("URL", "example.org"), "uri_syntax", RELATED_ID, "https://"),
    (related("ISSN", "1234-5678"), "checksum", RELATED_ID, "2049-3630"),
    (related("ISBN", "0-12-345678-1"), "checksum", RELATED_ID, "check its digits"),
    (related("UPC", "036000291453"), "checksum", RELATED_ID, "check its digits"),
    (related("ARK", "12345/x"), "identifier_syntax", RELATED_ID, "ark:/"),
    (related("arXiv", "1501.1"), "identifier_syntax", RELATED_ID, "arXiv:1501.00001"),
    (related("bibcode", "2014Wthr"), "identifier_syntax", RELATED_ID, "2014Wthr...69"),
    (related("Handle", "20.5000"), "identifier_syntax", RELATED_ID, "hdl.handle.net"),
    (related("LSID", "lsid:x"), "identifier_syntax", RELATED_ID, "urn:lsid:"),
    (related("PMID", "PMC17"), "identifier_syntax", RELATED_ID, "PMID:"),
    (related("RRID", "AB_1"), "identifier_syntax", RELATED_ID, "RRID:"),
    (related("SWHID", "swh:1:dir:0"), "identifier_syntax", RELATED_ID, "40 hexadecimal"),
    (related("URN", "nbn:de:1"), "identifier_syntax", RELATED_ID, "urn:nbn"),
    (related("w3id", "https://example.org/a"), "identifier_syntax", RELATED_ID, "w3id.org"),
    (related("DOI", "10.5072/a", relationType="Other"), "information_missing", "relatedIdentifiers[0].relationTypeInformation", "describe"),
    ({"relatedItems": [{**ITEM, "relationType": "Other"}]}, "information_missing", "relatedItems[0].relationTypeInformation", "describe"),
    ({"identifiers": [{"identifier": "12345/x", "identifierType": "ARK"}]}, "identifier_syntax", "identifiers[0].identifier", "ark:/"),
    ({"identifiers": [{"identifier": "2049-3630", "identifierType": "issn"}]}, "scheme_case", "identifiers[0].identifierType", "'ISSN'"),
    (date("31.05.2024"), "date_syntax", "dates[0].date", "write 2024-05-31"),
    (date("20240531"), "date_syntax", "dates[0].date", "write 2024-05-31"),
    (date("1850-1900"), "date_syntax", "dates[0].date", "write 1850/1900"),
    (date("ca. 1850"), "date_syntax", "dates[0].date", "write 1850~"),
    (date("55 BC"), "date_syntax", "dates[0].date", "write -0054"),
    (date("2024-02-30"), "date_syntax", "dates[0].date", "-0054 (55 BC)"),
    (date("2020/", "Coverage"), "date_open", "dates[0].date", "write 2020/open"),
    (date("/2020", "Coverage"), "date_open", "dates[0].date", "write unknown/2020"),
    (date("2020/..", "Coverage"), "date_edtf_2019", "dates[0].date", "write 2020/open"),
    (date("201X"), "date_edtf_2019", "dates[0].date", "write 201u"),
    (date("2021/2020", "Coverage"), "date_reversed", "dates[0].date", "write 2020/2021"),
    (date(":tba"), "placeholder", "dates[0].date", "as soon as it is known"),
    (creator(name="(:unav)"), "placeholder", "creators[0].name", "as soon as it is known"),
    ({"titles": [{"title": ":tbd"}]}, "placeholder_unknown", "titles[0].title", "':tba'?"),
    ({"language": "deu"}, "language_changed", "language", "write de"),
    ({"language": "qq"}, "language_unknown", "language", "ISO 639"),
    ({"titles": [{"title": "T", "lang": "cz"}]}, "language_unknown", "titles[0].lang", "'cs'?"),
    ({"titles": [{"title": "Sons &amp; Sons"}]}, "entity", "titles[0].title", "write '&'"),
    ({"titles": [{"title": "On <i>Salix</i>"}]}, "markup", "titles[0].title", "plain text"),
    ({"titles": [{"title": "a\u0007"}]}, "control_character", "titles[0].title", "remove them"),
    ({"subjects": [{"subject": "S", "valueUri": "a b"}]}, "uri_syntax", "subjects[0].valueUri", "with https://"),
    ({"contentUrl": ["https://example.org/a b"]}, "uri_syntax", "contentUrl[0]", "%20"),
    (place(geoLocationBox={**BOX, "southBoundLatitude": 5}), "box_inverted", "geoLocations[0].geoLocationBox.southBoundLatitude", "swap"),
    (place(geoLocationPolygon=[*SQUARE[:3], {"polygonPoint": POINT}]), "polygon_open", "geoLocations[0].geoLocationPolygon", "repeat the first"),
    ({"titels": "x"}, "unknown_field", "titels", "'titles'?"),
    (creator(firstName="Ida"), "unknown_field", "creators.firstName", "check its spelling"),
    ({"url": "https://user:secret@example.org/1"}, "url_credentials", "url", "before @"),
    ({"url": "https://doi.org/10.5072/good"}, "url_loop", "url", "the page's own address"),
]  # fmt: skip


def validated(typed: Callable[..., Any], path: Path, faults: list[tuple[Changes, str, str, str]]) -> list[Any]:
    documents = [{name: value for name, value in {**GOOD, **row[0]}.items() if value is not None} for row in faults]
    path.write_text("".join(f"{json.dumps(document)}\n" for document in documents), encoding="utf-8")
    found: list[Any] = typed("metadata", "validate", path, "--json").json["documents"]
    return found


def unnamed(
    typed: Callable[..., Any], path: Path, level: str, faults: list[tuple[Changes, str, str, str]]
) -> list[Any]:
    """Faults without the finding they deserve, or with an error besides a warning."""
    wrong = []
    for (_, code, where, remedy), document in zip(faults, validated(typed, path, faults), strict=True):
        findings = document["findings"]
        mine = [each for each in findings if (each["code"], each["level"], each["path"]) == (code, level, where)]
        fits = mine and remedy in mine[0]["remedy"] and mine[0]["remedy"] in mine[0]["message"]
        if not fits or document["valid"] != (level == "warning"):
            wrong.append((code, where, remedy, findings))
    return wrong


def test_each_fault_is_named_with_code_level_path_and_remedy(typed: Callable[..., Any], tmp_path: Path) -> None:
    assert unnamed(typed, tmp_path / "errors.jsonl", "error", ERRORS) == []
    assert unnamed(typed, tmp_path / "warnings.jsonl", "warning", WARNINGS) == []
    assert len({(code, where) for _, code, where, _ in ERRORS + WARNINGS}) >= 75
    assert len({code for _, code, _, _ in ERRORS + WARNINGS}) >= 35


def test_every_finding_says_how_to_fix_it(typed: Callable[..., Any], tmp_path: Path) -> None:
    documents = validated(typed, tmp_path / "all.jsonl", ERRORS + WARNINGS)
    assert [each for document in documents for each in document["findings"] if not each["remedy"]] == []
