"""datacite-api.md 1.3 and 1.4: how a DOI looks in an answer."""

from __future__ import annotations

import re

import pytest

AFFILIATION = {
    "name": "Uni",
    "affiliationIdentifier": "https://ror.org/04wxnsj81",
    "affiliationIdentifierScheme": "ROR",
}
PUBLISHER = {"name": "Repo", "publisherIdentifier": "https://ror.org/04z8jg394", "publisherIdentifierScheme": "ROR"}


@pytest.fixture
def rich(api, doi):
    """A DOI with an affiliation and a publisher that have identifiers."""
    api.post(doi=doi, publisher=PUBLISHER, creators=[{"name": "Doe", "affiliation": [AFFILIATION]}])
    return doi


def test_the_doi_is_answered_in_lower_case(api, doi):
    """1.4"""
    data = api.post(doi=doi.upper()).json()["data"]
    assert (data["id"], data["attributes"]["doi"]) == (doi, doi)


def test_a_doi_is_found_in_any_case(api, doi):
    """1.4"""
    api.post(doi=doi)
    assert api.get(f"/dois/{doi.upper()}").status_code == 200


def test_an_answer_has_prefix_and_suffix(api, doi):
    """1.4"""
    api.post(doi=f"{doi}/b")
    attributes = api.read(f"{doi}/b")
    assert (attributes["prefix"], attributes["suffix"]) == ("10.5072", f"{doi}/b".removeprefix("10.5072/"))


def test_an_answer_has_relationships(api, doi):
    """1.4"""
    relationships = api.post(doi=doi).json()["data"]["relationships"]
    assert set(relationships) == {
        *("client", "provider", "media"),
        *("references", "citations", "parts", "partOf", "versions", "versionOf"),
    }


def test_an_answer_has_read_only_attributes(api, doi):
    """1.4"""
    expected = """prefix suffix metadataVersion isActive state reason source viewCount viewsOverTime downloadCount
        downloadsOverTime referenceCount citationCount citationsOverTime partCount partOfCount versionCount
        versionOfCount created registered published updated xml landingPage"""
    assert set(expected.split()) <= set(api.post(doi=doi).json()["data"]["attributes"])


@pytest.mark.parametrize("name", ["created", "updated"])
def test_times_are_iso_8601_in_utc(api, doi, name):
    """1.4"""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", api.post(doi=doi).json()["data"]["attributes"][name])


@pytest.mark.parametrize(("state", "active"), [("draft", False), ("registered", False), ("findable", True)])
def test_only_findable_is_active(api, made, state, active):
    """1.4"""
    assert api.read(made(state))["isActive"] is active


def test_read_only_attributes_cannot_be_set(api, doi):
    """1.4, 1.5: setting state directly is ignored"""
    api.post(doi=doi, state="findable", created="1999-01-01", viewCount=7)
    attributes = api.read(doi)
    assert (attributes["state"], attributes["viewCount"], attributes["created"][:4] == "1999") == ("draft", 0, False)


@pytest.mark.parametrize("flag", [{}, {"affiliation": "True"}, {"affiliation": "1"}, {"publisher": "true"}])
def test_affiliations_are_names_unless_asked_for(api, rich, flag):
    """1.3; "True" is false (lupo#1440)"""
    assert api.read(rich, **flag)["creators"][0]["affiliation"] == ["Uni"]


def test_affiliations_are_objects_when_asked_for(api, rich):
    """1.3"""
    assert api.read(rich, affiliation="true")["creators"][0]["affiliation"] == [AFFILIATION]


@pytest.mark.parametrize("flag", [{}, {"publisher": "True"}, {"affiliation": "true"}])
def test_the_publisher_is_text_unless_asked_for(api, rich, flag):
    """1.3"""
    assert api.read(rich, **flag)["publisher"] == "Repo"


def test_the_publisher_is_an_object_when_asked_for(api, rich):
    """1.3"""
    assert api.read(rich, publisher="true")["publisher"] == PUBLISHER


def test_reading_and_writing_back_without_flags_destroys_affiliations(api, rich):
    """1.3 (lupo#764)"""
    api.put(rich, creators=api.read(rich)["creators"])
    assert api.read(rich, affiliation="true")["creators"][0]["affiliation"] == []


def test_reading_and_writing_back_without_flags_destroys_publisher_identifiers(api, rich):
    """1.3 (lupo#764)"""
    api.put(rich, publisher=api.read(rich)["publisher"])
    assert api.read(rich, publisher="true")["publisher"] == {"name": "Repo"}


def test_reading_and_writing_back_with_flags_keeps_everything(api, rich):
    """1.3"""
    flags = {"affiliation": "true", "publisher": "true"}
    before = api.read(rich, **flags)
    api.put(rich, creators=before["creators"], publisher=before["publisher"])
    after = api.read(rich, **flags)
    assert (after["creators"], after["publisher"]) == (before["creators"], before["publisher"])


def test_flags_work_in_lists_too(api, rich):
    """1.3"""
    answer = api.get("/dois", affiliation="true", publisher="true", query=rich).json()
    assert answer["data"][0]["attributes"]["publisher"] == PUBLISHER


def test_persons_always_have_a_list_of_name_identifiers(api, doi):
    """1.4"""
    api.post(doi=doi, contributors=[{"name": "Doe", "contributorType": "Editor"}])
    assert api.read(doi)["contributors"][0]["nameIdentifiers"] == []


def test_blocks_that_are_not_set_are_empty(api, doi):
    """1.4"""
    attributes = api.post(doi=doi).json()["data"]["attributes"]
    assert (attributes["titles"], attributes["types"], attributes["publisher"]) == ([], {}, None)
