"""The life of a DOI whose repository writes over MDS, against both generations."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from doitui_core import dois
from doitui_core.errors import Refused
from doitui_core.models import Attempt, Job, Payload
from doitui_core.queue import Kind


def job() -> Job:
    return Job.select().where(Job.kind == str(Kind.WRITE)).order_by(Job.id.desc()).get()


def sent() -> list[str]:
    """The bodies of all attempts, as an operator can read them."""
    bodies = []
    for attempt in Attempt.select().order_by(Attempt.id):
        payload = Payload.get_or_none(Payload.fingerprint == attempt.fingerprint)
        bodies.append(zlib.decompress(bytes(payload.body)).decode() if payload else "")
    return bodies


def test_a_mint_sends_metadata_then_address(site: Any) -> None:
    dois.mint("1")
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
    dois.update(site.doi)
    site.work()

    assert site.written() == ["PUT metadata", "PUT doi"]
    assert b"volume 2" in site.there().xml
    assert not site.row().changed


def test_a_new_landing_page_arrives(site: Any) -> None:
    site.minted()
    dois.set_url(site.doi, "https://archive.example.org/new?a=1")
    site.work()

    assert site.there().url == site.row().url == "https://archive.example.org/new?a=1"


def test_a_draft_gets_metadata_only(site: Any) -> None:
    dois.mint("1", state="draft")
    site.work()

    assert (site.written(), site.there().state, site.row().status) == (["PUT metadata"], "draft", "draft")


def test_a_draft_that_is_given_up_is_deleted(poodle_site: Any) -> None:
    dois.mint("1", state="draft")
    poodle_site.work()
    dois.abandon(poodle_site.doi)
    poodle_site.work()

    assert (poodle_site.there(), poodle_site.row().status) == (None, "abandoned")


def test_registering_without_publishing_is_refused(site: Any) -> None:
    with pytest.raises(Refused, match="transport"):
        dois.mint("1", state="registered")


def test_a_deactivation_hides_once(site: Any) -> None:
    site.minted()
    dois.deactivate(site.doi, reason="withdrawn")
    site.work()
    site.work(minutes=6)

    assert site.written() == ["DELETE metadata"]
    assert (site.there().state, site.row().status) == ("registered", "tombstone")


def test_what_somebody_has_hidden_already_is_not_hidden_again(site: Any) -> None:
    site.minted()
    site.there().state = "registered"
    dois.deactivate(site.doi, reason="withdrawn")
    site.work()

    assert (site.written(), site.there().state, site.row().status) == ([], "registered", "tombstone")


def test_a_tombstones_page_is_set_before_it_is_hidden(site: Any) -> None:
    site.settings(tombstone_page_base="https://archive.example.org/gone")
    site.minted()
    dois.deactivate(site.doi, reason="withdrawn")
    site.work()

    assert site.written() == ["PUT doi", "DELETE metadata"]
    assert site.there().url == site.row().url == "https://archive.example.org/gone/10.5072/h/2026/1"
    assert (site.there().state, site.row().status) == ("registered", "tombstone")


def test_an_update_of_a_tombstone_sends_nothing(site: Any) -> None:
    site.minted()
    dois.deactivate(site.doi, reason="withdrawn")
    site.work()
    site.mds.seen.clear()
    site.record(title="changed")
    dois.update(site.doi)
    site.work()

    assert (site.written(), site.there().state, site.row().status) == ([], "registered", "tombstone")


def test_a_tombstone_that_came_back_is_hidden_again(site: Any) -> None:
    site.minted()
    dois.deactivate(site.doi, reason="withdrawn")
    site.work()
    site.there().state = "findable"
    site.work(minutes=6)

    assert (site.there().state, site.row().status) == ("registered", "tombstone")


def test_a_restore_publishes_and_leads_to_the_landing_page_again(site: Any) -> None:
    site.settings(tombstone_page_base="https://archive.example.org/gone")
    site.minted()
    dois.deactivate(site.doi, reason="withdrawn")
    site.work()
    dois.restore(site.doi, reason="found again")
    site.work()

    assert site.there().url == site.row().url == "https://archive.example.org/1"
    assert (site.there().state, site.row().status) == ("findable", "findable")


def test_what_exists_and_was_never_sent_from_here_is_not_overwritten(site: Any) -> None:
    dois.mint("1")
    site.hold(state="draft")
    site.work()

    assert (site.written(), job().status, job().cause) == ([], "failed", "exists")
    assert "adopt" in job().last_error


def test_a_wrong_password_blocks_the_repository_once(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "wrong")
    dois.mint("1")
    site.work()

    assert (job().status, job().cause, site.there()) == ("blocked", "credentials", None)


def test_the_password_is_nowhere_in_what_is_kept(site: Any, password: str) -> None:
    site.minted()

    kept = sent() + [attempt.response + attempt.target for attempt in Attempt.select()]
    assert not any(password in text for text in kept)
