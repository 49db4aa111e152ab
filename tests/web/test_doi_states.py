"""datacite-api.md 1.5: the state machine, in which nothing illegal is ever an error."""

from __future__ import annotations

import pytest

EVENTS = ("publish", "register", "hide", "show", None, "PUBLISH", "tombstone", 7)

# State -> the states after the events above.
AFTER = {
    "draft": ("findable", "registered", "draft", "draft", "draft", "draft", "draft", "draft"),
    "registered": ("findable", "registered", "registered", "findable", *["registered"] * 4),
    "findable": ("findable", "findable", "registered", "findable", *["findable"] * 4),
}
TABLE = [(state, event, after) for state, row in AFTER.items() for event, after in zip(EVENTS, row, strict=True)]


@pytest.mark.parametrize(("state", "event", "after"), TABLE)
def test_an_event_leads_on_or_is_ignored(api, made, state, event, after):
    """1.5"""
    answer = api.put(made(state), event=event)
    assert (answer.status_code, answer.json()["data"]["attributes"]["state"]) == (200, after)


@pytest.mark.parametrize(
    ("event", "after"), [("publish", "findable"), ("register", "registered"), ("hide", "draft"), ("show", "draft")]
)
def test_a_creation_starts_from_draft(api, doi, complete, event, after):
    """1.5"""
    assert api.post(doi=doi, event=event, **complete).json()["data"]["attributes"]["state"] == after


def test_hiding_what_does_not_exist_creates_a_draft(api, doi):
    """1.5"""
    answer = api.put(doi, event="hide")
    assert (answer.status_code, answer.json()["data"]["attributes"]["state"]) == (201, "draft")


def test_a_reason_is_stored_and_shown(api, made):
    """1.5"""
    answer = api.put(made("findable"), event="hide", reason="withdrawn by author")
    assert answer.json()["data"]["attributes"]["reason"] == "withdrawn by author"


def test_a_draft_is_not_registered(api, made):
    """1.5"""
    assert api.read(made("draft"))["registered"] is None


def test_the_time_of_registration_stays(api, made):
    """1.5"""
    doi = made("registered")
    registered = api.read(doi)["registered"]
    api.put(doi, event="publish")
    assert registered is not None
    assert api.read(doi)["registered"] == registered
