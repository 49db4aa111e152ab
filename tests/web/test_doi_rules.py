"""datacite-api.md 1.6, 1.7 and 4.3: what is required, and which documents get through unchecked."""

from __future__ import annotations

import pytest

KERNEL = "http://datacite.org/schema/kernel-"
POINT = {"pointLongitude": 1, "pointLatitude": 2}


def test_a_draft_needs_only_its_doi(api, doi):
    """1.6"""
    assert api.post(doi=doi).status_code == 201


@pytest.mark.parametrize("event", ["register", "publish"])
def test_a_public_doi_needs_a_url(api, doi, complete, refused, event):
    """1.6"""
    assert refused(api.post(doi=doi, event=event, **{**complete, "url": None})) == {"url": "Can't be blank"}


@pytest.mark.parametrize("event", ["register", "publish"])
def test_a_public_doi_needs_metadata(api, doi, refused, event):
    """1.6"""
    assert refused(api.post(doi=doi, event=event, url="https://a.org")) == {"xml": "Can't be blank"}


@pytest.mark.parametrize(
    ("block", "source"),
    [
        ("creators", "creators"),
        ("titles", "titles"),
        ("publisher", "publisher"),
        ("publicationYear", "publication_year"),
        ("types", "xml"),
    ],
)
def test_a_public_doi_needs_every_mandatory_block(api, doi, complete, refused, block, source):
    """1.6"""
    assert list(refused(api.post(doi=doi, event="publish", **{**complete, block: None}))) == [source]


def test_a_missing_creator_has_the_error_text_of_the_schema(api, doi, complete, refused):
    """1.9"""
    problems = refused(api.post(doi=doi, event="publish", **{**complete, "creators": []}))
    expected = f"DOI {doi}: Missing child element(s). Expected is ( {{{KERNEL}4}}creator ). at line 4, column 0"
    assert problems["creators"] == expected


@pytest.mark.parametrize("name", ["a+b", "a<b", "a>b", "a#b", "a[b]", "ä", "ß", "a b", "a%b"])
def test_these_characters_are_refused_in_a_doi(api, refused, name):
    """1.6"""
    assert refused(api.post(doi=f"10.5072/{name}")) == {"doi": "Is invalid"}


@pytest.mark.parametrize("name", ["-._;()/:", "a*b", "~$=", "A/B//c"])
def test_these_characters_are_accepted_in_a_doi(api, doi, name):
    """1.6"""
    assert api.post(doi=f"{doi}{name}").status_code == 201


@pytest.mark.parametrize("url", ["repo.example.org/1", "mailto:a@b.org", "https://a b.org", "https://", 7])
def test_a_url_of_another_form_is_refused_even_in_a_draft(api, doi, refused, url):
    """1.6"""
    assert refused(api.post(doi=doi, url=url)) == {"url": "URL is not valid"}


@pytest.mark.parametrize("url", ["ftp://a.org/x", "http://a.org", "https://a.org/?q=ä#f"])
def test_urls_of_these_forms_are_accepted(api, doi, url):
    """1.6"""
    assert api.post(doi=doi, url=url).status_code == 201


@pytest.mark.parametrize("language", ["en_US", "ninecharsx", "e n"])
def test_a_language_of_another_form_is_refused(api, doi, refused, language):
    """1.6"""
    assert "language" in refused(api.post(doi=doi, language=language))


@pytest.mark.parametrize(("length", "status"), [(2000, 201), (2001, 422)])
def test_a_rights_text_has_at_most_2000_characters(api, doi, length, status):
    """1.6"""
    assert api.post(doi=doi, rightsList=[{"rights": "x" * length}]).status_code == status


def test_identifiers_must_not_be_dois(api, doi, refused):
    """1.6"""
    assert "identifiers" in refused(api.post(doi=doi, identifiers=[{"identifier": doi, "identifierType": "DOI"}]))


@pytest.mark.parametrize("minor", ["4", "4.0", "4.3"])
def test_these_schema_versions_are_fully_checked(api, doi, complete, refused, minor):
    """1.7, 1"""
    answer = api.post(doi=doi, event="publish", **{**complete, "titles": [], "schemaVersion": KERNEL + minor})
    assert list(refused(answer)) == ["titles"]


@pytest.mark.parametrize("minor", ["4.4", "4.5", "4.6", "4.7"])
def test_these_schema_versions_switch_the_check_off(api, doi, complete, minor):
    """1.7, 1 (datacite#2185)"""
    answer = api.post(doi=doi, event="publish", **{**complete, "titles": [], "schemaVersion": KERNEL + minor})
    assert answer.json()["data"]["attributes"]["state"] == "findable"


@pytest.mark.parametrize("old", ["2.1", "2.2", "3", "3.0", "3.1"])
def test_old_schema_versions_are_refused(api, doi, complete, refused, old):
    """1.7, 1"""
    answer = api.post(doi=doi, event="publish", **{**complete, "schemaVersion": KERNEL + old})
    assert refused(answer) == {"xml": f"DOI {doi}: Schema {KERNEL}{old} is no longer supported"}


def test_without_a_schema_version_a_bad_creation_is_refused_opaquely(api, doi, complete, refused):
    """1.7, 1 (datacite#1326)"""
    answer = api.post(doi=doi, event="publish", **{**complete, "creators": [], "schemaVersion": None})
    assert refused(answer) == {"metadata": "Is invalid"}


def test_without_a_schema_version_a_valid_creation_is_accepted(api, doi, complete):
    """1.7, 1"""
    del complete["schemaVersion"]
    assert api.post(doi=doi, event="publish", **complete).status_code == 201


def test_an_update_without_a_schema_version_is_checked_by_kernel_4(api, doi, complete, refused):
    """1.7, 1"""
    api.post(doi=doi, url="https://a.org")
    del complete["schemaVersion"]
    assert list(refused(api.put(doi, event="publish", **{**complete, "creators": []}))) == ["creators"]


def test_an_update_without_a_schema_version_keeps_the_existing_one(api, doi, complete):
    """1.7, 1: so the check stays off"""
    api.post(doi=doi, schemaVersion=KERNEL + "4.4", **{k: v for k, v in complete.items() if k != "schemaVersion"})
    assert api.put(doi, event="publish", titles=[]).status_code == 200


def test_a_draft_is_not_checked(api, doi):
    """1.7, 2"""
    answer = api.post(
        doi=doi, publicationYear="soon", dates=[{"date": "x", "dateType": "Never"}], schemaVersion=KERNEL + "4"
    )
    assert answer.status_code == 201


def test_what_a_draft_hid_comes_out_when_it_is_published(api, doi, complete, refused):
    """1.7, 2"""
    api.post(doi=doi, **{**complete, "publicationYear": "soon"})
    assert list(refused(api.put(doi, event="publish"))) == ["publication_year"]


@pytest.mark.parametrize(
    ("block", "source", "title"),
    [
        ("titles", "titles", "Title 'x' should be an object instead of a string."),
        ("creators", "creators", "Creator 'x' should be an object instead of a string."),
        (
            "relatedIdentifiers",
            "related_identifiers",
            "Related identifier 'x' should be an object instead of a string.",
        ),
        ("rightsList", "rights_list", "Rights 'x' should be an object instead of a string."),
        ("types", "types", "Types 'x' should be an object instead of a string."),
        ("container", "container", "Container 'x' should be an object instead of a string."),
    ],
)
def test_text_instead_of_an_object_is_refused_even_in_a_draft(api, doi, refused, block, source, title):
    """1.7, 2"""
    assert refused(api.post(doi=doi, **{block: "x"})) == {source: title}


def test_only_the_first_problem_of_a_source_is_reported(api, doi, complete):
    """1.7, 3"""
    answer = api.post(doi=doi, event="publish", **{**complete, "dates": [{"date": "1"}, {"date": "2"}]})
    assert [error["source"] for error in answer.json()["errors"]] == ["dates"]


def test_a_creator_may_have_only_the_parts_of_a_name(api, doi, complete):
    """1.7, 4 (datacite#2324)"""
    creators = [{"givenName": "Jo", "familyName": "Doe"}]
    answer = api.post(doi=doi, event="publish", **{**complete, "creators": creators})
    assert "name" not in answer.json()["data"]["attributes"]["creators"][0]


@pytest.mark.parametrize("blank", ["", []])
def test_a_blank_block_is_an_empty_list(api, doi, blank):
    """1.7, 4 (datacite#2308)"""
    assert api.post(doi=doi, subjects=blank).json()["data"]["attributes"]["subjects"] == []


def test_name_identifiers_as_an_object_are_ignored(api, doi, complete):
    """1.7, 5"""
    creators = [{"name": "Doe", "nameIdentifiers": {"nameIdentifier": "x"}}]
    answer = api.post(doi=doi, event="publish", **{**complete, "creators": creators})
    assert answer.json()["data"]["attributes"]["creators"][0]["nameIdentifiers"] == []


def test_an_unknown_member_of_the_publisher_is_refused(api, doi, refused):
    """4.1"""
    assert "publisher" in refused(api.post(doi=doi, publisher={"name": "Repo", "country": "NL"}))


REFUSED = {
    "unknown contributorType": ("contributors", [{"name": "X", "contributorType": "Boss"}]),
    "no contributorType": ("contributors", [{"name": "X"}]),
    "empty contributorName": ("contributors", [{"name": "", "contributorType": "Editor"}]),
    "unknown titleType": ("titles", [{"title": "T", "titleType": "Main"}]),
    "unknown dateType": ("dates", [{"date": "2020", "dateType": "Born"}]),
    "no dateType": ("dates", [{"date": "2020"}]),
    "no descriptionType": ("descriptions", [{"description": "D"}]),
    "unknown relationType": (
        "relatedIdentifiers",
        [{"relatedIdentifier": "x", "relatedIdentifierType": "DOI", "relationType": "Loves"}],
    ),
    "wrong case": (
        "relatedIdentifiers",
        [{"relatedIdentifier": "x", "relatedIdentifierType": "doi", "relationType": "Cites"}],
    ),
    "no relatedIdentifierType": ("relatedIdentifiers", [{"relatedIdentifier": "x", "relationType": "Cites"}]),
    "unknown relatedItemType": ("relatedItems", [{"relatedItemType": "Tome", "relationType": "Cites"}]),
    "unknown numberType": (
        "relatedItems",
        [{"relatedItemType": "Book", "relationType": "Cites", "number": "1", "numberType": "Page"}],
    ),
    "unknown relatedItemIdentifierType": (
        "relatedItems",
        [
            {
                "relatedItemType": "Book",
                "relationType": "Cites",
                "relatedItemIdentifier": {"relatedItemIdentifier": "x", "relatedItemIdentifierType": "Foo"},
            }
        ],
    ),
    "funder without name": ("fundingReferences", [{"awardNumber": "1"}]),
    "funder type in part": (
        "fundingReferences",
        [{"funderName": "F", "funderIdentifier": "x", "funderIdentifierType": "Crossref Funder"}],
    ),
    "latitude 91": ("geoLocations", [{"geoLocationPoint": {"pointLongitude": 1, "pointLatitude": 91}}]),
    "longitude -181": ("geoLocations", [{"geoLocationPoint": {"pointLongitude": "-181", "pointLatitude": 1}}]),
    "latitude in words": ("geoLocations", [{"geoLocationPoint": {"pointLongitude": 1, "pointLatitude": "north"}}]),
    "polygon with 3 points": ("geoLocations", [{"geoLocationPolygon": [{"polygonPoint": POINT}] * 3}]),
    "year of 3 digits": ("publicationYear", "202"),
    "year unknown": ("publicationYear", ":tba"),
    "unknown resource type": ("types", {"resourceTypeGeneral": "Images"}),
    "resource type without general": ("types", {"resourceType": "Survey"}),
    "unknown nameType": ("creators", [{"name": "X", "nameType": "Human"}]),
    "publisher without name": ("publisher", {"lang": "en"}),
}
TAKEN = {
    "junk date": ("dates", [{"date": "some day", "dateType": "Issued"}]),
    "nameIdentifier without scheme": ("creators", [{"name": "X", "nameIdentifiers": [{"nameIdentifier": "1"}]}]),
    "empty creatorName": ("creators", [{"name": ""}]),
    "empty relatedIdentifier": (
        "relatedIdentifiers",
        [{"relatedIdentifier": "", "relatedIdentifierType": "DOI", "relationType": "Cites"}],
    ),
    "relation Other without information": (
        "relatedIdentifiers",
        [{"relatedIdentifier": "x", "relatedIdentifierType": "DOI", "relationType": "Other"}],
    ),
    "polygon that is not closed": ("geoLocations", [{"geoLocationPolygon": [{"polygonPoint": POINT}] * 4}]),
    "relatedItem without title": ("relatedItems", [{"relatedItemType": "Book", "relationType": "Cites"}]),
    "identifierType of one's own": ("identifiers", [{"identifier": "1", "identifierType": "Foo"}]),
    "rightsUri with a space": ("rightsList", [{"rights": "R", "rightsUri": "https://a b"}]),
    "resourceType without text": ("types", {"resourceTypeGeneral": "Poster"}),
    "year with spaces": ("publicationYear", " 2020 "),
}


@pytest.mark.parametrize(("block", "value"), REFUSED.values(), ids=REFUSED.keys())
def test_the_schema_refuses(api, doi, complete, block, value):
    """4.3"""
    assert api.post(doi=doi, event="publish", **{**complete, block: value}).status_code == 422


@pytest.mark.parametrize(("block", "value"), TAKEN.values(), ids=TAKEN.keys())
def test_the_schema_takes(api, doi, complete, block, value):
    """4.3"""
    answer = api.post(doi=doi, event="publish", **{**complete, block: value})
    assert answer.status_code == 201, answer.text


def test_an_enumeration_error_has_an_unparsed_source(api, doi, complete, refused):
    """1.9"""
    creators = [{"name": "X", "nameType": "Human"}]
    problems = refused(api.post(doi=doi, event="publish", **{**complete, "creators": creators}))
    assert list(problems) == ["creatorName', attribute 'nameType"]
