"""datacite-api.md 1.1 and 1.10: who may do what, and what a caller sees."""

from __future__ import annotations

import pytest

STATES = ("draft", "registered", "findable")


def test_a_repository_creates_under_its_prefix(api, doi):
    """1.1"""
    assert api.post(doi=doi).status_code == 201


def test_the_account_name_is_case_insensitive(sandbox, connect, doi):
    """1.1"""
    assert connect(sandbox.url, ("demo.repo", "demo")).post(doi=doi).status_code == 201


def test_a_prefix_of_another_repository_is_forbidden(api):
    """1.1"""
    assert api.post(doi="10.80225/x").status_code == 403


def test_a_member_never_creates(sandbox, connect, doi):
    """1.1"""
    assert connect(sandbox.url, ("DEMO", "member")).post(doi=doi).status_code == 403


def test_a_deactivated_repository_loses_its_writes(sandbox, connect, doi):
    """1.1"""
    assert connect(sandbox.url, ("GONE.REPO", "gone")).post(doi=doi).status_code == 403


def test_a_deactivated_repository_keeps_its_reads(sandbox, connect):
    """1.1"""
    answer = connect(sandbox.url, ("GONE.REPO", "gone")).get("/dois")
    assert answer.headers["X-Credential-Username"] == "gone.repo"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_another_repository_changes_nothing_of_ours(api, other, doi, method):
    """1.1: same prefix, other owner"""
    api.post(doi=doi)
    assert (
        other.send(method, f"/dois/{doi}", json={"data": {"attributes": {"url": "https://a.org"}}}).status_code == 403
    )


@pytest.mark.parametrize("who", ["stranger", "impostor"])
def test_writing_without_valid_credentials_is_401(request, who, doi):
    """1.1"""
    answer = request.getfixturevalue(who).post(doi=doi)
    assert (answer.status_code, answer.json()["errors"][0]["title"]) == (401, "Bad credentials.")


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer abc", "Basic /////w=="])
def test_an_authorization_that_cannot_be_read_is_401_on_writes(stranger, doi, header):
    """1.1"""
    answer = stranger.send(
        "POST", "/dois", json={"data": {"attributes": {"doi": doi}}}, headers={"Authorization": header}
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("who", ["stranger", "impostor", "other"])
@pytest.mark.parametrize(("state", "status"), [("draft", 404), ("registered", 404), ("findable", 200)])
def test_strangers_get_findable_dois_only(request, made, who, state, status):
    """1.10; a wrong password does not fail on reads, it hides (1.1)"""
    assert request.getfixturevalue(who).get(f"/dois/{made(state)}").status_code == status


@pytest.mark.parametrize("state", STATES)
def test_the_owner_gets_every_state(api, made, state):
    """1.10"""
    assert api.get(f"/dois/{made(state)}").status_code == 200


@pytest.mark.parametrize("state", STATES)
def test_the_owning_member_gets_every_state(sandbox, connect, made, state):
    """1.10"""
    assert connect(sandbox.url, ("DEMO", "member")).get(f"/dois/{made(state)}").status_code == 200


@pytest.mark.parametrize(("who", "sees"), [("api", True), ("stranger", False), ("other", False)])
def test_only_those_allowed_see_the_landing_page_check(request, made, who, sees):
    """1.10"""
    attributes = request.getfixturevalue(who).read(made("findable"))
    assert ("landingPage" in attributes) is sees


def test_valid_credentials_are_named_in_a_header(api):
    """1.4"""
    assert api.get("/heartbeat").headers["X-Credential-Username"] == "demo.repo"


def test_no_credentials_are_named_in_a_header(stranger):
    """1.4"""
    assert stranger.get("/heartbeat").headers["X-Anonymous-Consumer"] == "true"


@pytest.mark.parametrize("header", ["X-Credential-Username", "X-Anonymous-Consumer"])
def test_wrong_credentials_are_named_in_no_header(impostor, header):
    """1.4"""
    assert header not in impostor.get("/heartbeat").headers
