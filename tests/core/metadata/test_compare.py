"""Sent against returned: DataCite's own rewriting is no difference, a loss is."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.metadata.compare import differences

FOS = {"subject": "FOS: Physics", "subjectScheme": "Fields of Science and Technology (FOS)"}
SPDX = {
    "rights": "Creative Commons Attribution 4.0 International",
    "rightsUri": "https://creativecommons.org/licenses/by/4.0/legalcode",
    "rightsIdentifier": "cc-by-4.0",
    "rightsIdentifierScheme": "SPDX",
}


def person(**members: Any) -> dict[str, Any]:
    return {"creators": [{"name": "A", **members}]}


def identified(value: str) -> dict[str, Any]:
    return person(nameIdentifiers=[{"nameIdentifier": value, "schemeUri": "http://orcid.org/"}])


def placed(latitude: Any) -> dict[str, Any]:
    return {"geoLocations": [{"geoLocationPoint": {"pointLatitude": latitude, "pointLongitude": 1}}]}


def issued(*kinds: str) -> dict[str, Any]:
    return {"dates": [{"date": "2024", "dateType": kind} for kind in kinds]}


def related(value: str) -> dict[str, Any]:
    return {
        "relatedIdentifiers": [{"relatedIdentifier": value, "relatedIdentifierType": "DOI", "relationType": "Cites"}]
    }


@pytest.mark.parametrize(
    ("sent", "returned"),
    [
        pytest.param({"doi": "10.5072/AbC"}, {"doi": "10.5072/abc"}, id="the case of the DOI"),
        pytest.param(
            {"titles": [{"title": "A  b\n c"}]}, {"titles": [{"title": "A b c", "lang": "en"}]}, id="white space"
        ),
        pytest.param({"publisher": "P"}, {"publisher": {"name": "P", "lang": "en"}}, id="publisher as text"),
        pytest.param({"publicationYear": 2024}, {"publicationYear": "2024"}, id="year as text"),
        pytest.param(placed("52.10"), placed(52.1), id="coordinates as text"),
        pytest.param(
            {"types": {"resourceTypeGeneral": "Text"}},
            {"types": {"resourceTypeGeneral": "Text", "ris": "GEN"}},
            id="derived types",
        ),
        pytest.param({"language": "eng"}, {"language": "en"}, id="three-letter language"),
        pytest.param({"language": "en-GB"}, {"language": "en"}, id="language with a region"),
        pytest.param(
            {"subjects": [{"subject": "Physics"}]}, {"subjects": [{"subject": "Physics"}, FOS]}, id="FOS added"
        ),
        pytest.param(
            {"subjects": [{"subject": "Physics"}] * 2}, {"subjects": [{"subject": "Physics"}]}, id="same subject twice"
        ),
        pytest.param(
            {"subjects": [{"subject": "Physics", "subjectScheme": "OECD"}]}, {"subjects": [FOS]}, id="FOS written out"
        ),
        pytest.param({"subjects": []}, {"subjects": [FOS]}, id="FOS only"),
        pytest.param(issued("Created"), issued("Created", "Issued"), id="Issued added"),
        pytest.param({"dates": []}, issued("Issued"), id="Issued only"),
        pytest.param(
            {"rightsList": [{"rights": "CC BY", "rightsIdentifier": "CC-BY-4.0"}]}, {"rightsList": [SPDX]}, id="SPDX"
        ),
        pytest.param(
            identified("0000-0001-5727-2427"), identified("https://orcid.org/0000-0001-5727-2427"), id="ORCID"
        ),
        pytest.param(
            person(affiliation=[{"name": "U", "affiliationIdentifier": "04wxnsj81"}]),
            person(affiliation=[{"name": "U", "affiliationIdentifier": "https://ror.org/04wxnsj81"}]),
            id="ROR",
        ),
        pytest.param(related("https://doi.org/10.1234/AB"), related("10.1234/ab"), id="related DOI"),
        pytest.param(
            {"relatedItems": [{"titles": [{"title": "T", "lang": "en"}]}]},
            {"relatedItems": [{"titles": [{"title": "T"}]}]},
            id="language of a related title",
        ),
        pytest.param({"version": None, "sizes": []}, {"version": None}, id="nothing and nothing"),
        pytest.param(
            {"container": None, "contentUrl": []}, {"container": {"title": "C"}, "contentUrl": ["u"]}, id="server's own"
        ),
        pytest.param({"titles": [{"title": "T"}]}, {"titles": [{"title": "T"}], "version": "2"}, id="block not sent"),
        pytest.param(
            {"url": "https://a", "event": "publish"}, {"url": "https://a", "state": "findable"}, id="event and state"
        ),
    ],
)
def test_what_datacite_writes_its_own_way_is_no_difference(sent: dict[str, Any], returned: dict[str, Any]) -> None:
    assert differences(sent, returned) == []


@pytest.mark.parametrize(
    ("sent", "returned", "name"),
    [
        pytest.param({"url": "https://a"}, {"url": "https://a/"}, "url", id="a slash more in the URL"),
        pytest.param({"url": "https://a"}, {}, "url", id="no URL"),
        pytest.param({"doi": "10.5072/a"}, {"doi": "10.5072/b"}, "doi", id="another DOI"),
        pytest.param({"titles": [{"title": "A"}]}, {"titles": [{"title": "a"}]}, "titles", id="case of a title"),
        pytest.param(
            {"titles": [{"title": "A", "lang": "en"}]}, {"titles": [{"title": "A"}]}, "titles", id="a lost member"
        ),
        pytest.param(person(), {"creators": [{"name": "A"}, {"name": "B"}]}, "creators", id="a row more"),
        pytest.param(
            {"creators": [{"name": "A"}, {"name": "B"}]},
            {"creators": [{"name": "B"}, {"name": "A"}]},
            "creators",
            id="order",
        ),
        pytest.param(
            {"publisher": {"name": "P", "publisherIdentifier": "x"}},
            {"publisher": "P"},
            "publisher",
            id="publisher's id",
        ),
        pytest.param(person(affiliation=[{"name": "U"}]), person(), "creators", id="affiliation"),
        pytest.param({"version": "1.0"}, {"version": "1"}, "version", id="version is text"),
        pytest.param({"version": None}, {"version": "1"}, "version", id="a version not deleted"),
        pytest.param({"sizes": []}, {"sizes": ["1 MB"]}, "sizes", id="a list not emptied"),
        pytest.param({"language": "en_US"}, {"language": None}, "language", id="a language dropped"),
        pytest.param({"language": "de"}, {"language": "en"}, "language", id="another language"),
        pytest.param({"subjects": [{"subject": "A"}]}, {"subjects": [FOS]}, "subjects", id="a subject lost"),
        pytest.param(
            {"subjects": [{"subject": "A"}]}, {"subjects": [{"subject": "A"}, {"subject": "B"}]}, "subjects", id="more"
        ),
        pytest.param(issued("Created"), issued("Created", "Valid"), "dates", id="a date more"),
        pytest.param(
            {"rightsList": [{"rightsIdentifier": "MIT"}]}, {"rightsList": [SPDX]}, "rightsList", id="another license"
        ),
        pytest.param(placed(1.5), placed(1.6), "geoLocations", id="another place"),
    ],
)
def test_what_did_not_arrive_is_named(sent: dict[str, Any], returned: dict[str, Any], name: str) -> None:
    assert differences(sent, returned) == [name]


def test_several_differences_come_in_the_order_of_the_blocks() -> None:
    sent = {"version": "1", "titles": [{"title": "A"}], "url": "https://a"}

    assert differences(sent, {}) == ["url", "titles", "version"]


def test_a_licence_written_in_another_way_is_the_same_and_another_one_is_not() -> None:
    returned = {"rightsList": [{"rightsIdentifier": "cc0-1.0", "rightsIdentifierScheme": "SPDX"}]}
    assert differences({"rightsList": [{"rightsIdentifier": "CC0 1.0"}]}, returned) == []
    assert differences({"rightsList": [{"rightsIdentifier": "CC BY 1.0"}]}, returned) == ["rightsList"]
