"""datacite-api.md 1.9: errors in DataCite's shapes."""

from __future__ import annotations

import pytest


def body(status, title):
    return {"errors": [{"status": str(status), "title": title}]}


def test_401_says_bad_credentials(stranger, doi):
    """1.9"""
    answer = stranger.post(doi=doi)
    assert (answer.status_code, answer.json()) == (401, body(401, "Bad credentials."))


@pytest.mark.parametrize("name", ["10.9999/x", "10.aaaa03/x", "nonsense"])
def test_403_for_a_foreign_or_malformed_prefix(api, name):
    """1.9"""
    answer = api.post(doi=name)
    assert (answer.status_code, answer.json()) == (403, body(403, "You are not authorized to access this resource."))


def test_404_for_an_unknown_path(api):
    """1.9"""
    answer = api.get("/nowhere")
    assert (answer.status_code, answer.json()) == (404, body(404, "The resource you are looking for doesn't exist."))


def test_422_has_a_plain_source_and_no_status(api, doi):
    """1.9"""
    api.post(doi=doi)
    expected = {"source": "doi", "title": "This DOI has already been taken", "uid": doi}
    assert api.post(doi=doi).json() == {"errors": [expected]}


def test_a_doi_is_unique_in_any_case_and_for_all_accounts(api, other, doi, refused):
    """1.9: uniqueness is global"""
    api.post(doi=doi)
    assert refused(other.post(doi=doi.upper())) == {"doi": "This DOI has already been taken"}


def test_errors_are_json_api(api, doi):
    """1.9"""
    assert api.get(f"/dois/{doi}").headers["Content-Type"] == "application/vnd.api+json; charset=utf-8"


def test_the_title_of_a_syntax_error_says_where(api):
    """1.9"""
    error = api.send("POST", "/dois", data='{"data": ').json()["errors"][0]
    assert "column" in error["title"]
