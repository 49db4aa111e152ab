"""The life of a DOI whose repository writes over MDS, against both generations."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from doitui.tui.screens import doi_panes
from doitui_core.db import database
from doitui_core.db.models import Attempt, Job, Payload
from doitui_core.dois import doi_rows
from doitui_core.domain.job_kinds import JobKind
from doitui_core.domain.states import Certainty, Facts, Remote, Wanted
from doitui_core.errors import Refused
from doitui_core.operations import doi_actions
from doitui_core.views import doi_page


def job() -> Job:
    return Job.select().where(Job.kind == str(JobKind.WRITE)).order_by(Job.id.desc()).get()


def sent() -> list[str]:
    """The bodies of all attempts, as an operator can read them."""
    bodies = []
    for attempt in Attempt.select().order_by(Attempt.id):
        payload = Payload.get_or_none(Payload.fingerprint == attempt.fingerprint)
        bodies.append(zlib.decompress(bytes(payload.body)).decode() if payload else "")
    return bodies


def test_a_mint_sends_metadata_then_address(site: Any) -> None:
    doi_actions.mint("1")
    site.work()

    assert site.written() == ["PUT metadata", "PUT doi"]
    assert (site.there().state, site.there().url) == ("findable", "https://archive.example.org/1")
    assert (site.row().status, site.row().changed, job().status) == ("findable", False, "completed")


def test_what_was_sent_is_kept_as_it_went_out(site: Any) -> None:
    site.minted()

    metadata, address = sent()
    assert metadata.encode() == site.there().xml
    assert address == "doi=10.5072/h/2026/1\nurl=https://archive.example.org/1"


def test_an_update_sends_both_again(site: Any) -> None:
    site.minted().record(title="Letters, volume 2")
    doi_actions.update(site.doi)
    site.work()

    assert site.written() == ["PUT metadata", "PUT doi"]
    assert b"volume 2" in site.there().xml
    assert not site.row().changed


def test_a_new_landing_page_arrives(site: Any) -> None:
    site.minted()
    doi_actions.set_url(site.doi, "https://archive.example.org/new?a=1")
    site.work()

    assert site.there().url == site.row().url == "https://archive.example.org/new?a=1"


def test_a_draft_gets_metadata_only(site: Any) -> None:
    doi_actions.mint("1", state="draft")
    site.work()

    assert (site.written(), site.there().state, site.row().status) == (["PUT metadata"], "draft", "draft")


def test_a_draft_that_is_given_up_is_deleted(poodle_site: Any) -> None:
    doi_actions.mint("1", state="draft")
    poodle_site.work()
    doi_actions.abandon(poodle_site.doi)
    poodle_site.work()

    assert (poodle_site.there(), poodle_site.row().status) == (None, "abandoned")


def test_registering_without_publishing_is_refused(site: Any) -> None:
    with pytest.raises(Refused, match="transport"):
        doi_actions.mint("1", state="registered")


def test_a_deactivation_hides_once(site: Any) -> None:
    site.minted()
    doi_actions.deactivate(site.doi, reason="withdrawn")
    site.work()
    site.work(minutes=6)

    assert site.written() == ["DELETE metadata"]
    assert (site.there().state, site.row().status) == ("registered", "tombstone")


def test_what_somebody_has_hidden_already_is_not_hidden_again(site: Any) -> None:
    site.minted()
    site.there().state = "registered"
    doi_actions.deactivate(site.doi, reason="withdrawn")
    site.work()

    assert (site.written(), site.there().state, site.row().status) == ([], "registered", "tombstone")


def test_a_tombstones_page_is_set_before_it_is_hidden(site: Any) -> None:
    site.settings(tombstone_page_base="https://archive.example.org/gone")
    site.minted()
    doi_actions.deactivate(site.doi, reason="withdrawn")
    site.work()

    assert site.written() == ["PUT doi", "DELETE metadata"]
    assert site.there().url == site.row().url == "https://archive.example.org/gone/10.5072/h/2026/1"
    assert (site.there().state, site.row().status) == ("registered", "tombstone")


def test_an_update_of_a_tombstone_sends_nothing(site: Any) -> None:
    site.minted()
    doi_actions.deactivate(site.doi, reason="withdrawn")
    site.work()
    site.mds.seen.clear()
    site.record(title="changed")
    doi_actions.update(site.doi)
    site.work()

    assert (site.written(), site.there().state, site.row().status) == ([], "registered", "tombstone")


def test_a_tombstone_that_came_back_is_hidden_again(site: Any) -> None:
    site.minted()
    doi_actions.deactivate(site.doi, reason="withdrawn")
    site.work()
    site.there().state = "findable"
    site.work(minutes=6)

    assert (site.there().state, site.row().status) == ("registered", "tombstone")


def test_a_restore_publishes_and_leads_to_the_landing_page_again(site: Any) -> None:
    site.settings(tombstone_page_base="https://archive.example.org/gone")
    site.minted()
    doi_actions.deactivate(site.doi, reason="withdrawn")
    site.work()
    doi_actions.restore(site.doi, reason="found again")
    site.work()

    assert site.there().url == site.row().url == "https://archive.example.org/1"
    assert (site.there().state, site.row().status) == ("findable", "findable")


def test_what_exists_and_was_never_sent_from_here_is_not_overwritten(site: Any) -> None:
    doi_actions.mint("1")
    site.hold(state="draft")
    site.work()

    assert (site.written(), job().status, job().cause) == ([], "failed", "exists")
    assert "adopt" in job().last_error


def test_a_wrong_password_blocks_the_repository_once(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "wrong")
    doi_actions.mint("1")
    site.work()

    assert (job().status, job().cause, site.there()) == ("blocked", "credentials", None)


def test_the_password_is_nowhere_in_what_is_kept(site: Any, password: str) -> None:
    site.minted()

    kept = sent() + [attempt.response + attempt.target for attempt in Attempt.select()]
    assert not any(password in text for text in kept)


def test_history_and_the_page_of_a_doi_show_what_mds_was_sent_as_it_is(site: Any) -> None:
    site.minted()
    doi_actions.deactivate(site.doi, reason="withdrawn")
    site.work()
    doi_actions.restore(site.doi, reason="found again")
    site.work()

    row = site.row()
    attempts = doi_page.history(row)["attempts"]
    shown = {attempt["method"] + " " + attempt["target"].split("/")[3]: attempt["sent"] for attempt in attempts}
    assert set(shown) == {"PUT metadata", "PUT doi", "DELETE metadata"}
    assert shown["PUT metadata"].encode() == site.there().xml
    assert shown["PUT doi"] == f"doi={site.doi}\nurl=https://archive.example.org/1"
    assert shown["DELETE metadata"] is None
    assert json.loads(json.dumps(attempts)) == attempts
    assert doi_page.load(row.id).attempts == attempts
    lines = doi_panes.requests(doi_page.load(row.id))
    assert "   <identifier identifierType=" in "\n".join(str(line) for line in lines).replace("     <", "   <")
    assert f"   doi={site.doi}" in lines


def test_an_abandoned_draft_can_be_looked_at(poodle_site: Any) -> None:
    doi_actions.mint("1", state="draft")
    poodle_site.work()
    doi_actions.abandon(poodle_site.doi)
    poodle_site.work()

    attempts = doi_page.history(poodle_site.row())["attempts"]
    assert [(one["method"], isinstance(one["sent"], str)) for one in attempts] == [("PUT", True), ("DELETE", False)]
    assert doi_panes.requests(doi_page.load(poodle_site.row().id))


def test_a_tombstones_update_is_logged_as_what_it_was_a_question(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "doitui.doi")
    site.minted()
    doi_actions.deactivate(site.doi, reason="withdrawn")
    site.work()
    caplog.clear()
    site.record(title="changed")
    doi_actions.update(site.doi)
    site.work()

    assert "updated" not in caplog.text
    assert f"DOI {site.doi} of document 1: nothing was sent: it is registered at DataCite" in caplog.text
    (entry,) = [entry for entry in doi_page.history(site.row())["log"] if "nothing was sent" in entry["detail"]]
    assert (entry["action"], entry["cause"]) == ("update", "")
    assert (job().status, job().last_error) == ("completed", "")


def test_a_registered_doi_that_cannot_be_brought_up_to_date_fails_once_and_says_why(site: Any) -> None:
    """It is not tried for ever, and not called updated: any PUT of MDS would publish it."""
    site.minted()
    site.there().state = "registered"
    with database.write():
        row = doi_rows.lock(site.row().id)
        known = Facts(Wanted.REGISTERED, Remote.REGISTERED, Certainty.CONFIRMED)
        doi_rows.write(row, known, actor="test", action="sync")
    doi_actions.update(site.doi)
    site.work()
    assert (job().status, site.written()) == ("completed", [])

    site.record(title="changed")
    doi_actions.update(site.doi)
    site.work()
    assert (job().status, job().cause, site.written()) == ("failed", "no_way", [])
    assert "transport = rest" in job().last_error


@pytest.mark.parametrize("where", ["text", "place"])
@pytest.mark.parametrize("call", ["put_metadata", "put_doi", "delete_metadata"])
def test_a_success_of_mds_that_names_another_doi_changes_no_fact(site: Any, call: str, where: str) -> None:
    """A proxy that collapses paths would bring such answers: `OK (10.5072/VICTIM)`."""
    site.minted()
    before = site.row()
    if where == "text":
        setattr(site.mds, call, lambda doi, seen: (201 if "put" in call else 200, "OK (10.5072/VICTIM)"))
    else:
        site.mds.location = f"{site.mds.url}/metadata/10.5072%2FVICTIM"
    if call == "delete_metadata":
        doi_actions.deactivate(site.doi, reason="withdrawn")
    else:
        doi_actions.update(site.doi)
    site.work()

    after = site.row()
    assert (job().status, job().cause) == ("failed", "other_doi")
    assert "VICTIM" in job().last_error.upper()
    assert (after.remote, after.certainty, after.confirmed_hash) == (before.remote, "confirmed", before.confirmed_hash)


def test_the_doi_that_mds_names_in_capitals_is_ours(poodle_site: Any) -> None:
    poodle_site.mds.location = f"{poodle_site.mds.url}/metadata/{poodle_site.doi.upper()}"
    poodle_site.minted()
    assert poodle_site.row().status == "findable"
