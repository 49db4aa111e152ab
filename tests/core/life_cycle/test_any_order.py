"""Wishes, workers, deaths, time and bad weather in any order: what holds after every step, and what is true in the end.

The names P1 … P10 are those of the invariants this machine was made for: one DOI for an object (P1), a tombstone stays
dead (P2), two workers never hold one DOI (P4), every job is in one list with its cause (P5), no transport error takes a
verification away (P6), a string is never computed again (P9), nothing is sent anywhere else (P10). Attempts rise at a
claim and nowhere else.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from doitui_core.db import database
from doitui_core.db.models import Attempt, Doi, Job, Record
from doitui_core.delivery import finishing
from doitui_core.dois import doi_rows, reservations, targets
from doitui_core.domain import job_kinds
from doitui_core.domain.states import TARGET, Wanted
from doitui_core.errors import BadInput, Misconfigured, NotFound, Refused, RemoteFailed
from doitui_core.operations import doi_actions
from doitui_core.queue import blocking, jobs, pruning
from doitui_core.views import dashboard_counts, lists

#: As many as fit into the time one waits for a suite, always the same; more, and new ones, with DOITUI_TEST_EXAMPLES.
EXAMPLES = int(os.environ.get("DOITUI_TEST_EXAMPLES", "15"))
FRESH = "DOITUI_TEST_EXAMPLES" in os.environ

STEPS = 50

OBJECTS = st.sampled_from("12")

#: Which one of several.
NUMBERS = st.integers(0, 5)

WISHES = st.sampled_from(
    (
        *("mint draft", "mint registered", "mint findable", "mint findable", "update", "update", "set url"),
        *("verify", "verify", "deactivate", "deactivate", "restore", "restore", "abandon", "reserve", "save", "none"),
    )
)

#: Those of the wire (`conftest`).
FATES = ("answered", "answer lost", "late", "not sent", "killed before", "killed after", "killed, late")

#: What becomes of the job behind a wish: it waits, a worker takes it up and meets this fate.
NEXT = st.sampled_from(("waits", "answered", *FATES))

WEATHER = (
    (),
    ("POST /dois* reset count=1",),
    ("PUT /dois* reset count=1",),
    ("* /dois* status status=500 count=2",),
    ("* /dois* status status=503 count=6",),
    ("POST /dois* status status=422 count=1",),
    ("PUT /dois* status status=422 count=1",),
    ("* /dois* status status=429 seconds=90 count=1",),
    ("* /dois* status status=401 count=1",),
    ("* /dois* status status=403 count=1",),
    ("GET /dois* html count=2",),
    ("* /dois* html count=1",),
    ("* /dois* wrong-state count=1",),
    ("* /dois* wrong-state count=3",),
    ("GET * status status=500 count=3",),
)

#: What retrying does not mend: a person has to decide.
FOR_PEOPLE = {"foreign", "exists", "not_a_draft"}


class LifeCycle(RuleBasedStateMachine):
    """`world` is shared by all examples; each begins with `begin`."""

    def __init__(self, world: Any) -> None:
        super().__init__()
        self.world = world
        world.begin()
        self.strings: dict[int, str] = {}
        self.dead: set[int] = set()
        self.revived: set[int] = set()
        self.attempts: dict[int, int] = {}
        self.worst_end = False

    @initialize(fates=st.tuples(NEXT, NEXT), worst_end=st.booleans())
    def two_records_come_in(self, fates: tuple[str, str], worst_end: bool) -> None:
        """One is minted at once, one as a draft first: a late POST finds what is there, a late PUT overwrites it."""
        self.worst_end = worst_end
        for object_id in "12":
            self.world.record(object_id)
        self.wish("2", "mint draft", "answered", "none")
        for object_id, fate in zip("12", fates, strict=True):
            self.wish(object_id, "mint findable", fate, "none")

    # People.

    @rule(
        object_id=OBJECTS, title=st.sampled_from(("Letters", "Diaries")), published=st.sampled_from((True, True, False))
    )
    def save(self, object_id: str, title: str, published: bool) -> None:
        self.world.record(object_id, title, published=published)

    @rule(object_id=OBJECTS, what=WISHES, then=NEXT, meanwhile=WISHES)
    def wish(self, object_id: str, what: str, then: str, meanwhile: str) -> None:
        self.wished(object_id, what)
        row = reservations.for_record(self.record(object_id))
        job = self.world.open_job(row, "verify" if what == "verify" else "write") if row is not None else None
        hand = self.world.claim(job.id) if job is not None and then != "waits" else None
        if hand is not None:
            self.carry_out(hand, then, lambda: self.wished(object_id, meanwhile))

    def wished(self, object_id: str, what: str) -> None:
        with suppress(BadInput, Refused):
            self.WISHED[what](self, object_id)

    WISHED: ClassVar[dict[str, Callable[[LifeCycle, str], object]]] = {
        "none": lambda self, object_id: None,
        "save": lambda self, object_id: self.world.record(object_id, "Notebooks"),
        "reserve": lambda self, object_id: reservations.reserve(self.record(object_id)),
        "mint draft": lambda self, object_id: doi_actions.mint(object_id, state="draft"),
        "mint registered": lambda self, object_id: doi_actions.mint(object_id, state="registered"),
        "mint findable": lambda self, object_id: doi_actions.mint(object_id),
        "update": lambda self, object_id: doi_actions.update(self.doi(object_id)),
        "set url": lambda self, object_id: doi_actions.set_url(
            self.doi(object_id), self.world.sandbox.url + "/heartbeat?new"
        ),
        "verify": lambda self, object_id: doi_actions.verify(self.doi(object_id)),
        "deactivate": lambda self, object_id: self.deactivate(object_id),
        "restore": lambda self, object_id: self.restore(object_id),
        "abandon": lambda self, object_id: doi_actions.abandon(self.doi(object_id)),
    }

    def deactivate(self, object_id: str) -> None:
        queued = doi_actions.deactivate(self.doi(object_id), reason="withdrawn", successor="10.5072/other")
        self.dead.add(queued.doi.id)

    def restore(self, object_id: str) -> None:
        queued = doi_actions.restore(self.doi(object_id), reason="found again")
        self.dead.discard(queued.doi.id)
        self.revived.discard(queued.doi.id)

    @rule(number=NUMBERS)
    def cancel(self, number: int) -> None:
        jobs = list(Job.select().where(Job.kind == "write", Job.status.in_(("pending", "failed"))).order_by(Job.id))
        if not jobs:
            return
        job = jobs[number % len(jobs)]
        was = Doi.get_by_id(job.subject_id).status
        with suppress(Refused):
            targets.cancel(job.id)
            is_wanted = Doi.get_by_id(job.subject_id).wanted == "tombstone"
            assert is_wanted or was != "tombstone", "a tombstone was cancelled away"
            (self.dead.add if is_wanted else self.dead.discard)(job.subject_id)

    @rule(what=st.sampled_from(("retry", "pause", "resume", "resume")))
    def at_the_desk(self, what: str) -> None:
        if what == "retry":
            jobs.retry(every=True)
        else:
            blocking.pause(self.world.repository(), what == "pause")

    @rule()
    def sync(self) -> None:
        with suppress(RemoteFailed, Misconfigured):
            self.world.sync()

    @rule()
    def prune(self) -> None:
        pruning.prune(self.world.clock.now)

    # Workers.

    @rule()
    def work(self) -> None:
        self.world.work()

    @rule()
    def work_off(self) -> None:
        self.world.work_off()

    @rule()
    def claim(self) -> None:
        self.world.claim()

    @precondition(lambda self: self.world.hands)
    @rule(number=NUMBERS, fate=st.sampled_from(FATES), object_id=OBJECTS, meanwhile=WISHES)
    def go_on(self, number: int, fate: str, object_id: str, meanwhile: str) -> None:
        hand = self.world.hands[number % len(self.world.hands)]
        self.carry_out(hand, fate, lambda: self.wished(object_id, meanwhile))

    def carry_out(self, hand: Any, fate: str, meanwhile: Callable[[], None]) -> None:
        checked = self.checks()
        outcome = self.world.carry_out(hand, fate, meanwhile)
        if hand.lease.kind == "verify" and outcome is not None and outcome.kind != "done":
            assert self.checks() == checked, "P6: a transport error took a verification away"

    @precondition(lambda self: self.world.hands)
    @rule(number=NUMBERS, sent=st.booleans())
    def stop(self, number: int, sent: bool) -> None:
        hand = self.world.hands.pop(number % len(self.world.hands))
        finishing.release(hand.lease) if sent else jobs.release([hand.lease])

    @rule()
    def take_over_and_stop(self) -> None:
        """Whose lease has run out, his job is taken up by somebody who has to stop before he begins."""
        self.world.forward(seconds=301)
        hand = self.world.claim()
        if hand is not None:
            self.world.hands.remove(hand)
            jobs.release([hand.lease])

    # The world.

    @precondition(lambda self: self.world.in_flight)
    @rule(number=NUMBERS)
    def arrive(self, number: int) -> None:
        self.world.arrive(number % len(self.world.in_flight))
        for row in self.buried():
            if self.world.state_there(row) == "findable":
                self.revived.add(row.id)

    @rule(delta=st.sampled_from((1, 30, 61, 299, 301, 3600, 86_400)))
    def wait(self, delta: int) -> None:
        self.world.forward(seconds=delta)

    @rule(faults=st.sampled_from(WEATHER))
    def weather(self, faults: tuple[str, ...]) -> None:
        self.world.sandbox.faults.replace(faults)

    # After every step.

    @invariant()
    def holds(self) -> None:
        self.p1_an_object_has_one_doi_made_once()
        self.p2_a_tombstone_stays_dead()
        self.p4_a_doi_has_one_open_write()
        self.p5_every_job_is_in_one_list_with_its_cause()
        self.p9_a_string_is_never_computed_again()
        self.p10_nothing_goes_anywhere_else()
        self.what_is_not_as_wanted_has_an_open_job()
        self.what_failed_had_a_definite_answer_or_all_its_attempts()
        self.attempts_rise_at_a_claim_and_nowhere_else()
        self.counters_say_what_the_rows_say()

    def p1_an_object_has_one_doi_made_once(self) -> None:
        living = Counter(row.record_id for row in Doi.select().where(Doi.wanted != "abandoned"))
        assert set(living.values()) <= {1}
        for row in Doi.select():
            assert self.world.created(row) <= 1 + self.world.deleted(row), row.doi

    def p2_a_tombstone_stays_dead(self) -> None:
        for row in Doi.select().where(Doi.id.in_(list(self.dead))):
            assert row.wanted == "tombstone", row.doi
        for row in self.buried():
            assert self.world.state_there(row) != "findable" or row.id in self.revived, row.doi

    def p4_a_doi_has_one_open_write(self) -> None:
        writes = Job.select().where(Job.kind == "write", Job.status.in_(job_kinds.UNSETTLED))
        assert set(Counter(job.subject_id for job in writes).values()) <= {1}

    def p5_every_job_is_in_one_list_with_its_cause(self) -> None:
        listed = Counter(row.id for status in job_kinds.JobStatus for row in lists.jobs(status=status, limit=0).rows)
        assert listed == Counter(job.id for job in Job.select())
        stuck = Job.select().where(Job.status.in_(("uncertain", "blocked", "failed")))
        assert [job.id for job in stuck if not (job.cause and job.last_error)] == []

    def what_is_not_as_wanted_has_an_open_job(self) -> None:
        writes = Job.select(Job.subject_id).where(Job.kind == "write", Job.status.in_(job_kinds.UNSETTLED))
        carried = {job.subject_id for job in writes}
        for row in Doi.select():
            facts = doi_rows.facts(row)
            unmet = facts.wanted in TARGET and not facts.settled
            going = facts.wanted is Wanted.ABANDONED and facts.remote == "draft"
            waits = unmet or going or facts.certainty == "uncertain"
            assert row.id in carried or not waits or self.world.looks_back(row), (row.doi, facts)

    def p9_a_string_is_never_computed_again(self) -> None:
        for row in Doi.select():
            assert self.strings.setdefault(row.id, row.doi) == row.doi
        assert set(self.strings) == {row.id for row in Doi.select()}

    def p10_nothing_goes_anywhere_else(self) -> None:
        assert all(attempt.target.startswith(self.world.sandbox.url) for attempt in Attempt.select())

    def counters_say_what_the_rows_say(self) -> None:
        told = {f: database.counts(f) for f in ("doi.", "opus.", "mark.", "job.")}
        assert {f + name: n for f, counts in told.items() for name, n in counts.items()} == {
            name: number for name, number in dashboard_counts.recount().items() if number
        }

    def attempts_rise_at_a_claim_and_nowhere_else(self) -> None:
        now = {job.id: job.attempts for job in Job.select()}
        risen = [job for job, attempts in now.items() if attempts > self.attempts.get(job, 0)]
        assert not risen or self.world.claiming, "risen without a claim"
        assert min(now.values(), default=0) >= 0
        self.attempts, self.world.claiming = now, False

    def what_failed_had_a_definite_answer_or_all_its_attempts(self) -> None:
        transient = Job.cause.in_(("unreachable", "no_answer", "server_error", "unreadable", "throttled"))
        for job in Job.select().where(Job.status == "failed", transient):
            assert job.attempts >= job.max_attempts, (job.id, job.cause)

    # In the end.

    def teardown(self) -> None:
        blocking.pause(self.world.repository(), False)
        if self.worst_end:
            self.bury_all_before_the_last_arrival()
        self.world.settle()
        self.p2_a_tombstone_stays_dead()
        self.assert_nothing_lies()
        jobs.retry(every=True)
        self.world.settle()
        self.assert_nothing_lies()
        failed = Job.select().where(Job.status == "failed")
        assert {job.cause for job in failed} <= FOR_PEOPLE

    def bury_all_before_the_last_arrival(self) -> None:
        """What is still on its way finds tombstones, and a verification sees that before anybody looks back."""
        self.world.sandbox.faults.replace(())
        for what, fate in ("deactivate", "waits"), ("restore", "late"), ("deactivate", "waits"):
            for object_id in "12":
                self.wish(object_id, what, fate, "none")
            self.world.work_off()
        while self.world.in_flight:
            self.arrive(0)
        for object_id in "12":
            self.wished(object_id, "verify")
        self.world.work_off()

    def assert_nothing_lies(self) -> None:
        assert self.world.unsettled() == []
        for row in Doi.select():
            facts, there = doi_rows.facts(row), self.world.state_there(row)
            job = self.world.write_job(row)
            assert facts.certainty == "confirmed", row.doi
            assert not doi_rows.unfinished(row.id), row.doi
            assert there == ("none" if facts.remote == "unknown" else facts.remote), row.doi
            if facts.wanted in TARGET and not (job and job.status == "failed"):
                assert there == TARGET[facts.wanted], row.doi
                assert facts.wanted is Wanted.TOMBSTONE or self.world.has_what_was_confirmed(row), row.doi
            if facts.wanted is Wanted.TOMBSTONE:
                assert there != "findable", row.doi

    # Words.

    def record(self, object_id: str) -> Record:
        return Record.get(Record.object_id == object_id)

    def doi(self, object_id: str) -> str:
        row = reservations.for_record(self.record(object_id))
        if row is None:
            raise NotFound(object_id)
        return row.doi

    def buried(self) -> list[Doi]:
        """What was confirmed as a tombstone and not restored, with nothing under way."""
        rows = Doi.select().where(Doi.id.in_(list(self.dead)), Doi.status == "tombstone", Doi.certainty == "confirmed")
        return [row for row in rows if not doi_rows.unfinished(row.id)]

    def checks(self) -> list[tuple[str, str]]:
        return [(row.api_check, row.resolver_check) for row in Doi.select().order_by(Doi.id)]


def test_nothing_is_lost_and_nothing_lies_in_whatever_order_it_comes(one_file_world: Any) -> None:
    run_state_machine_as_test(
        lambda: LifeCycle(one_file_world),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not FRESH,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
