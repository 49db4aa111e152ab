"""datacite-api.md 2: MDS wants credentials for everything, and tells its errors as text; `/media` too."""

from __future__ import annotations

import pytest

XML = '<resource xmlns="http://datacite.org/schema/kernel-4"><identifier identifierType="DOI">x</identifier></resource>'
CALLS = [
    ("PUT", "/metadata/10.5072/x"),
    ("POST", "/metadata"),
    ("GET", "/metadata/10.5072/x"),
    ("DELETE", "/metadata/10.5072/x"),
    ("PUT", "/doi/10.5072/x"),
    ("POST", "/doi"),
    ("GET", "/doi/10.5072/x"),
    ("GET", "/doi"),
    ("DELETE", "/doi/10.5072/x"),
    ("GET", "/media/10.5072/x"),
    ("POST", "/media/10.5072/x"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_credentials_everything_is_401(stranger, method, path):
    """401"""
    answer = stranger.send(method, path, data=XML)
    expected = "An Authentication object was not found in the SecurityContext"
    assert (answer.status_code, answer.text) == (401, expected)


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_with_a_wrong_password_everything_is_401(impostor, method, path):
    """401"""
    answer = impostor.send(method, path, data=XML)
    assert (answer.status_code, answer.text) == (401, "Bad credentials")


@pytest.mark.parametrize("who", ["stranger", "impostor"])
def test_401_asks_for_basic_authentication(request, who):
    """401"""
    assert request.getfixturevalue(who).get("/doi").headers["WWW-Authenticate"].startswith('Basic realm="')


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/metadata/{}", XML),
        ("DELETE", "/metadata/{}", ""),
        ("PUT", "/doi/{0}", "doi={0}\nurl=https://a.org"),
        ("DELETE", "/doi/{}", ""),
        ("POST", "/media/{}", "a/b=https://a.org"),
    ],
)
def test_somebody_elses_doi_is_403(other, made, method, path, body):
    """403"""
    doi = made("findable")
    answer = other.send(method, path.format(doi), data=body.format(doi))
    assert (answer.status_code, answer.text) == (403, "Access is denied")


def test_a_foreign_prefix_is_403(api):
    """403"""
    assert api.send("PUT", "/metadata/10.9999/x", data=XML).text == "Access is denied"


def test_a_deactivated_repository_is_403(sandbox, connect, doi):
    """403; 1.1"""
    gone = connect(sandbox.url, ("GONE.REPO", "gone"))
    assert gone.send("PUT", f"/metadata/{doi}", data=XML).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/media"), ("GET", "/metadata"), ("PATCH", "/metadata/10.5072/x"), ("DELETE", "/doi")]
)
def test_an_unknown_route_is_404_in_its_own_words(api, method, path):
    """404"""
    answer = api.send(method, path)
    assert (answer.status_code, answer.text) == (404, "Resource not found")


def test_outside_mds_a_wrong_method_is_405(api):
    """1.9"""
    assert api.send("PUT", "/dois").status_code == 405


def test_media_come_back_as_lines(api, made):
    """GET and POST /media/{doi}"""
    doi = made("findable")
    answer = api.send("POST", f"/media/{doi}", data="application/pdf=https://a.org/?a=b\nimage/svg+xml=ftp://a.org/1")
    assert (answer.status_code, answer.text) == (200, "OK")
    assert api.get(f"/media/{doi}").text == "application/pdf=https://a.org/?a=b\nimage/svg+xml=ftp://a.org/1"


def test_media_of_one_type_replace_each_other(api, made):
    """POST /media/{doi}"""
    doi = made("findable")
    for number in "12":
        api.send("POST", f"/media/{doi}", data=f"a/b=https://a.org/{number}")
    assert api.get(f"/media/{doi}").text == "a/b=https://a.org/2"


def test_no_media_are_404(api, made):
    """GET /media/{doi}"""
    answer = api.get(f"/media/{made('findable')}")
    assert (answer.status_code, answer.text) == (404, "No media for the DOI")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_media_of_an_unknown_doi_are_404_in_other_words(api, doi, method):
    """GET and POST /media/{doi}"""
    answer = api.send(method, f"/media/{doi}", data="a/b=https://a.org")
    assert (answer.status_code, answer.text) == (404, "DOI is unknown to MDS")


@pytest.mark.parametrize("body", ["", "nonsense", "a/b=nowhere", "pdf=https://a.org"])
def test_media_of_another_form_are_refused(api, made, body):
    """422"""
    assert api.send("POST", f"/media/{made('draft')}", data=body).status_code == 422
