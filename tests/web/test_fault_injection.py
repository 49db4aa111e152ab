"""INTERFACE 5: every kind of fault, seen by a client."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from doitui.web.sandbox.server import running_sandbox


@pytest.fixture
def break_down(sandbox, stranger):
    """Puts faults in force over HTTP, for one test."""
    yield lambda *faults: stranger.send("POST", "/_faults", json={"faults": faults})
    stranger.send("DELETE", "/_faults")


@pytest.fixture(autouse=True)
def _empty_log(stranger):
    stranger.send("DELETE", "/_requests")


def logged(api, doi):
    return [(one["method"], one["status"]) for one in api.get("/_requests").json()["requests"] if one["doi"] == doi]


def write_and_wait(api, doi):
    """A raw connection whose POST of `doi` is done and has no answer."""
    body = json.dumps({"data": {"attributes": {"doi": doi}}})
    authorization = requests.Request("POST", api.url, auth=api.session.auth).prepare().headers["Authorization"]
    head = f"POST /dois HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Length: {len(body)}\r\n\r\n"
    connection = socket.create_connection(("127.0.0.1", int(api.url.rpartition(":")[2])))
    connection.sendall((head + body).encode())
    while not logged(api, doi):
        pass
    return connection


def test_latency_answers_as_usual_afterwards(api, break_down, doi):
    break_down("POST /dois latency seconds=0.05")
    answer = api.post(doi=doi)
    assert (answer.status_code, answer.elapsed.total_seconds() >= 0.05) == (201, True)


def test_a_status_fault_answers_that_status_in_datacites_shape(api, break_down, doi):
    break_down("POST /dois status status=503")
    answer = api.post(doi=doi)
    assert (answer.status_code, answer.json()) == (
        503,
        {"errors": [{"status": "503", "title": "Service Unavailable"}]},
    )


def test_a_status_fault_does_nothing(api, break_down, doi):
    break_down("POST /dois status status=500")
    api.post(doi=doi)
    assert api.get(f"/dois/{doi}").status_code == 404


@pytest.mark.parametrize(("method", "path"), [("POST", "/dois"), ("PUT", "/dois/{}"), ("DELETE", "/dois/{}")])
def test_a_status_fault_is_logged_with_the_doi(api, break_down, doi, method, path):
    break_down("* /dois* status status=500")
    api.send(method, path.format(doi.upper()), json={"data": {"attributes": {"doi": doi.upper()}}})
    assert logged(api, doi) == [(method, 500)]


def test_seconds_become_retry_after(api, break_down, doi):
    break_down("POST /dois status status=429 seconds=2.5")
    answer = api.post(doi=doi)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")


def test_without_seconds_there_is_no_retry_after(api, break_down, doi):
    break_down("POST /dois status status=429")
    assert "Retry-After" not in api.post(doi=doi).headers


def test_wrong_state_answers_as_if_the_event_were_ignored(api, break_down, doi, complete):
    break_down("POST /dois wrong-state")
    answer = api.post(doi=doi, event="publish", **complete)
    assert (answer.status_code, answer.json()["data"]["attributes"]["state"]) == (201, "draft")


def test_wrong_state_stores_what_it_answers(api, break_down, made):
    break_down("PUT /dois/* wrong-state")
    doi = made("findable")
    api.put(doi, event="hide", url="https://a.org/2")
    attributes = api.read(doi)
    assert (attributes["state"], attributes["url"]) == ("findable", "https://a.org/2")


def test_a_reset_breaks_the_connection_without_an_answer(api, break_down, doi):
    break_down("POST /dois reset")
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        api.post(doi=doi)


def test_a_reset_has_done_its_work(api, break_down, doi):
    break_down("POST /dois reset")
    with pytest.raises(requests.ConnectionError):
        api.post(doi=doi)
    assert (api.get(f"/dois/{doi}").status_code, logged(api, doi)[0]) == (200, ("POST", 201))


def test_a_hang_gives_no_answer(api, break_down, doi):
    break_down("POST /dois hang")
    with pytest.raises(requests.ReadTimeout):
        api.session.post(api.url + "/dois", json={"data": {"attributes": {"doi": doi}}}, timeout=0.2)


def test_a_hang_has_done_its_work_and_the_others_go_on(api, break_down, doi):
    break_down("POST /dois hang")
    with write_and_wait(api, doi):
        assert (api.get(f"/dois/{doi}").status_code, logged(api, doi)[0]) == (200, ("POST", 201))


def test_a_hang_ends_without_an_answer_when_its_time_is_over(api, break_down, doi):
    break_down("POST /dois hang seconds=0.1")
    with pytest.raises(requests.ConnectionError):
        api.post(doi=doi)


def test_a_hang_frees_its_thread_when_the_client_gives_up(api, break_down, doi):
    """More requests hang, one after the other, than the server has threads."""
    break_down("POST /dois hang")

    def give_up(number):
        with pytest.raises(requests.Timeout):
            requests.post(
                api.url + "/dois",
                json={"data": {"attributes": {"doi": f"{doi}-{number}"}}},
                auth=api.session.auth,
                timeout=0.4,
            )

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(give_up, range(80)))
    assert api.get("/heartbeat").status_code == 200


def test_a_hang_does_not_keep_the_sandbox_from_stopping(connect, doi):
    with running_sandbox(faults=["POST /dois hang"]) as sandbox:
        connection = write_and_wait(connect(sandbox.url, ("DEMO.REPO", "demo")), doi)
    with connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_faults_over_http_replace_each_other(api, break_down, doi):
    break_down("POST /dois status status=500")
    break_down("GET /heartbeat status status=500")
    assert api.post(doi=doi).status_code == 201


def test_deleting_faults_ends_them(api, break_down, doi):
    break_down("POST /dois status status=500")
    api.send("DELETE", "/_faults")
    assert api.post(doi=doi).status_code == 201


@pytest.mark.parametrize("body", [{"faults": ["nonsense"]}, {"faults": "GET * hang"}, {"faults": [1]}, [], None])
def test_bad_faults_over_http_are_400(stranger, body):
    assert stranger.send("POST", "/_faults", json=body).status_code == 400


def test_faults_leave_the_controls_alone(stranger, break_down):
    break_down("* * status status=500")
    assert stranger.get("/_requests").status_code == 200


MDS_XML = """<resource xmlns="http://datacite.org/schema/kernel-4"><identifier identifierType="DOI">{}</identifier>
<creators><creator><creatorName>D</creatorName></creator></creators><titles><title>T</title></titles>
<publisher>R</publisher><publicationYear>2025</publicationYear><resourceType resourceTypeGeneral="Text"/></resource>"""


def test_an_html_fault_answers_a_page_and_does_nothing(api, break_down, doi):
    break_down("POST /dois html")
    answer = api.post(doi=doi)
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (502, "text/html")
    assert "<h1>502 Bad Gateway</h1>" in answer.text
    assert api.get(f"/dois/{doi}").status_code == 404


def test_an_html_fault_answers_the_given_status(api, break_down, doi):
    break_down("* * html status=504")
    assert api.get(f"/dois/{doi}").status_code == 504


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/dois", '{{"data": {{"attributes": {{"doi": "{}"}}}}}}'),
        ("PUT", "/metadata/{}", ""),
        ("POST", "/metadata", MDS_XML),
        ("POST", "/doi", "doi={}\nurl=https://a.org"),
        ("GET", "/media/{}", ""),
        ("GET", "/{}", ""),
        ("HEAD", "/{}", ""),
    ],
)
@pytest.mark.parametrize("kind", ["status", "html"])
def test_a_refusal_on_any_path_is_logged_with_the_doi(api, break_down, doi, method, path, body, kind):
    break_down(f"* * {kind} status=503")
    api.send(method, path.format(doi.upper()), data=body.format(doi.upper()))
    assert logged(api, doi) == [(method, 503)]


def test_a_status_fault_on_an_mds_path_answers_text(api, break_down, doi):
    break_down("* /doi/* status status=429 seconds=7")
    answer = api.get(f"/doi/{doi}")
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (429, "Too Many Requests", "7")


@pytest.mark.parametrize("kind", ["hang seconds=0.1", "reset"])
def test_a_withheld_answer_of_mds_has_done_its_work(api, break_down, doi, kind):
    break_down(f"PUT /metadata/* {kind}")
    with pytest.raises(requests.ConnectionError):
        api.send("PUT", f"/metadata/{doi}", data=MDS_XML)
    assert (api.get(f"/dois/{doi}").status_code, logged(api, doi)[0]) == (200, ("PUT", 201))


def test_wrong_state_works_on_mds_paths(api, break_down, made):
    break_down("PUT /doi/* wrong-state")
    doi = made("draft")
    answer = api.send("PUT", f"/doi/{doi}", data=f"doi={doi}\nurl=https://a.org/2")
    attributes = api.read(doi)
    assert (answer.status_code, attributes["state"], attributes["url"]) == (201, "draft", "https://a.org/2")


def test_latency_works_on_the_resolver(api, break_down, made):
    doi = made("findable")
    break_down("GET /10.* latency seconds=0.05")
    answer = api.send("GET", f"/{doi}", allow_redirects=False)
    assert (answer.status_code, answer.elapsed.total_seconds() >= 0.05) == (302, True)


def test_a_search_lag_hides_young_dois_from_the_list_only(api, break_down, made):
    doi = made("findable")
    break_down("GET /dois search-lag seconds=3600")
    answer = api.get("/dois").json()
    assert (answer["data"], answer["meta"]["total"], api.get(f"/dois/{doi}").status_code) == ([], 0, 200)


@pytest.mark.parametrize("query", [{}, {"page[cursor]": "1"}, {"query": "10.5072"}])
def test_a_search_lag_holds_for_every_kind_of_list(api, break_down, made, query):
    made("findable")
    break_down("GET /dois search-lag seconds=3600")
    assert api.get("/dois", **query).json()["data"] == []


def test_a_search_lag_hides_young_dois_from_the_list_of_mds(api, break_down, made):
    doi = made("findable")
    break_down("GET /doi search-lag seconds=3600")
    assert (api.get("/doi").status_code, api.get(f"/doi/{doi}").status_code) == (204, 200)


def test_old_dois_are_listed_in_spite_of_a_search_lag(api, break_down, made):
    doi = made("findable")
    break_down("GET /dois search-lag seconds=0.05")
    while not api.get("/dois", query=doi).json()["data"]:
        pass
    assert api.get("/dois", query=doi).json()["meta"]["total"] == 1
