"""datacite-api.md 1.3 and 4.1: what DataCite takes from a request, and what it rewrites."""

from __future__ import annotations

import base64
import gzip
import json
import zlib

import pytest

from doitui.web.common.bodies import MAX_UNPACKED

XML = """<?xml version="1.0" encoding="UTF-8"?>
<resource xmlns="http://datacite.org/schema/kernel-4">
  <identifier identifierType="DOI">10.1/elsewhere</identifier>
  <creators><creator><creatorName>Doe, Jo</creatorName></creator></creators>
  <titles><title>From XML</title></titles>
  <publisher>Repo</publisher>
  <publicationYear>2025</publicationYear>
  <resourceType resourceTypeGeneral="Text">Article</resourceType>
</resource>"""


def encoded(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("media_type", ["application/vnd.api+json", "application/json", "text/plain"])
def test_the_media_type_is_not_enforced(api, doi, media_type):
    """1.3"""
    body = json.dumps({"data": {"attributes": {"doi": doi}}})
    assert api.send("POST", "/dois", data=body, headers={"Content-Type": media_type}).status_code == 201


def test_type_and_id_are_not_enforced(api, doi):
    """1.3"""
    body = {"data": {"id": "10.5072/other", "type": "works", "attributes": {"doi": doi}}}
    assert api.send("POST", "/dois", json=body).json()["data"]["id"] == doi


def test_a_prefix_alone_gives_a_random_suffix(api):
    """1.3"""
    assert api.post(prefix="10.5072").json()["data"]["id"].startswith("10.5072/")


@pytest.mark.parametrize("body", ["{}", '{"data": null}', '{"data": {}}', '{"data": []}', "[]", "null", ""])
def test_blank_data_is_400(api, body):
    """1.3"""
    answer = api.send("POST", "/dois", data=body)
    title = "You need to provide a payload following the JSONAPI spec"
    assert (answer.status_code, answer.json()) == (400, {"errors": [{"status": "400", "title": title}]})


@pytest.mark.parametrize("body", ["{", "nonsense", '{"data": NaN}', b"\xff\xfe\xfd", "[" * 100_000])
def test_broken_json_is_400(api, body):
    """1.9"""
    assert api.send("POST", "/dois", data=body).status_code == 400


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_body_is_inflated(api, doi, name, pack):
    """1.3"""
    body = pack(json.dumps({"data": {"attributes": {"doi": doi}}}).encode())
    assert api.send("POST", "/dois", data=body, headers={"Content-Encoding": name}).status_code == 201


def test_raw_deflate_is_inflated_too(api, doi):
    """1.3"""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = packer.compress(json.dumps({"data": {"attributes": {"doi": doi}}}).encode()) + packer.flush()
    assert api.send("POST", "/dois", data=body, headers={"Content-Encoding": "deflate"}).status_code == 201


@pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b"{}")[:-9]], ids=["junk", "cut off"])
def test_a_broken_compressed_body_is_400(api, body):
    """1.3"""
    assert api.send("POST", "/dois", data=body, headers={"Content-Encoding": "gzip"}).status_code == 400


def test_a_body_that_inflates_beyond_the_limit_is_413(api):
    """DESIGN 9: a hard limit before inflating"""
    bomb = gzip.compress(b" " * (MAX_UNPACKED + 1))
    assert api.send("POST", "/dois", data=bomb, headers={"Content-Encoding": "gzip"}).status_code == 413


def test_unknown_attributes_are_dropped_without_a_word(api, doi):
    """1.3"""
    answer = api.post(doi=doi, publicationyear=2020)
    assert (answer.status_code, answer.json()["data"]["attributes"]["publicationYear"]) == (201, None)


def test_unknown_members_are_dropped_without_a_word(api, doi):
    """1.3, 4.1"""
    api.post(doi=doi, subjects=[{"subject": "x", "schemeURI": "https://a.org"}])
    assert api.read(doi)["subjects"] == [{"subject": "x"}]


def test_the_owner_is_the_caller(api, doi):
    """1.3"""
    assert api.post(doi=doi).json()["data"]["relationships"]["client"]["data"]["id"] == "demo.repo"


@pytest.mark.parametrize(
    ("client", "status"), [("demo.repo", 201), ("DEMO.REPO", 201), ("no.such", 404), ("other.repo", 403)]
)
def test_an_owner_may_be_named(api, doi, client, status):
    """1.3"""
    relationships = {"client": {"data": {"type": "clients", "id": client}}}
    body = {"data": {"attributes": {"doi": doi}, "relationships": relationships}}
    assert api.send("POST", "/dois", json=body).status_code == status


def test_xml_may_stand_for_the_attributes(api, doi):
    """1.3"""
    api.post(doi=doi, url="https://a.org", event="publish", xml=encoded(XML))
    attributes = api.read(doi)
    assert (attributes["titles"], attributes["state"]) == ([{"title": "From XML"}], "findable")


def test_xml_alone_is_stored_with_the_upper_case_doi_in_it(api, doi):
    """1.3"""
    api.post(doi=doi, xml=encoded(XML))
    assert base64.b64decode(api.read(doi)["xml"]).decode() == XML.replace("10.1/elsewhere", doi.upper())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_xml_in_utf_16_is_stored_as_utf_8(api, doi, encoding):
    """1.3"""
    api.post(doi=doi, xml=base64.b64encode(XML.replace("From XML", "Von Ä").encode(encoding)).decode())
    stored = base64.b64decode(api.read(doi)["xml"]).decode()
    assert "Von Ä" in stored
    assert doi.upper() in stored
    assert api.read(doi)["schemaVersion"] == "http://datacite.org/schema/kernel-4"


def test_a_doi_made_over_json_has_its_xml(api, doi, complete):
    """1.4"""
    api.post(doi=doi, **complete)
    xml = base64.b64decode(api.read(doi)["xml"]).decode()
    assert f'<identifier identifierType="DOI">{doi.upper()}</identifier>' in xml
    assert complete["titles"][0]["title"] in xml


def test_the_xml_follows_the_json(api, doi, complete):
    """1.8"""
    api.post(doi=doi, xml=encoded(XML))
    api.put(doi, titles=[{"title": "Newer"}])
    xml = base64.b64decode(api.read(doi)["xml"]).decode()
    assert ("Newer" in xml, "From XML" in xml) == (True, False)


def test_a_draft_without_metadata_has_no_xml(api, doi):
    """1.6"""
    api.post(doi=doi)
    assert api.read(doi)["xml"] is None


def test_attributes_win_over_the_xml(api, doi):
    """1.3"""
    api.post(doi=doi, xml=encoded(XML), titles=[{"title": "From JSON"}])
    assert api.read(doi)["titles"] == [{"title": "From JSON"}]


def test_xml_gives_the_schema_version(api, doi):
    """1.3"""
    api.post(doi=doi, xml=encoded(XML))
    assert api.read(doi)["schemaVersion"] == "http://datacite.org/schema/kernel-4"


def test_xml_that_cannot_be_read_is_422(api, doi, refused):
    """1.9"""
    assert "xml" in refused(api.post(doi=doi, xml=encoded("<resource")))


def test_alternate_identifiers_are_an_alias_of_identifiers(api, doi):
    """4.1"""
    api.post(doi=doi, alternateIdentifiers=[{"alternateIdentifier": "A1", "alternateIdentifierType": "Local"}])
    assert api.read(doi)["identifiers"] == [{"identifier": "A1", "identifierType": "Local"}]


def test_identifiers_win_over_their_alias(api, doi):
    """4.1"""
    api.post(
        doi=doi,
        identifiers=[{"identifier": "B2", "identifierType": "Local"}],
        alternateIdentifiers=[{"alternateIdentifier": "A1", "alternateIdentifierType": "Local"}],
    )
    assert api.read(doi)["alternateIdentifiers"] == [{"alternateIdentifier": "B2", "alternateIdentifierType": "Local"}]


def test_coordinates_written_as_text_become_numbers(api, doi):
    """4.1"""
    point = {"pointLongitude": "-12.5", "pointLatitude": " 7 "}
    api.post(doi=doi, geoLocations=[{"geoLocationPoint": point}])
    assert api.read(doi)["geoLocations"] == [{"geoLocationPoint": {"pointLongitude": -12.5, "pointLatitude": 7.0}}]


def test_a_polygon_is_a_list_of_points_with_one_key(api, doi):
    """4.1"""
    point = {"pointLongitude": "1.5", "pointLatitude": 2}
    api.post(doi=doi, geoLocations=[{"geoLocationPolygon": [{"polygonPoint": point}, {"inPolygonPoint": point}]}])
    (place,) = api.read(doi)["geoLocations"]
    assert place["geoLocationPolygon"][0] == {"polygonPoint": {"pointLongitude": 1.5, "pointLatitude": 2}}


def test_the_version_is_stored_as_text(api, doi):
    """4.1"""
    assert api.post(doi=doi, version=2).json()["data"]["attributes"]["version"] == "2"


def test_types_get_members_of_the_servers_own(api, doi):
    """4.1"""
    types = api.post(doi=doi, types={"resourceTypeGeneral": "Text"}).json()["data"]["attributes"]["types"]
    assert types == {
        "resourceTypeGeneral": "Text",
        "schemaOrg": "ScholarlyArticle",
        "bibtex": "article",
        "citeproc": "article-journal",
        "ris": "RPRT",
    }


@pytest.mark.parametrize(("sent", "kept"), [("eng", "en"), ("ger", "de"), ("fr", "fr"), ("tlh", "tlh")])
def test_languages_become_two_letters_where_known(api, doi, sent, kept):
    """4.1"""
    assert api.post(doi=doi, language=sent).json()["data"]["attributes"]["language"] == kept


def test_an_orcid_becomes_a_url(api, doi):
    """4.1"""
    identifier = {"nameIdentifier": "0000-0002-1825-0097", "nameIdentifierScheme": "ORCID"}
    api.post(doi=doi, creators=[{"name": "Doe", "nameIdentifiers": [identifier]}])
    (creator,) = api.read(doi)["creators"]
    assert creator["nameIdentifiers"][0]["nameIdentifier"] == "https://orcid.org/0000-0002-1825-0097"


def test_a_ror_becomes_a_url(api, doi):
    """4.1"""
    affiliation = {"name": "U", "affiliationIdentifier": "ror.org/04wxnsj81", "affiliationIdentifierScheme": "ROR"}
    api.post(doi=doi, creators=[{"name": "Doe", "affiliation": [affiliation]}])
    (creator,) = api.read(doi, affiliation="true")["creators"]
    assert creator["affiliation"][0]["affiliationIdentifier"] == "https://ror.org/04wxnsj81"


def test_a_creative_commons_licence_is_enriched(api, doi):
    """4.1"""
    api.post(doi=doi, rightsList=[{"rightsUri": "https://creativecommons.org/licenses/by/4.0/legalcode"}])
    assert api.read(doi)["rightsList"][0]["rightsIdentifier"] == "cc-by-4.0"
