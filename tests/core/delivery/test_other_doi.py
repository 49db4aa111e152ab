"""A success that names another DOI is none, and a DOI of an older version that no request can name is never sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from doitui.web.sandbox.server import Sandbox
from doitui_core.datacite import transport
from doitui_core.datacite.rest import RestClient
from doitui_core.db import database
from doitui_core.db.models import Attempt, Doi, Job
from doitui_core.dois import doi_rows, reservations
from doitui_core.domain import states
from doitui_core.domain.job_kinds import JobKind
from doitui_core.domain.outcomes import Outcome
from doitui_core.domain.states import Certainty, Facts, Remote, Wanted
from doitui_core.errors import DoituiError, InvalidDoi, Misconfigured, RemoteFailed
from doitui_core.operations import adoption, comparing, doi_actions, sync
from doitui_core.queue import connection, jobs
from doitui_core.records import record_lookup
from doitui_core.views import doctor, lists

VICTIM = "10.5072/h/2026/victim"

#: Made or read in by an older version; one of them for each rule.
OLD = ("x/../victim", "..", "a/./b", "a//b", "a/")


def about(doi: str, state: str = "findable", **more: Any) -> dict[str, Any]:
    """What DataCite says of a DOI of ours."""
    attributes = {"doi": doi, "state": state, "url": "https://archive.example.org/1", "registered": "2026-01-01"}
    owner = {"client": {"data": {"id": "demo.repo", "type": "clients"}}}
    return {"data": {"id": doi, "type": "dois", "attributes": attributes | more, "relationships": owner}}


def facts(house: Any) -> tuple[Any, ...]:
    row = house.doi()
    names = ("wanted", "remote", "certainty", "verification", "confirmed_hash", "minted_at", "status", "url")
    return tuple(getattr(row, name) for name in names)


ACTS: dict[str, Callable[[Any], Any]] = {
    "mint": lambda house: house.mint(),
    "update": lambda house: doi_actions.update(house.minted(note="x").doi),
    "deactivate": lambda house: doi_actions.deactivate(house.minted().doi, reason="withdrawn"),
    "verify": lambda house: doi_actions.verify(house.minted().doi),
}


@pytest.mark.parametrize("act", sorted(ACTS))
def test_an_answer_about_another_doi_is_reported_and_changes_no_fact(house: Any, answering_json: Any, act: str) -> None:
    ACTS[act](house)
    server = answering_json("200 OK", about(VICTIM))
    house.settings(datacite_url=server.url)
    before = facts(house)
    house.work()

    job = house.job(kind="verify" if act == "verify" else "write")
    assert (job.status, job.cause) == ("failed", "other_doi")
    assert VICTIM in job.last_error
    assert house.doi().doi in job.last_error
    assert "\n" not in job.last_error
    # Of a mint that may have arrived the wish stays; whatever is known of DataCite stays as it was.
    assert facts(house) == before
    assert len(server.requests) == 1


@pytest.mark.parametrize("place", ["id", "doi"])
def test_it_is_enough_that_one_of_the_names_is_another(house: Any, answering_json: Any, place: str) -> None:
    house.minted()
    document = about("10.5072/H/2026/1")
    if place == "id":
        document["data"]["id"] = VICTIM
    else:
        document["data"]["attributes"]["doi"] = VICTIM
    house.settings(datacite_url=answering_json("200 OK", document).url)
    doi_actions.update(house.doi().doi)
    house.work()
    assert house.job().cause == "other_doi"


def test_the_same_doi_in_other_letters_is_no_other(house: Any, answering_json: Any) -> None:
    house.minted()
    house.settings(datacite_url=answering_json("200 OK", about("10.5072/H/2026/1")).url)
    doi_actions.update(house.doi().doi)
    house.work()
    assert (house.job().status, house.job().cause) == ("completed", "")


def test_a_mint_that_was_answered_for_another_doi_is_settled_when_it_is_retried(
    house: Any, answering_json: Any, sandbox: Sandbox
) -> None:
    """The write may have arrived: what is there is ours, and not somebody's who made it by hand."""
    house.mint()
    house.settings(datacite_url=answering_json("201 Created", about(VICTIM)).url)
    house.work()
    house.settings(datacite_url=sandbox.url)
    made = {"doi": house.doi().doi, "url": "https://archive.example.org/1"}
    RestClient(sandbox.url, "DEMO.REPO", "s3cret-Pässword", deadline=20).create(made)
    jobs.retry(every=True)
    house.work()
    assert (house.job().status, house.doi().status) == ("completed", "findable")


def test_a_probe_that_is_answered_for_another_doi_settles_nothing(
    house: Any, answering_json: Any, sandbox: Sandbox
) -> None:
    house.mint()
    house.faults("POST /dois reset count=1")
    house.work(max_attempts=1)
    with database.write():
        row = doi_rows.lock(house.doi().id)
        doi_rows.write(row, states.timed_out(doi_rows.facts(row)), actor="test", action="mint")
    house.settings(datacite_url=answering_json("200 OK", about(VICTIM)).url)
    jobs.retry(every=True)
    house.later(hours=2)
    assert (house.doi().certainty, house.doi().remote, house.job().cause) == ("uncertain", "none", "other_doi")


def test_sync_adopt_and_compare_do_not_believe_an_answer_about_another_doi(house: Any, answering_json: Any) -> None:
    house.minted()
    before = facts(house)
    house.settings(datacite_url=answering_json("200 OK", about(VICTIM, "registered")).url)
    row = house.doi()

    answer = sync.ask(row, connection.for_repository(house.repository()), actor="test")
    assert isinstance(answer, Outcome)
    assert VICTIM in answer.message
    with pytest.raises(RemoteFailed, match=VICTIM):
        adoption.adopt(row.doi)
    assert VICTIM in comparing.ask(row.id).message
    assert facts(house) == before


@pytest.mark.parametrize("act", ["update", "deactivate", "mint"])
def test_a_redirect_never_carries_a_write_to_another_doi(
    house: Any, answering: Any, sandbox: Sandbox, act: str
) -> None:
    ACTS[act](house)
    location = f"{sandbox.url}/dois/{VICTIM}"
    server = answering(f"HTTP/1.1 307 Temporary Redirect\nLocation: {location}\nContent-Length: 0\nConnection: close")
    house.settings(datacite_url=server.url)
    sandbox.requests.clear()
    house.work()
    assert house.job().status != "completed"
    assert sandbox.requests.entries() == []
    assert {request.split()[1].partition(b"?")[0] for request in server.requests} <= {
        b"/dois",
        b"/dois/10.5072%2Fh%2F2026%2F1",
    }


def test_an_address_that_a_library_rewrites_is_not_sent_at_all(answering: Any) -> None:
    """The last look, should anything before it fail: `requests` would ask for /events/e1."""
    server = answering("HTTP/1.1 200 OK\nContent-Length: 0\nConnection: close")
    with transport.session("test", "A.B", "pw") as session:
        for path in ("/dois/10.5072/../../events/e1", "/dois/10.5072/%2e%2e/victim", "/dois/10.5072/./x", "/a/.."):
            with pytest.raises(Misconfigured, match=r"it would go to /\S* instead"):
                transport.exchange(session, "PUT", server.url + path, deadline=5, headers={}, data=b"x")
        transport.exchange(session, "GET", f"{server.url}/dois/10.5072%2Fx%2F..%2Fy?a=b%20c", deadline=5, headers={})
    assert [request.split()[1] for request in server.requests] == [b"/dois/10.5072%2Fx%2F..%2Fy?a=b%20c"]


def test_the_last_look_is_taken_behind_a_proxy_too(answering: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = answering("HTTP/1.1 200 OK\nContent-Length: 0\nConnection: close")
    monkeypatch.setenv("http_proxy", proxy.url)
    with transport.session("test", "A.B", "pw") as session:
        with pytest.raises(Misconfigured, match="instead"):
            transport.exchange(session, "PUT", "http://api.example.org/dois/10.5072/../x", deadline=5, headers={})
        transport.exchange(session, "GET", "http://api.example.org/dois/10.5072%2Fx", deadline=5, headers={})
    assert [request.split()[1] for request in proxy.requests] == [b"http://api.example.org/dois/10.5072%2Fx"]


@pytest.fixture
def old_doi(house: Any) -> Callable[..., Doi]:
    """`old_doi("a//b", "findable")`: the DOI of a new record `old`, as an older version has left it."""

    def make(suffix: str, remote: str = "none") -> Doi:
        house.record("old")
        made = reservations.reserve(record_lookup.find("old"))
        doi = f"10.5072/{suffix}"
        Doi.update(doi=doi, folded=doi.lower()).where(Doi.id == made.id).execute()
        with database.write():
            row = doi_rows.lock(made.id)
            known = Facts(Wanted(remote), Remote(remote), Certainty.CONFIRMED)
            doi_rows.write(row, known, actor="test", action="sync")
        return row

    return make


@pytest.mark.parametrize("suffix", OLD)
def test_no_job_of_an_old_row_sends_anything(house: Any, old_doi: Callable[..., Doi], suffix: str) -> None:
    row = old_doi(suffix, "findable")
    house.sandbox.requests.clear()
    kinds = (JobKind.WRITE, JobKind.VERIFY, JobKind.RECHECK)
    for kind in kinds:
        jobs.enqueue(kind, row.id, row.repository_id, actor="test", max_attempts=5)
    house.work()

    job_rows = {job.kind: (job.status, job.cause) for job in Job.select().where(Job.subject_id == row.id)}
    assert job_rows == {str(kind): ("failed", "invalid_doi") for kind in kinds}
    assert house.came_in() == []
    assert Attempt.select().where(Attempt.doi == row.id).count() == 0
    assert "doctor" in Doi.get_by_id(row.id).last_error


@pytest.mark.parametrize("suffix", OLD)
def test_no_act_on_an_old_row_queues_or_sends_anything(house: Any, old_doi: Callable[..., Doi], suffix: str) -> None:
    row = old_doi(suffix, "findable")
    house.sandbox.requests.clear()
    acts: dict[str, Callable[[], Any]] = {
        "mint": lambda: doi_actions.mint("old"),
        "preview": lambda: reservations.preview(row.record),
        "update": lambda: doi_actions.update(row.doi),
        "verify": lambda: doi_actions.verify(row.doi),
        "deactivate": lambda: doi_actions.deactivate(row.doi, reason="x"),
        "set-url": lambda: doi_actions.set_url(row.doi, "https://archive.example.org/2"),
        "adopt": lambda: adoption.adopt(row.doi),
        "sync": lambda: sync.sync_one(row.doi),
    }
    went_through = []
    for name, act in acts.items():
        try:
            act()
            went_through.append(name)
        except InvalidDoi as error:
            assert "nothing is sent" in str(error)  # noqa: PT017
    assert went_through == []
    assert house.came_in() == []
    assert Job.select().where(Job.subject_id == row.id).count() == 0


def test_doctor_names_old_rows_and_what_was_never_sent_can_be_given_up(house: Any, old_doi: Callable[..., Doi]) -> None:
    house.mint("with.dots/and..more")
    assert not [check for check in doctor.checks(online=False) if check.name == "DOIs"]
    row = old_doi("x/../victim")
    (check,) = [check for check in doctor.checks(online=False) if check.name == "DOIs"]
    assert (check.level, check.remedy) == ("FAIL", "doitui doi abandon 10.5072/x/../victim")
    assert "10.5072/x/../victim" in check.message

    house.sandbox.requests.clear()
    assert doi_actions.abandon(row.doi).job_id == 0
    assert not [check for check in doctor.checks(online=False) if check.name == "DOIs"]
    assert house.came_in() == []


def test_a_look_up_says_why_there_can_be_no_such_doi_and_shows_an_old_one(
    house: Any, old_doi: Callable[..., Doi]
) -> None:
    for text in ("10.5072/x/../victim", "https://doi.org/10.5072/x/%2e%2e/victim", "doi:10.5072/a//b"):
        with pytest.raises(DoituiError, match="leads requests to another DOI"):
            doi_rows.find(text)
    row = old_doi("x/../victim")
    assert lists.doi(doi_rows.find(row.doi).id).doi == row.doi


HOSTILE_IDS = ("x/../victim", "..", ".", "a/./b", "z/../../../events/e1", "x/..", "a//b", "a/", "/a")


@pytest.mark.parametrize("object_id", HOSTILE_IDS)
def test_an_object_id_that_would_lead_to_another_doi_gets_none(house: Any, object_id: str) -> None:
    house.settings(suffix_pattern="{object_id}")
    house.record(object_id)
    for act in (lambda: reservations.reserve(record_lookup.find(object_id)), lambda: doi_actions.mint(object_id)):
        with pytest.raises(InvalidDoi, match=r"cannot be used: .* choose another object id"):
            act()
    assert Doi.select().count() == 0
    house.work()
    assert house.came_in() == []


def test_the_sandbox_reads_an_escaped_doi_and_one_that_ends_like_a_route(house: Any) -> None:
    house.settings(suffix_pattern="{object_id}")
    for object_id in ("a/media/1", "a/get-url", "a/b;c(d)"):
        house.record(object_id)
        doi_actions.mint(object_id)
    house.work()
    statuses = {row.doi: row.status for row in Doi.select()}
    assert set(statuses.values()) == {"findable"}
    for doi in statuses:
        doi_actions.verify(doi)
        assert house.sandbox.store.find(doi).state == "findable"
    house.work()
    assert {row.api_check for row in Doi.select()} == {"verified"}
    url = f"{house.sandbox.url}/dois/10.5072%2Fa%2Fget-url"
    auth = ("DEMO.REPO", "s3cret-Pässword".encode())
    assert requests.get(url, auth=auth, timeout=20).json()["data"]["id"] == "10.5072/a/get-url"
    assert json.loads(requests.get(f"{url}/get-url", auth=auth, timeout=20).text) == {
        "url": "https://archive.example.org/a/get-url"
    }
