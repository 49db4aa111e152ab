"""Events that nobody wants to send any more: discarded by a person, or because their kind is switched off."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.domain.event import Origin
from doitui_core.errors import BadInput
from doitui_core.events import discarding, retrying, usage_refresh
from doitui_core.operations import change_settings

A, B, C = (f"https://doi.org/10.1234/{letter}" for letter in "abc")
ORCID = "https://orcid.org/0000-0002-1825-0097"


@pytest.fixture
def mixed(office: Any, saying: Callable[..., Any]) -> Any:
    """One failed and one pending event."""
    office.reach(saying(422, json.dumps({"errors": [{"title": "Subj is wrong"}]})).url)
    office.keep(A)
    office.work()
    office.keep(B)
    return office


@pytest.mark.parametrize(
    ("state", "states"),
    [
        ("", ["discarded", "discarded"]),
        ("failed", ["discarded", "pending"]),
        ("pending", ["failed", "discarded"]),
    ],
)
def test_events_are_discarded_by_state(mixed: Any, state: str, states: list[str]) -> None:
    assert (discarding.discard(state), mixed.states()) == (states.count("discarded"), states)


def test_what_is_discarded_is_not_sent(mixed: Any, api: Any) -> None:
    discarding.discard()
    mixed.reach(api.url)
    mixed.flush()
    assert (api.seen, mixed.states()) == ([], ["discarded"] * 2)


def test_other_states_cannot_be_discarded(mixed: Any) -> None:
    with pytest.raises(BadInput, match="use pending or failed"):
        discarding.discard("uncertain")


def test_an_event_that_may_have_been_sent_is_not_discarded(office: Any, silent: Any) -> None:
    office.reach(silent.url)
    office.keep(A)
    office.work()
    assert (discarding.discard(), office.states()) == (0, ["uncertain"])


def test_a_discarded_event_is_sent_if_it_is_retried_by_its_id(mixed: Any, api: Any) -> None:
    discarding.discard("pending")
    mixed.reach(api.url)
    assert retrying.retry() == [mixed.event(A).id]
    retrying.retry(ids=[mixed.event(B).id])
    mixed.work()
    assert mixed.states() == ["submitted"] * 2


def test_usage_that_was_submitted_stays_submitted_and_goes_on_growing(office: Any, api: Any) -> None:
    office.reach(api.url)
    office.view(3)
    usage_refresh.refresh()
    office.work()
    office.view(4)
    usage_refresh.refresh()
    assert (discarding.discard(), office.states()) == (1, ["submitted"])
    usage_refresh.refresh()
    assert office.states() == ["submitted"]
    office.view(5)
    usage_refresh.refresh()
    office.later(days=1, seconds=1)
    assert [event["total"] for event in api.events.values()] == [5]


def test_switching_a_kind_off_discards_what_is_pending_of_it(office: Any) -> None:
    office.keep(A, origin=Origin.METADATA)
    office.keep(ORCID, origin=Origin.METADATA, relation="is-authored-by")
    office.keep(B)
    office.settings(event_sources_on="usage authors")
    assert office.states() == ["discarded", "pending", "pending"]


def test_switching_it_on_again_queues_it(office: Any) -> None:
    office.keep(A, origin=Origin.METADATA)
    office.keep(C, origin=Origin.METADATA)
    with database.write():
        discarding.cancel([office.event(C).id])
    change_settings.set_setting("event_sources_on", "none")
    assert office.states() == ["discarded"] * 2
    change_settings.unset_setting("event_sources_on")
    assert (office.states(), office.job(A).status) == (["pending", "discarded"], "pending")


def test_switching_views_off_leaves_downloads(office: Any) -> None:
    office.view(3, requests=2)
    usage_refresh.refresh()
    office.settings(event_sources_on="unique-dataset-requests-regular")
    assert sorted(office.states()) == ["discarded", "pending"]


def test_the_counters_follow(mixed: Any) -> None:
    discarding.discard()
    assert {name: number for name, number in database.counts("event.").items() if number} == {"discarded": 2}
