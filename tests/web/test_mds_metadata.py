"""datacite-api.md 2: the rows of `/metadata`, and the traps in them."""

from __future__ import annotations

import re

import pytest

XML = """<?xml version="1.0" encoding="UTF-8"?>
<resource xmlns="http://datacite.org/schema/kernel-4">
  <identifier identifierType="DOI">{}</identifier>
  <creators><creator><creatorName>Doe, Jo</creatorName></creator></creators>
  <titles><title>From MDS</title></titles>
  <publisher>Repo</publisher>
  <publicationYear>2025</publicationYear>
  <resourceType resourceTypeGeneral="Text">Article</resourceType>
</resource>"""
WITHOUT_CREATOR = re.sub("<creators>.*</creators>", "", XML)
ELSEWHERE = XML.format("10.1/elsewhere")


def upload(api, path, xml=ELSEWHERE, media_type="application/xml;charset=UTF-8"):
    return api.send("PUT", f"/metadata{path}", data=xml.encode(), headers={"Content-Type": media_type})


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_an_upload_answers_201_with_the_doi_in_upper_case(api, doi, method):
    """PUT or POST /metadata/{doi}"""
    answer = api.send(method, f"/metadata/{doi}", data=ELSEWHERE)
    expected = (201, f"OK ({doi.upper()})", f"{api.url}/metadata/{doi}")
    assert (answer.status_code, answer.text, answer.headers["Location"]) == expected


def test_an_upload_for_a_known_doi_answers_201_too(api, doi):
    """PUT /metadata/{doi}: also on update"""
    upload(api, f"/{doi}")
    assert upload(api, f"/{doi}").status_code == 201


def test_an_upload_makes_a_draft_with_its_source(api, doi):
    """Trap 2; source: mds"""
    upload(api, f"/{doi}")
    attributes = api.read(doi)
    assert (attributes["state"], attributes["source"]) == ("draft", "mds")
    assert attributes["titles"] == [{"title": "From MDS"}]


def test_the_doi_may_stand_in_the_xml(api, doi):
    """POST /metadata"""
    answer = api.send("POST", "/metadata", data=XML.format(f"\n {doi} "))
    assert (answer.status_code, answer.text) == (201, f"OK ({doi.upper()})")


def test_without_a_doi_anywhere_it_is_404(api):
    """POST /metadata"""
    answer = api.send("POST", "/metadata", data=XML.format(":tba"))
    assert (answer.status_code, answer.text) == (404, "DOI not found")


def test_a_prefix_alone_gives_a_random_suffix(api, doi):
    """PUT /metadata/10.5072"""
    answer = upload(api, "/10.5072", XML.format(doi))
    assert answer.status_code == 201
    assert re.fullmatch(r"OK \(10\.5072/[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}\d{2}\)", answer.text)


def test_the_xml_comes_back(api, doi):
    """GET /metadata/{doi}; trap 8: with the DOI of the path in it"""
    upload(api, f"/{doi}")
    answer = api.get(f"/metadata/{doi}")
    expected = (200, "application/xml", XML.format(doi.upper()))
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0], answer.text) == expected


def test_the_xml_of_a_doi_made_from_json_is_generated(api, made):
    """GET /metadata/{doi}"""
    doi = made("findable")
    answer = api.get(f"/metadata/{doi}").text
    assert "<title>A set</title>" in answer
    assert f">{doi.upper()}</identifier>" in answer


def test_a_draft_without_metadata_has_empty_xml(api, doi):
    """GET /metadata/{doi}"""
    api.post(doi=doi)
    answer = api.get(f"/metadata/{doi}")
    assert (answer.status_code, answer.text) == (200, "")


def test_the_metadata_of_an_unknown_doi_are_404(api, doi):
    """GET /metadata/{doi}"""
    answer = api.get(f"/metadata/{doi}")
    assert (answer.status_code, answer.text) == (404, "DOI is unknown to MDS")


def test_the_metadata_of_what_is_no_doi_are_404_in_other_words(api):
    """GET /metadata/{doi}"""
    answer = api.get("/metadata/nonsense")
    assert (answer.status_code, answer.text) == (404, "DOI not found")


@pytest.mark.parametrize("state", ["draft", "registered"])
def test_the_metadata_of_somebody_elses_hidden_doi_are_404(other, made, state):
    """GET /metadata/{doi}; 1.10"""
    assert other.get(f"/metadata/{made(state)}").text == "DOI is unknown to MDS"


@pytest.mark.parametrize(
    ("state", "after"), [("draft", "draft"), ("registered", "registered"), ("findable", "registered")]
)
def test_a_deletion_hides(api, made, state, after):
    """DELETE /metadata/{doi}; trap 4: without effect on a draft"""
    doi = made(state)
    answer = api.send("DELETE", f"/metadata/{doi}")
    assert (answer.status_code, answer.text, api.read(doi)["state"]) == (200, "OK", after)


def test_deleting_what_does_not_exist_creates_an_empty_draft(api, doi):
    """Trap 4"""
    answer = api.send("DELETE", f"/metadata/{doi}")
    assert (answer.status_code, answer.text, api.read(doi)["state"]) == (201, "", "draft")


def test_deleting_under_a_foreign_prefix_is_403(api):
    """DELETE /metadata/{doi}"""
    assert api.send("DELETE", "/metadata/10.9999/x").status_code == 403


def test_uploading_again_un_hides(api, made):
    """Trap 1: a tombstone becomes findable"""
    doi = made("findable")
    api.put(doi, event="hide")
    upload(api, f"/{doi}")
    assert api.read(doi)["state"] == "findable"


def test_an_empty_upload_un_hides_too(api, made):
    """Trap 1"""
    doi = made("registered")
    assert (upload(api, f"/{doi}", "").status_code, api.read(doi)["state"]) == (201, "findable")


def test_an_empty_upload_for_a_new_doi_is_422(api, doi):
    """should_validate: metadata cannot be blank"""
    answer = upload(api, f"/{doi}", "")
    assert (answer.status_code, answer.text) == (422, "Can't be blank")


def test_metadata_are_checked_for_a_draft_too(api, doi):
    """should_validate: XSD-checked even for drafts; 422: the first title, as text"""
    answer = upload(api, f"/{doi}", WITHOUT_CREATOR)
    assert answer.status_code == 422
    assert answer.text.startswith(f"DOI {doi}: Missing child element(s). Expected is ( {{http://")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_refused_upload_keeps_nothing(api, doi):
    """422"""
    upload(api, f"/{doi}", WITHOUT_CREATOR)
    assert api.get(f"/dois/{doi}").status_code == 404


def test_only_the_first_problem_is_reported(api, doi):
    """422"""
    answer = upload(api, f"/{doi}", WITHOUT_CREATOR.replace("2025", "soon"))
    assert "soon" not in answer.text


def test_an_old_kernel_is_422(api, doi):
    """422; 1.7, 1"""
    answer = upload(api, f"/{doi}", ELSEWHERE.replace("kernel-4", "kernel-3"))
    assert answer.text == f"DOI {doi}: Schema http://datacite.org/schema/kernel-3 is no longer supported"


def test_broken_xml_is_422(api, doi):
    """422"""
    assert upload(api, f"/{doi}", ELSEWHERE[:-9]).status_code == 422


@pytest.mark.parametrize("xml", [ELSEWHERE.replace("xmlns=", "n="), "<a/>", "nonsense", '{"a": 1}'])
def test_what_has_no_kernel_namespace_is_415(api, doi, xml):
    """415; trap 6"""
    answer = upload(api, f"/{doi}", xml)
    assert (answer.status_code, answer.text) == (415, "Metadata format not recognized")


def test_a_kernel_namespace_may_have_a_prefix(api, doi):
    """Trap 6"""
    prefixed = re.sub(r"<(/?)(\w)", r"<\1k:\2", ELSEWHERE.partition("\n")[2]).replace("xmlns=", "xmlns:k=")
    assert upload(api, f"/{doi}", prefixed).status_code == 201


def test_a_form_is_415(api, doi):
    """415: the default of `curl -d`"""
    answer = upload(api, f"/{doi}", media_type="application/x-www-form-urlencoded")
    expected = "Content type application/x-www-form-urlencoded is not supported"
    assert (answer.status_code, answer.text) == (415, expected)


def test_test_mode_is_ignored(api, doi):
    """Trap 9"""
    upload(api, f"/{doi}?testMode=true")
    assert api.get(f"/dois/{doi}").status_code == 200


def test_rest_shows_generated_xml_too(api, made):
    """1.4: `xml` is there whatever a DOI was made from"""
    assert api.read(made("findable"))["xml"]
