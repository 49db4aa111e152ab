"""INTERFACE 5: the resolver `GET /{doi}`, and landing pages to arrive at."""

from __future__ import annotations

import pytest


def resolve(api, doi, method="GET"):
    return api.send(method, f"/{doi}", allow_redirects=False)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("state", ["registered", "findable"])
def test_a_public_doi_leads_to_its_landing_page(stranger, made, method, state):
    answer = resolve(stranger, made(state), method)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://repo.example.org/1")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_draft_is_unknown_even_to_its_owner(api, made, method):
    assert resolve(api, made("draft"), method).status_code == 404


def test_an_unknown_doi_is_a_404_page(stranger, doi):
    answer = resolve(stranger, f"{doi}<b>")
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (404, "text/html")
    assert f"{doi}&lt;b&gt; cannot be found" in answer.text


def test_the_case_of_a_doi_does_not_matter(stranger, made):
    assert resolve(stranger, made("findable").upper()).status_code == 302


def test_a_suffix_may_have_slashes(stranger, api, doi, complete):
    api.post(doi=f"{doi}/a/b", event="publish", **complete)
    assert resolve(stranger, f"{doi}/a/b").status_code == 302


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://a.org/ä", "https://a.org/%C3%A4"),
        ("https://a.org/a%20b?c=d%2Be#f", "https://a.org/a%20b?c=d%2Be#f"),
    ],
)
def test_the_location_is_a_proper_url(stranger, api, doi, complete, url, location):
    api.post(doi=doi, event="publish", **{**complete, "url": url})
    assert resolve(stranger, doi).headers["Location"] == location


def test_a_changed_landing_page_is_followed_at_once(stranger, api, made):
    doi = made("registered")
    api.put(doi, url="https://a.org/2")
    assert resolve(stranger, doi).headers["Location"] == "https://a.org/2"


def test_a_check_can_be_rehearsed_from_doi_to_landing_page(stranger, api, doi, complete):
    api.post(doi=doi, event="publish", **{**complete, "url": f"{api.url}/landing/{doi}"})
    answer = stranger.get(f"/{doi}")
    assert (answer.status_code, [one.status_code for one in answer.history], doi in answer.text) == (200, [302], True)


def test_a_landing_page_is_html_and_escapes_its_name(stranger):
    answer = stranger.get("/landing/<b>&")
    assert (answer.headers["Content-Type"].partition(";")[0], "<b>" in answer.text) == ("text/html", False)


def test_a_landing_page_answers_head(stranger):
    assert stranger.send("HEAD", "/landing/x").status_code == 200


@pytest.mark.parametrize("path", ["/nowhere", "/nowhere/x", "/11.5072/x", "/10.5072"])
def test_what_does_not_begin_with_a_prefix_stays_an_unknown_path(stranger, path):
    answer = stranger.get(path)
    assert (answer.status_code, answer.json()["errors"][0]["status"]) == (404, "404")


# Tombstone pages.


@pytest.fixture
def hidden(api, made):
    doi = made("findable")
    api.put(doi, event="hide", reason="withdrawn by <b>its owner</b>")
    return doi


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_hidden_doi_has_a_tombstone_page_for_everybody(stranger, hidden, method):
    answer = stranger.send(method, f"/tombstones/{hidden}")
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "text/html")


def test_a_tombstone_page_says_what_it_was_and_why_it_went(stranger, hidden):
    text = stranger.get(f"/tombstones/{hidden.upper()}").text
    expected = ("A set", "Doe, Jo", "2026", hidden, "withdrawn by &lt;b&gt;its owner&lt;/b&gt;")
    assert [words for words in expected if words not in text] == []
    assert "Repo" not in text  # the publisher


@pytest.mark.parametrize("state", ["draft", "findable"])
def test_what_is_not_hidden_has_no_tombstone_page(stranger, made, state):
    answer = stranger.get(f"/tombstones/{made(state)}")
    assert (answer.status_code, "A set" in answer.text) == (404, False)


def test_an_unknown_doi_has_no_tombstone_page(stranger):
    answer = stranger.get("/tombstones/10.5072/<b>")
    assert (answer.status_code, "<b>" in answer.text) == (404, False)


def test_the_resolver_leads_a_hidden_doi_to_its_tombstone_page(stranger, api, hidden):
    api.put(hidden, url=f"{api.url}/tombstones/{hidden}")
    answer = stranger.get(f"/{hidden}")
    assert (answer.status_code, "This item is no longer available" in answer.text) == (200, True)


def test_a_tombstone_page_is_about_its_doi_in_the_log_of_requests(stranger, sandbox, hidden):
    stranger.get(f"/tombstones/{hidden}")
    assert sandbox.requests.entries()[-1]["doi"] == hidden
