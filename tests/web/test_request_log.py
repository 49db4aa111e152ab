"""INTERFACE 5: `GET /_requests` and `DELETE /_requests`."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def log(stranger):
    """Reads the log, which starts empty."""
    stranger.send("DELETE", "/_requests")
    return lambda: stranger.get("/_requests").json()["requests"]


def test_a_request_has_exactly_these_keys(api, log, doi):
    api.post(doi=doi)
    assert list(log()[0]) == ["method", "path", "status", "at", "doi"]


@pytest.mark.parametrize(
    ("method", "path", "status", "has_doi"),
    [
        ("POST", "/dois", 201, True),
        ("PUT", "/dois/{}", 201, True),
        ("GET", "/dois/{}", 404, True),
        ("GET", "/dois/{}/get-url", 404, True),
        ("DELETE", "/dois/{}", 404, True),
        ("POST", "/dois/validate", 200, True),
        ("GET", "/dois", 200, False),
        ("GET", "/heartbeat", 200, False),
        ("GET", "/nowhere", 404, False),
        ("GET", "/metadata/{}", 404, True),
        ("DELETE", "/metadata/{}", 201, True),
        ("PUT", "/metadata/{}", 415, True),
        ("GET", "/doi/{}", 404, True),
        ("GET", "/media/{}", 404, True),
        ("GET", "/{}", 404, True),
        ("GET", "/landing/{}", 200, True),
    ],
)
def test_what_came_in_is_listed(api, log, doi, method, path, status, has_doi):
    path = path.format(doi.upper())
    api.send(method, path, json={"data": {"attributes": {"doi": doi.upper()}}})
    (one,) = log()
    assert (one["method"], one["path"], one["status"], one["doi"]) == (method, path, status, doi if has_doi else None)


@pytest.mark.parametrize("who", ["api", "stranger"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/doi", "url=https://a.org\ndoi={}"),
        ("/doi", "doi={}"),
        ("/metadata", '<a xmlns="http://datacite.org/schema/kernel-4"><identifier>{}</identifier></a>'),
        ("/metadata", "<identifier>{}</identifier>"),
    ],
)
def test_a_doi_in_a_refused_mds_body_is_listed(request, log, doi, who, path, body):
    answer = request.getfixturevalue(who).send("POST", path, data=body.format(doi.upper()))
    assert [(one["status"], one["doi"]) for one in log()] == [(answer.status_code, doi)]


def test_a_doi_mds_made_up_is_listed(api, log):
    api.send("PUT", "/metadata/10.5072", data="<a/>")
    assert log()[-1]["doi"].startswith("10.5072/")


def test_a_doi_the_server_made_up_is_listed(api, log):
    doi = api.post(prefix="10.5072").json()["data"]["id"]
    assert log()[0]["doi"] == doi


def test_a_refused_document_is_listed_with_its_doi(api, log, doi):
    api.post(doi=doi, url="nowhere")
    assert [(one["status"], one["doi"]) for one in log()] == [(422, doi)]


def test_a_stranger_is_listed_with_the_doi(stranger, log, doi):
    stranger.post(doi=doi)
    assert [(one["status"], one["doi"]) for one in log()] == [(401, doi)]


def test_the_oldest_comes_first(api, log, doi):
    api.post(doi=doi)
    api.get(f"/dois/{doi}")
    assert [one["method"] for one in log()] == ["POST", "GET"]


def test_times_are_iso_8601_in_utc(api, log):
    api.get("/heartbeat")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", log()[0]["at"])


def test_the_controls_are_not_listed(log):
    log()
    assert log() == []


def test_deleting_empties_the_list(api, stranger, log):
    api.get("/heartbeat")
    stranger.send("DELETE", "/_requests")
    assert log() == []
