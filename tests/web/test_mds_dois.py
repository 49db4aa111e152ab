"""datacite-api.md 2: the rows of `/doi`, and the traps in them."""

from __future__ import annotations

import pytest

from doitui.web.sandbox.server import running_sandbox

URL = "https://repo.example.org/2"


def point(api, doi, url=URL, path=None, method="PUT"):
    """`PUT /doi/{doi}` with the two lines."""
    body = f"doi={doi}\nurl={url}"
    path = f"/doi/{doi}" if path is None else path
    return api.send(method, path, data=body.encode(), headers={"Content-Type": "text/plain;charset=UTF-8"})


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("with_path", [True, False])
def test_a_landing_page_publishes(api, made, method, with_path):
    """PUT /doi/{doi}, POST /doi; trap 2"""
    doi = made("draft")
    answer = point(api, doi, path=f"/doi/{doi}" if with_path else "/doi", method=method)
    attributes = api.read(doi)
    assert (answer.status_code, answer.text) == (201, "OK")
    assert (attributes["state"], attributes["url"]) == ("findable", URL)


def test_a_hidden_doi_is_published_by_a_new_landing_page(api, made):
    """Trap 3"""
    doi = made("registered")
    point(api, doi)
    assert api.read(doi)["state"] == "findable"


@pytest.mark.parametrize("known", [True, False])
def test_a_landing_page_before_metadata_is_422(api, doi, known):
    """422: current poodle sends no 412"""
    if known:
        api.post(doi=doi)
    answer = point(api, doi)
    assert (answer.status_code, answer.text) == (422, "Can't be blank")


@pytest.mark.parametrize("body", ["", "\n"])
@pytest.mark.parametrize("path", ["/doi", "/doi/10.5072/x"])
def test_an_empty_body_is_400_without_a_text(api, path, body):
    """400"""
    answer = api.send("PUT", path, data=body)
    assert (answer.status_code, answer.text) == (400, "")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("url=https://a.org", "param 'doi' required"),
        ("doi=\nurl=https://a.org", "param 'doi' required"),
        ("nonsense", "param 'doi' required"),
        ("doi=10.5072/other\nurl=https://a.org", "doi parameter does not match doi of resource"),
        ("doi=10.5072/X", "param 'url' required"),
        ("doi=10.5072/x\nurl=  ", "param 'url' required"),
    ],
)
def test_incomplete_lines_are_400(api, body, text):
    """400"""
    answer = api.send("PUT", "/doi/10.5072/x", data=body)
    assert (answer.status_code, answer.text) == (400, text)


@pytest.mark.parametrize(
    "body",
    [
        "url={url}\ndoi={doi}",
        "doi={doi}\r\nurl={url}\r\n",
        "doi= {doi} \nurl= {url} \n",
        "comment\ndoi={doi}\nurl={url}",
        "doi={doi}\nurl=https%3A%2F%2Frepo.example.org%2F2",
    ],
)
def test_the_form_of_the_lines_is_free(api, made, body):
    """Trap 5"""
    doi = made("draft")
    api.send("PUT", f"/doi/{doi}", data=body.format(doi=doi, url=URL))
    assert api.read(doi)["url"] == URL


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("https://a.org/?q=1&r=a=b", "https://a.org/?q=1&r=a=b"),
        ("https://a.org/a%2520b", "https://a.org/a%20b"),
        ("https://a.org/a%2Bb", "https://a.org/a+b"),
    ],
)
def test_the_url_is_unescaped_once(api, made, sent, kept):
    """Trap 5"""
    doi = made("draft")
    point(api, doi, sent)
    assert api.read(doi)["url"] == kept


@pytest.mark.parametrize("url", ["https://a.org/a+b", "https://a.org/a%20b"])
def test_a_space_that_unescaping_makes_is_refused(api, made, url):
    """Trap 5"""
    answer = point(api, made("draft"), url)
    assert (answer.status_code, answer.text) == (422, "URL is not valid")


@pytest.mark.parametrize("state", ["draft", "registered", "findable"])
def test_the_landing_page_is_answered_as_text(api, made, state):
    """GET /doi/{doi}"""
    answer = api.get(f"/doi/{made(state)}")
    assert (answer.status_code, answer.text) == (200, "https://repo.example.org/1")


def test_without_a_landing_page_it_is_204(api, doi):
    """GET /doi/{doi}"""
    api.post(doi=doi)
    answer = api.get(f"/doi/{doi}")
    assert (answer.status_code, answer.text) == (204, "")


def test_the_landing_page_of_an_unknown_doi_is_404(api, doi):
    """GET /doi/{doi}"""
    answer = api.get(f"/doi/{doi}")
    assert (answer.status_code, answer.text) == (404, "DOI not found")


def test_the_landing_page_of_somebody_elses_draft_is_403(other, made):
    """GET /doi/{doi}; 1.2 get-url"""
    assert other.get(f"/doi/{made('draft')}").status_code == 403


@pytest.fixture
def mine(connect):
    """A sandbox with nothing in it."""
    with running_sandbox(prefixes=("10.5072", "10.80225")) as sandbox:
        yield connect(sandbox.url, ("DEMO.REPO", "demo"))


def test_ones_dois_are_listed_line_by_line(mine, complete):
    """GET /doi: those in the Handle system, of the first prefix only"""
    for doi, event in {
        "10.5072/a": "publish",
        "10.5072/b": None,
        "10.5072/c": "register",
        "10.80225/d": "publish",
    }.items():
        mine.post(doi=doi, event=event, **complete)
    answer = mine.get("/doi")
    assert (answer.status_code, answer.text.split("\n")) == (200, ["10.5072/A", "10.5072/C"])


def test_an_empty_list_is_204(mine):
    """GET /doi"""
    assert mine.get("/doi").status_code == 204


def test_a_member_has_no_list(sandbox, connect):
    """GET /doi"""
    assert connect(sandbox.url, ("DEMO", "member")).get("/doi").status_code == 403


def test_a_draft_is_deleted(api, made):
    """DELETE /doi/{doi}"""
    doi = made("draft")
    answer = api.send("DELETE", f"/doi/{doi}")
    assert (answer.status_code, answer.text, api.get(f"/dois/{doi}").status_code) == (200, "OK", 404)


@pytest.mark.parametrize("state", ["registered", "findable"])
def test_what_was_registered_is_never_deleted(api, made, state):
    """DELETE /doi/{doi}"""
    answer = api.send("DELETE", f"/doi/{made(state)}")
    assert (answer.status_code, answer.text) == (405, "Method not allowed")


def test_deleting_an_unknown_doi_is_404(api, doi):
    """DELETE /doi/{doi}"""
    answer = api.send("DELETE", f"/doi/{doi}")
    assert (answer.status_code, answer.text) == (404, "DOI not found")


def test_what_is_no_doi_cannot_be_registered(api):
    """404"""
    assert point(api, "nonsense").text == "DOI not found"


def test_a_path_that_is_no_doi_is_ignored(api, made):
    """PUT /doi/{doi}"""
    assert point(api, made("draft"), path="/doi/nonsense").status_code == 201
