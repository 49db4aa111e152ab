"""datacite-api.md 1.8: absent keeps, present replaces, blank deletes."""

from __future__ import annotations

import base64

import pytest

XML = base64.b64encode(
    b'<resource xmlns="http://datacite.org/schema/kernel-4">'
    b'<identifier identifierType="DOI">10.1/x</identifier></resource>'
).decode()
TWO_TITLES = [{"title": "One"}, {"title": "Two", "titleType": "Subtitle"}]


def test_an_absent_attribute_stays(api, made):
    """1.8"""
    doi = made("draft")
    api.put(doi, language="en")
    assert api.read(doi)["titles"] == [{"title": "A set"}]


def test_a_present_attribute_replaces_the_whole_block(api, doi):
    """1.8: no merging by item"""
    api.post(doi=doi, titles=TWO_TITLES)
    api.put(doi, titles=[{"title": "Three"}])
    assert api.read(doi)["titles"] == [{"title": "Three"}]


@pytest.mark.parametrize("blank", [None, []])
def test_a_blank_attribute_deletes_the_block(api, doi, blank):
    """1.8"""
    api.post(doi=doi, subjects=[{"subject": "x"}])
    api.put(doi, subjects=blank)
    assert api.read(doi)["subjects"] == []


def test_a_blank_mandatory_block_of_a_public_doi_is_refused(api, made, refused):
    """1.8, 1.6"""
    assert list(refused(api.put(made("findable"), titles=None))) == ["titles"]


def test_a_refused_change_changes_nothing(api, made):
    """1.8"""
    doi = made("findable")
    api.put(doi, titles=[], url="https://elsewhere.org")
    assert api.read(doi)["url"] == "https://repo.example.org/1"


def test_the_url_of_a_hidden_doi_can_be_changed_without_publishing_it(api, made):
    """1.5, 1.8"""
    answer = api.put(made("registered"), url="https://repo.example.org/tombstone")
    assert answer.json()["data"]["attributes"]["state"] == "registered"


def test_metadata_makes_stored_xml_give_way(api, doi):
    """1.8: the XML is generated anew from JSON"""
    api.post(doi=doi, xml=XML)
    before = api.read(doi)["xml"]
    api.put(doi, titles=TWO_TITLES)
    assert api.read(doi)["xml"] != before


def test_a_url_alone_leaves_stored_xml_alone(api, doi):
    """1.8"""
    api.post(doi=doi, xml=XML)
    before = api.read(doi)["xml"]
    api.put(doi, url="https://a.org")
    assert api.read(doi)["xml"] == before


def test_the_metadata_version_counts_changes_of_metadata(api, doi):
    """1.4"""
    api.post(doi=doi)
    api.put(doi, titles=TWO_TITLES)
    api.put(doi, url="https://a.org")
    assert api.read(doi)["metadataVersion"] == 1


def test_what_is_not_a_doi_cannot_be_created_by_put(api):
    """1.2, 1.9"""
    assert api.put("not-a-doi", url="https://a.org").status_code == 404


def test_put_refuses_the_characters_post_refuses(api, refused):
    """1.6"""
    assert refused(api.put("10.5072/107+03", url="https://a.org")) == {"doi": "Is invalid"}
