"""The REST client against the sandbox, and against answers the sandbox never gives."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from doitui_core.datacite.rest import RestClient
from doitui_core.errors import BadAnswer, CredentialsRefused, RemoteFailed

DOI = "10.5072/a.b/c"


@pytest.fixture
def document(complete: dict[str, Any]) -> dict[str, Any]:
    affiliation = {"name": "Harbour Institute", "affiliationIdentifier": "https://ror.org/02nr0ka47"}
    creator = {"name": "Doe, Jo", "affiliation": [{**affiliation, "affiliationIdentifierScheme": "ROR"}]}
    publisher = {"name": "Brandt Archive", "publisherIdentifier": "https://ror.org/04z8jg394"}
    return {**complete, "doi": DOI, "url": "https://a.example.org/1", "creators": [creator], "publisher": publisher}


@pytest.fixture
def client(connect: Any) -> RestClient:
    return connect()


def test_create_makes_a_doi_in_the_state_of_its_event(client: RestClient, document: dict[str, Any]) -> None:
    answer = client.create({**document, "event": "publish"})
    assert (answer.status, answer.state, answer.owner) == (201, "findable", "demo.repo")


def test_create_never_overwrites(client: RestClient, document: dict[str, Any]) -> None:
    client.create(document)
    answer = client.create({**document, "titles": [{"title": "Other"}]})
    assert (answer.status, answer.errors) == (422, [("doi", "This DOI has already been taken")])


def test_replace_changes_what_is_there(client: RestClient, document: dict[str, Any]) -> None:
    client.create(document)
    answer = client.replace(DOI, {**document, "titles": [{"title": "Other"}]})
    assert (answer.status, answer.attributes["titles"]) == (200, [{"title": "Other"}])


@pytest.mark.parametrize("block", ["creators", "publisher"])
def test_get_brings_the_identifiers_of_affiliations_and_publisher(
    client: RestClient, document: dict[str, Any], block: str
) -> None:
    client.create(document)
    assert "https://ror.org/0" in json.dumps(client.get(DOI).attributes[block])


@pytest.mark.parametrize("method", ["create", "replace"])
def test_a_write_answers_with_identifiers_too(client: RestClient, document: dict[str, Any], method: str) -> None:
    answer = client.create(document) if method == "create" else client.replace(DOI, document)
    assert answer.attributes["publisher"]["publisherIdentifier"] == "https://ror.org/04z8jg394"


def test_get_finds_a_doi_in_any_case(client: RestClient, document: dict[str, Any]) -> None:
    client.create(document)
    assert client.get(DOI.upper()).status == 200


@pytest.mark.parametrize(("state", "status"), [(None, 204), ("register", 405), ("publish", 405)])
def test_only_a_draft_can_be_deleted(client: RestClient, document: dict[str, Any], state: str, status: int) -> None:
    client.create({**document, "event": state})
    assert client.delete_draft(DOI).status == status


def test_a_draft_of_ours_that_is_not_there_is_not_there(client: RestClient) -> None:
    assert client.get(DOI).status == 404


def test_with_a_wrong_password_not_found_proves_nothing(
    connect: Any, client: RestClient, document: dict[str, Any]
) -> None:
    client.create(document)
    with pytest.raises(CredentialsRefused, match=r"DEMO\.REPO"):
        connect("DEMO.REPO", "wrong").get(DOI)


def test_with_a_wrong_password_a_list_would_be_the_public_one(connect: Any) -> None:
    with pytest.raises(CredentialsRefused):
        list(connect("DEMO.REPO", "wrong").list())


def test_with_a_wrong_password_a_write_is_401(connect: Any, document: dict[str, Any]) -> None:
    assert connect("DEMO.REPO", "wrong").create(document).status == 401


@pytest.mark.parametrize(("password", "raised"), [("s3cret-Pässword", None), ("wrong", CredentialsRefused)])
def test_credentials_can_be_checked(connect: Any, password: str, raised: type[Exception] | None) -> None:
    client = connect("DEMO.REPO", password)
    if raised is None:
        assert client.check_credentials().status == 200
        return
    with pytest.raises(raised):
        client.check_credentials()


@pytest.mark.parametrize("status", ["503 Service Unavailable", "429 Too Many Requests", "302 Found", "403 Forbidden"])
def test_a_server_that_cannot_tell_says_nothing_about_credentials(answering_json: Any, status: str) -> None:
    server = answering_json(status, {})
    with pytest.raises(RemoteFailed, match=status[:3]):
        RestClient(server.url, "A.B", "pw", deadline=5).check_credentials()


class SmallPages(RestClient):
    PAGE = 3


def test_a_list_goes_on_to_the_last_page(sandbox: Any, password: str, document: dict[str, Any]) -> None:
    client = SmallPages(sandbox.url, "DEMO.REPO", password, deadline=20)
    made = [f"10.5072/l{number}" for number in range(9)]
    for doi in made:
        client.create({**document, "doi": doi})
    assert [found["doi"] for found in client.list()] == made


def test_a_list_can_be_filtered(client: RestClient, document: dict[str, Any]) -> None:
    for doi in ("10.5072/x", "10.80225/y"):
        client.create({**document, "doi": doi})
    assert [found["doi"] for found in client.list(prefix="10.80225")] == ["10.80225/y"]


def test_a_list_brings_identifiers_too(client: RestClient, document: dict[str, Any]) -> None:
    client.create(document)
    (found,) = client.list()
    assert found["publisher"]["publisherIdentifier"] == "https://ror.org/04z8jg394"


def test_a_list_whose_cursor_stands_still_is_a_bad_answer(answering_json: Any) -> None:
    page = {"data": [{"attributes": {"doi": "10.5072/x"}}], "links": {"next": "/dois?page%5Bcursor%5D=1"}}
    server = answering_json("200 OK", page)
    with pytest.raises(BadAnswer, match="lead back"):
        list(RestClient(server.url, "A.B", "pw", deadline=5).list())


def test_a_page_that_is_no_list_is_not_an_empty_list(answering: Any) -> None:
    server = answering("HTTP/1.1 200 OK\nConnection: close", b"<html>Maintenance</html>")
    with pytest.raises(RemoteFailed, match="Maintenance"):
        list(RestClient(server.url, "A.B", "pw", deadline=5).list())


@pytest.mark.parametrize(
    ("email", "agent"),
    [
        ("", rb"doitui/\S+\r\n"),
        ("it@a.example.org", rb"doitui/\S+ \(mailto:it@a\.example\.org\)\r\n"),
        ("ł\n@x", rb"doitui/"),
    ],
)
def test_the_user_agent_names_us_and_a_mail_address(answering: Any, email: str, agent: bytes) -> None:
    server = answering("HTTP/1.1 200 OK\nContent-Length: 0\nConnection: close")
    RestClient(server.url, "A.B", "pw", deadline=5, contact_email=email).create({})
    assert re.search(b"User-Agent: " + agent, server.requests[0])


@pytest.mark.parametrize(
    ("doi", "path"),
    [
        ("10.5072/a/b;c(d)", b"10.5072%2Fa%2Fb%3Bc%28d%29"),
        ("10.5072/ä#?", b"10.5072%2F%C3%A4%23%3F"),
        ("10.5072/a%41", b"10.5072%2Fa%2541"),
    ],
)
def test_a_doi_in_a_path_is_escaped(answering: Any, doi: str, path: bytes) -> None:
    server = answering("HTTP/1.1 204 No Content\nConnection: close")
    RestClient(server.url, "A.B", "pw", deadline=5).delete_draft(doi)
    assert server.requests[0].split()[1] == b"/dois/" + path


@pytest.mark.parametrize("wrapped", ["s3cret-Pässword", "REVNTy5SRVBPOnMzY3JldC1Qw6Rzc3dvcmQ="])
def test_an_error_page_that_shows_the_request_is_masked(answering: Any, wrapped: str) -> None:
    server = answering("HTTP/1.1 500 Error\nConnection: close", f"<pre>Authorization: {wrapped}</pre>".encode())
    answer = RestClient(server.url, "DEMO.REPO", "s3cret-Pässword", deadline=5).create({})
    assert answer.text == "<pre>Authorization: •••</pre>"


@pytest.mark.parametrize(
    "body", ["", "[]", "null", '"x"', '{"data": 1}', '{"data": {"attributes": []}}', "<html>", "[" * 100_000]
)
def test_a_body_of_any_kind_can_be_asked_for_state_owner_and_errors(answering: Any, body: str) -> None:
    server = answering("HTTP/1.1 200 OK\nConnection: close", body.encode())
    answer = RestClient(server.url, "A.B", "pw", deadline=5).create({})
    assert (answer.state, answer.owner, answer.errors, answer.unreadable) == ("", "", [], True)


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("a\u0000b", "a b"),
        ("a\nb\tc", "a b c"),
        ("\u001b[31mred", "[31mred"),
        ("\ud800x", "?x"),
        ("x" * 9999, "x" * 2000),
    ],
)
def test_what_a_server_says_is_one_line_that_can_be_stored(answering_json: Any, title: str, line: str) -> None:
    server = answering_json("422 Unprocessable", {"errors": [{"title": title}]})
    assert RestClient(server.url, "A.B", "pw", deadline=5).create({}).summary == line
