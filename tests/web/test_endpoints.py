"""datacite-api.md 1.2: the calls, their success and what they refuse."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest


def test_creating_answers_201_with_the_address(api, doi):
    """1.2 POST /dois"""
    answer = api.post(doi=doi)
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{api.url}/dois/{doi}")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_changing_answers_200(api, doi, method):
    """1.2 PUT = PATCH"""
    api.post(doi=doi)
    answer = api.send(method, f"/dois/{doi}", json={"data": {"attributes": {"url": "https://a.org/2"}}})
    assert (answer.status_code, answer.json()["data"]["attributes"]["url"]) == (200, "https://a.org/2")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_changing_what_does_not_exist_creates_it(api, doi, method):
    """1.2 PUT is an upsert"""
    assert (
        api.send(method, f"/dois/{doi}", json={"data": {"attributes": {"url": "https://a.org/2"}}}).status_code == 201
    )


def test_the_doi_of_the_path_wins(api, doi):
    """1.2"""
    api.put(doi, doi="10.5072/somebody-else", url="https://a.org")
    assert api.read(doi)["url"] == "https://a.org"


def test_the_owner_in_an_update_is_ignored(api, other, doi):
    """1.2"""
    api.post(doi=doi)
    relationships = {"client": {"data": {"type": "clients", "id": "other.repo"}}}
    body = {"data": {"attributes": {"url": "https://a.org"}, "relationships": relationships}}
    answer = api.send("PUT", f"/dois/{doi}", json=body)
    assert answer.json()["data"]["relationships"]["client"]["data"]["id"] == "demo.repo"


def test_an_unknown_doi_is_404(api, doi):
    """1.2, 1.9"""
    answer = api.get(f"/dois/{doi}")
    assert (answer.status_code, answer.json()) == (
        404,
        {"errors": [{"status": "404", "title": "The resource you are looking for doesn't exist."}]},
    )


def test_a_doi_with_slashes_is_found_by_its_path(api, doi):
    """1.2"""
    api.post(doi=f"{doi}/a/b")
    assert api.get(f"/dois/{doi}/a/b").status_code == 200


def test_a_percent_encoded_doi_is_found(api, doi):
    """1.2"""
    api.post(doi=f"{doi}/a")
    assert api.get(f"/dois/{doi}/a".replace("10.5072/", "10.5072%2F")).status_code == 200


def test_a_draft_is_deleted(api, made):
    """1.2 DELETE"""
    answer = api.delete(made("draft"))
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_deleted_draft_is_gone(api, made):
    """1.2 DELETE"""
    doi = made("draft")
    api.delete(doi)
    assert api.get(f"/dois/{doi}").status_code == 404


@pytest.mark.parametrize("state", ["registered", "findable"])
def test_what_was_registered_is_never_deleted(api, made, state):
    """1.2 DELETE"""
    answer = api.delete(made(state))
    assert (answer.status_code, answer.headers["Allow"], answer.json()) == (
        405,
        "HEAD, GET, POST, PATCH, PUT, OPTIONS",
        {"errors": [{"status": "405", "title": "Method not allowed"}]},
    )


def test_deleting_an_unknown_doi_is_404(api, doi):
    """1.2 DELETE"""
    assert api.delete(doi).status_code == 404


def test_validating_answers_200_with_errors_when_invalid(api, doi, complete):
    """1.2 POST /dois/validate"""
    body = {"data": {"attributes": {**complete, "doi": doi, "titles": []}}}
    answer = api.send("POST", "/dois/validate", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["source"]) == (200, "titles")


def test_validating_a_good_document_answers_with_it(api, doi, complete):
    """1.2 POST /dois/validate"""
    answer = api.send("POST", "/dois/validate", json={"data": {"attributes": {**complete, "doi": doi}}})
    assert answer.json()["data"]["id"] == doi


def test_validating_keeps_nothing(api, doi, complete):
    """1.2 POST /dois/validate"""
    api.send("POST", "/dois/validate", json={"data": {"attributes": {**complete, "doi": doi}}})
    assert api.get(f"/dois/{doi}").status_code == 404


def test_validating_needs_credentials(stranger, doi, complete):
    """1.2 POST /dois/validate"""
    body = {"data": {"attributes": {**complete, "doi": doi}}}
    assert stranger.send("POST", "/dois/validate", json=body).status_code == 401


@pytest.mark.parametrize("state", ["draft", "registered", "findable"])
def test_get_url_tells_the_landing_page(api, made, state):
    """1.2 get-url"""
    assert api.get(f"/dois/{made(state)}/get-url").json() == {"url": "https://repo.example.org/1"}


def test_get_url_of_a_draft_without_one_is_204(api, doi):
    """1.2 get-url"""
    api.post(doi=doi)
    assert api.get(f"/dois/{doi}/get-url").status_code == 204


@pytest.mark.parametrize(("who", "status"), [("stranger", 401), ("other", 403)])
def test_get_url_of_a_draft_is_the_owners(request, made, who, status):
    """1.2 get-url"""
    assert request.getfixturevalue(who).get(f"/dois/{made('draft')}/get-url").status_code == status


def test_get_url_of_an_unknown_doi_is_404(api, doi):
    """1.2 get-url"""
    assert api.get(f"/dois/{doi}/get-url").status_code == 404


def test_random_gives_a_base32_suffix_with_a_checksum(api):
    """1.2 GET /dois/random"""
    (name,) = api.get("/dois/random", prefix="10.5072").json()["dois"]
    assert re.fullmatch(r"10\.5072/[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{2}\d{2}", name)


def test_random_needs_a_prefix(api):
    """1.2 GET /dois/random"""
    answer = api.get("/dois/random")
    assert (answer.status_code, answer.json()["errors"][0]["title"]) == (422, "Parameter prefix is required")


def test_the_heartbeat_says_ok(stranger):
    """INTERFACE 5"""
    assert stranger.get("/heartbeat").text == "OK"


def test_creations_of_one_doi_at_once_give_one_201_and_one_422(sandbox, connect, doi):
    """1.9: unique, also under concurrency; two at a time, of many DOIs"""
    together = threading.Barrier(2)
    statuses = defaultdict(list)

    def create(api):
        for number in range(30):
            together.wait()
            statuses[number].append(api.post(doi=f"{doi}-{number}").status_code)

    clients = [connect(sandbox.url, ("DEMO.REPO", "demo")) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(create, clients))
    assert [sorted(answers) for answers in statuses.values()] == [[201, 422]] * 30
