"""The life of a DOI, as truth tables over all facts. No database in here."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable

import pytest

from doitui_core.domain import states
from doitui_core.domain.states import (
    ABSENT,
    LADDER,
    TARGET,
    Certainty,
    DoiStatus,
    Facts,
    Remote,
    Step,
    Verification,
    Wanted,
)
from doitui_core.errors import Refused, TombstoneStays

ALL = [Facts(*combined) for combined in itertools.product(Wanted, Remote, Certainty, Verification, Verification)]
PLAIN = [Facts(*combined) for combined in itertools.product(Wanted, Remote, Certainty)]
DEAD = [facts for facts in PLAIN if facts.wanted in (Wanted.TOMBSTONE, Wanted.ABANDONED)]
ALIVE = [facts for facts in PLAIN if facts not in DEAD]
DOI = "10.5072/a"

#: How high DataCite has a DOI. Only `hide` leads from findable to registered, nothing else leads down.
HEIGHT = {Remote.UNKNOWN: 0, Remote.NONE: 0, Remote.DRAFT: 1, Remote.REGISTERED: 2, Remote.FINDABLE: 3}


def after(remote: Remote, event: str | None) -> Remote:
    """The state DataCite has after an event on a DOI, or on its creation (lupo's state machine)."""
    if event is None:
        return Remote.DRAFT if remote in ABSENT else remote
    if event == "hide":
        return Remote.REGISTERED if remote is Remote.FINDABLE else remote
    if event == "register":
        return Remote.REGISTERED if HEIGHT[remote] < 2 else remote
    assert event == "publish"
    return Remote.FINDABLE


def test_the_machine_imports_no_database() -> None:
    code = "import doitui_core.domain.states, sys; sys.exit('peewee' in sys.modules or 'requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_wish_leads_out_of_a_tombstone_or_an_abandoned_doi(check_all: Callable[..., None]) -> None:
    def check(facts: Facts, target: Wanted) -> None:
        with pytest.raises(TombstoneStays if facts.wanted is Wanted.TOMBSTONE else Refused):
            states.want(facts, target, DOI)

    check_all(check, DEAD, LADDER)


def test_a_wish_is_granted_exactly_when_it_does_not_lead_down(check_all: Callable[..., None]) -> None:
    def check(facts: Facts, target: Wanted) -> None:
        leads_down = HEIGHT[facts.remote] > HEIGHT[TARGET[target]]
        try:
            granted = states.want(facts, target, DOI).wanted is target
        except Refused as refused:
            granted = refused.cause != "no_way_back"
        assert granted is not leads_down

    check_all(check, ALIVE, LADDER)


def test_a_wish_changes_nothing_but_what_is_wanted(check_all: Callable[..., None]) -> None:
    def check(facts: Facts) -> None:
        wished = states.want(facts, Wanted.FINDABLE, DOI)
        assert wished == Facts(Wanted.FINDABLE, facts.remote, facts.certainty)

    check_all(check, ALIVE)


def test_only_what_was_registered_can_become_a_tombstone(check_all: Callable[..., None]) -> None:
    def check(facts: Facts) -> None:
        try:
            refused = states.deactivate(facts, DOI).wanted is not Wanted.TOMBSTONE
        except Refused as error:
            refused = error.cause == "not_minted"
        assert refused is (facts.remote not in (Remote.REGISTERED, Remote.FINDABLE))

    check_all(check, PLAIN)


def test_only_a_tombstone_can_be_restored(check_all: Callable[..., None]) -> None:
    def check(facts: Facts) -> None:
        try:
            restored = states.restore(facts, Wanted.FINDABLE, DOI).wanted is Wanted.FINDABLE
        except Refused:
            restored = False
        assert restored is (facts.wanted is Wanted.TOMBSTONE)

    check_all(check, PLAIN)


@pytest.mark.parametrize("remote", [Remote.NONE, Remote.FINDABLE])
def test_an_answer_is_confirmed_and_has_to_be_verified_again(remote: Remote) -> None:
    for facts in ALL:
        answered = states.answered(facts, remote)
        assert answered == Facts(answered.wanted, remote, Certainty.CONFIRMED), facts


@pytest.mark.parametrize("remote", Remote)
def test_an_answer_changes_what_is_wanted_only_where_nothing_leads_back_down(remote: Remote) -> None:
    ladder = ["none", "draft", "registered", "findable"]
    rung = ladder.index(remote.replace("unknown", "none"))
    for facts in ALL:
        lower = facts.wanted in states.LADDER and ladder.index(facts.wanted) < rung
        assert states.answered(facts, remote).wanted == (Wanted(remote) if lower else facts.wanted), facts


def test_a_time_out_changes_only_the_certainty() -> None:
    for facts in ALL:
        expected = Facts(facts.wanted, facts.remote, Certainty.UNCERTAIN, facts.api_check, facts.resolver_check)
        assert states.timed_out(facts) == expected, facts


CHECKS = list(itertools.product(Verification, Verification))


def test_a_verdict_replaces_its_own_check_and_none_leaves_it(check_all: Callable[..., None]) -> None:
    def check(before: tuple[Verification, Verification], after: tuple[Verification, Verification]) -> None:
        facts = states.checked(
            Facts(Wanted.FINDABLE, Remote.FINDABLE, Certainty.UNCERTAIN, *before),
            **dict(zip(("api", "resolver"), after, strict=True)),
        )
        expected = [new if new is not Verification.UNVERIFIED else old for old, new in zip(before, after, strict=True)]
        assert facts == Facts(Wanted.FINDABLE, Remote.FINDABLE, Certainty.UNCERTAIN, *expected)

    check_all(check, CHECKS, CHECKS)


def test_a_doi_is_verified_by_both_checks_and_a_mismatch_by_one(check_all: Callable[..., None]) -> None:
    def check(api: Verification, resolver: Verification) -> None:
        words = {str(api), str(resolver)}
        expected = "mismatch" if "mismatch" in words else "verified" if words == {"verified"} else "unverified"
        assert Facts(api_check=api, resolver_check=resolver).verification == expected

    check_all(check, Verification, Verification)


def test_the_next_step(check_all: Callable[..., None]) -> None:
    def check(facts: Facts) -> None:
        expected = Step.REPLACE
        if facts.remote in (Remote.UNKNOWN, Remote.NONE):
            expected = Step.CREATE
        if facts.wanted in (Wanted.NONE, Wanted.ABANDONED):
            expected = Step.NOTHING
        if (facts.wanted, facts.remote) == (Wanted.ABANDONED, Remote.DRAFT):
            expected = Step.DELETE
        if facts.certainty is Certainty.UNCERTAIN:
            expected = Step.PROBE
        assert states.next_step(facts) is expected

    check_all(check, PLAIN)


def test_a_tombstone_is_never_published(check_all: Callable[..., None]) -> None:
    def check(facts: Facts) -> None:
        published = states.event(facts) == "publish"
        assert not (published and facts.wanted is not Wanted.FINDABLE)

    check_all(check, PLAIN)


def test_one_event_leads_to_what_is_wanted_unless_that_is_below(check_all: Callable[..., None]) -> None:
    def check(facts: Facts) -> None:
        reached = after(facts.remote, states.event(facts))
        target = TARGET[facts.wanted]
        down = HEIGHT[facts.remote] > HEIGHT[target] and facts.wanted is not Wanted.TOMBSTONE
        assert reached is (facts.remote if down else target)

    check_all(check, [facts for facts in PLAIN if facts.wanted in TARGET])


def test_no_event_is_sent_for_what_is_there_already(check_all: Callable[..., None]) -> None:
    def check(facts: Facts) -> None:
        assert states.event(facts) is None or after(facts.remote, states.event(facts)) is not facts.remote

    check_all(check, [facts for facts in PLAIN if facts.remote not in ABSENT])


def test_only_a_findable_doi_is_hidden(check_all: Callable[..., None]) -> None:
    def check(remote: Remote) -> None:
        assert (states.event(Facts(Wanted.TOMBSTONE, remote)) == "hide") is (remote is Remote.FINDABLE)

    check_all(check, Remote)


def test_the_status_people_see(check_all: Callable[..., None]) -> None:
    def check(facts: Facts) -> None:
        expected = {"unknown": "reserved", "none": "reserved"}.get(facts.remote, str(facts.remote))
        if facts.wanted is Wanted.TOMBSTONE and facts.remote is Remote.REGISTERED:
            expected = "tombstone"
        if facts.wanted is Wanted.ABANDONED:
            expected = "abandoned"
        assert states.status(facts) == expected

    check_all(check, PLAIN)


def test_opus_has_three_words() -> None:
    for facts in ALL:
        minted = facts.remote in ("registered", "findable")
        word = "unregistered" if not minted else "verified" if facts.verification == "verified" else "registered"
        assert states.opus(facts) == word, facts


def test_a_wish_taken_back_leaves_what_is_there(check_all: Callable[..., None]) -> None:
    def check(wanted: Wanted, remote: Remote) -> None:
        facts = Facts(wanted, remote)
        present = {Remote.UNKNOWN: "none", Remote.NONE: "none"}.get(remote, str(remote))
        kept = states.status(facts) in (DoiStatus.TOMBSTONE, DoiStatus.ABANDONED)
        assert states.cancelled(facts).wanted == (wanted if kept else present)

    check_all(check, Wanted, Remote)


def test_a_wish_taken_back_is_settled_unless_nothing_is_there(check_all: Callable[..., None]) -> None:
    def check(wanted: Wanted, remote: Remote) -> None:
        facts = states.cancelled(Facts(wanted, remote))
        assert facts.settled or facts.wanted in (Wanted.NONE, Wanted.ABANDONED)

    check_all(check, Wanted, Remote)


def test_a_restore_taken_back_leaves_the_tombstone(check_all: Callable[..., None]) -> None:
    def check(wanted: Wanted) -> None:
        facts = states.cancelled(Facts(wanted, Remote.REGISTERED), was_tombstone=True)
        assert states.status(facts) is DoiStatus.TOMBSTONE

    check_all(check, LADDER)


@pytest.mark.parametrize(
    ("wanted", "remote", "action"),
    [
        (Wanted.FINDABLE, Remote.UNKNOWN, "mint"),
        (Wanted.FINDABLE, Remote.DRAFT, "mint"),
        (Wanted.FINDABLE, Remote.REGISTERED, "mint"),
        (Wanted.FINDABLE, Remote.FINDABLE, "update"),
        (Wanted.REGISTERED, Remote.REGISTERED, "update"),
        (Wanted.DRAFT, Remote.DRAFT, "update"),
        (Wanted.TOMBSTONE, Remote.FINDABLE, "deactivate"),
        (Wanted.TOMBSTONE, Remote.REGISTERED, "update"),
    ],
)
def test_the_word_for_what_a_job_does(wanted: Wanted, remote: Remote, action: str) -> None:
    assert states.action(Facts(wanted, remote)) == action


def test_settled_is_certain_and_as_wanted(check_all: Callable[..., None]) -> None:
    def check(facts: Facts) -> None:
        expected = facts.certainty == "confirmed" and TARGET.get(facts.wanted) is facts.remote
        assert facts.settled is expected

    check_all(check, PLAIN)
