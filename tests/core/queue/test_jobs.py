"""The queue's contract, on both databases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from doitui_core.db import database, migrations
from doitui_core.db.models import Audit, Job, Record, Repository
from doitui_core.dois import reservations
from doitui_core.domain.job_kinds import OPEN, UNSETTLED, JobKind, JobStatus
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.errors import BadInput, NotFound, Refused
from doitui_core.operations import change_settings
from doitui_core.queue import heartbeats, job_sql, jobs
from doitui_core.queue.jobs import CANCELLABLE, RETRYABLE, Policy
from doitui_core.queue.leases import Lease
from doitui_core.views import dashboard_counts

POLICY = Policy(lease=timedelta(minutes=5), backoff=timedelta(minutes=5))
Jobs = Callable[..., int]
Claim = Callable[..., list[Lease]]
Check = Callable[..., None]


def job(job_id: int) -> Job:
    return Job.get_by_id(job_id)


def brought_to(status: JobStatus, a_job: Jobs, claim: Claim, object_id: str = "ms-1", cause: str = "") -> int:
    """A job that has come to `status` by the ways there are."""
    job_id = a_job(object_id)
    if status is JobStatus.CANCELLED:
        jobs.cancel(job_id)
    elif status is not JobStatus.PENDING:
        (lease,) = claim(1)
        if status is not JobStatus.PROCESSING:
            jobs.finish(lease, status, cause=cause)
    return job_id


@pytest.mark.parametrize(
    "status", [JobStatus.PENDING, JobStatus.PROCESSING, JobStatus.UNCERTAIN, JobStatus.BLOCKED, JobStatus.FAILED]
)
def test_a_subject_has_one_unsettled_job_of_a_kind(a_job: Jobs, claim: Claim, status: JobStatus) -> None:
    job_id = brought_to(status, a_job, claim)
    assert (a_job(), Job.select().count()) == (job_id, 1)


@pytest.mark.parametrize("status", [JobStatus.COMPLETED, JobStatus.CANCELLED])
def test_a_settled_job_makes_room_for_a_new_one(a_job: Jobs, claim: Claim, status: JobStatus) -> None:
    job_id = brought_to(status, a_job, claim)
    assert (a_job() != job_id, Job.select().count()) == (True, 2)


def test_a_subject_may_have_one_job_of_each_kind(a_job: Jobs, archive: Repository, assert_jobs: Check) -> None:
    subject = job(a_job()).subject_id
    jobs.enqueue(JobKind.VERIFY, subject, archive.id, actor="test", max_attempts=5)
    assert_jobs(pending=2)


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.BLOCKED])
def test_a_new_wish_puts_a_failed_job_back_with_new_attempts(a_job: Jobs, claim: Claim, status: JobStatus) -> None:
    job_id = brought_to(status, a_job, claim)
    a_job()
    assert (job(job_id).status, job(job_id).attempts, job(job_id).finished_at) == ("pending", 0, None)


@pytest.mark.parametrize("status", [JobStatus.PROCESSING, JobStatus.UNCERTAIN])
def test_a_new_wish_leaves_a_job_alone_that_is_under_way(a_job: Jobs, claim: Claim, status: JobStatus) -> None:
    job_id = brought_to(status, a_job, claim)
    a_job()
    assert (job(job_id).status, job(job_id).attempts) == (status, 1)


def test_a_new_wish_does_not_wait_for_the_back_off(a_job: Jobs, claim: Claim) -> None:
    a_job()
    jobs.finish(claim()[0], JobStatus.PENDING, at=database.now() + timedelta(hours=1))
    a_job()
    assert len(claim()) == 1


def test_enqueue_joins_the_callers_transaction(a_record: Callable[..., Record]) -> None:
    row = reservations.reserve(a_record())

    def enqueue_and_fail() -> None:
        with database.write():
            jobs.enqueue(JobKind.WRITE, row.id, row.repository_id, actor="test", max_attempts=5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        enqueue_and_fail()
    assert Job.select().count() == 0


def test_the_oldest_job_is_claimed_first(a_job: Jobs, claim: Claim, clock: object) -> None:
    ids = []
    for name in "abc":
        ids.append(a_job(name))
        clock.forward(seconds=1)  # type: ignore[attr-defined]
    assert [lease.job_id for lease in [*claim(2), *claim(2)]] == ids


def test_a_claim_takes_no_more_than_it_asked_for_and_nothing_twice(a_job: Jobs, claim: Claim) -> None:
    for name in "abc":
        a_job(name)
    assert [len(claim(2)), len(claim(2)), len(claim(2))] == [2, 1, 0]


def test_a_job_is_not_claimed_before_its_time(a_job: Jobs, claim: Claim, clock: object) -> None:
    a_job()
    jobs.finish(claim()[0], JobStatus.PENDING, at=database.now() + timedelta(minutes=5))
    before = len(claim())
    clock.forward(minutes=5)  # type: ignore[attr-defined]
    assert (before, len(claim())) == (0, 1)


def test_no_repository_gets_the_jobs_of_another(a_job: Jobs, archive: Repository) -> None:
    a_job()
    other = change_settings.save_repository("i", {})
    assert (jobs.claim("w", other.id, POLICY, 9), jobs.due(other.id, 9), jobs.due(archive.id, 9)) == ([], 0, 1)


def test_a_lease_that_has_not_run_out_is_respected(a_job: Jobs, claim: Claim, clock: object) -> None:
    a_job()
    claim()
    clock.forward(minutes=5)  # type: ignore[attr-defined]
    assert claim() == []


def test_an_expired_lease_is_taken_over_and_its_attempt_counted(a_job: Jobs, claim: Claim, clock: object) -> None:
    a_job()
    (dead,) = claim(worker="dead")
    clock.forward(minutes=5, microseconds=1)  # type: ignore[attr-defined]
    (lease,) = claim(worker="alive")
    assert (lease.job_id, lease.attempts, lease.was, lease.token != dead.token) == (dead.job_id, 2, "processing", True)


def test_what_a_zombie_finishes_is_dropped(a_job: Jobs, claim: Claim, clock: object) -> None:
    a_job()
    (dead,) = claim(worker="dead")
    clock.forward(minutes=6)  # type: ignore[attr-defined]
    (lease,) = claim(worker="alive")
    told = (jobs.finish(dead, JobStatus.FAILED), jobs.renew(dead, POLICY), jobs.is_leased(dead), jobs.release([dead]))
    assert (told, job(lease.job_id).status) == ((False, False, False, []), "processing")
    assert jobs.finish(lease, JobStatus.COMPLETED)


def test_a_job_is_finished_once(a_job: Jobs, claim: Claim) -> None:
    a_job()
    (lease,) = claim()
    assert [jobs.finish(lease, JobStatus.COMPLETED), jobs.finish(lease, JobStatus.FAILED)] == [True, False]


def test_a_renewed_lease_lasts_from_now(a_job: Jobs, claim: Claim, clock: object) -> None:
    a_job()
    (lease,) = claim()
    clock.forward(minutes=4)  # type: ignore[attr-defined]
    jobs.renew(lease, POLICY)
    clock.forward(minutes=4)  # type: ignore[attr-defined]
    assert (claim(), jobs.is_leased(lease)) == ([], True)


def test_of_many_finished_together_those_still_ours_are(a_job: Jobs, claim: Claim, clock: object) -> None:
    for number in range(3):
        a_job(f"ms-{number}")
    lost, held = claim(1, worker="slow"), claim(1, worker="slow")
    clock.forward(minutes=6)  # type: ignore[attr-defined]
    jobs.renew(held[0], POLICY)
    taken_over = claim(1, worker="other")
    mine = claim(1, worker="slow")
    ended = jobs.finish_all([*lost, *held, *mine], JobStatus.COMPLETED)
    assert sorted(lease.job_id for lease in ended) == sorted(lease.job_id for lease in [*held, *mine])
    assert (job(lost[0].job_id).status, jobs.is_leased(taken_over[0])) == ("processing", True)
    assert dashboard_counts.jobs()[JobStatus.COMPLETED] == 2  # the counters were told of both, and of no more


def test_jobs_given_back_together_go_back_each_as_it_was(a_job: Jobs, claim: Claim) -> None:
    uncertain = brought_to(JobStatus.UNCERTAIN, a_job, claim)
    pending = a_job("ms-2")
    jobs.release(claim(2))
    assert (job(uncertain).status, job(pending).status, job(pending).attempts) == ("uncertain", "pending", 0)


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.UNCERTAIN])
def test_a_job_that_was_not_begun_goes_back_as_it_was(a_job: Jobs, claim: Claim, status: JobStatus) -> None:
    job_id = brought_to(status, a_job, claim)
    before = job(job_id).attempts
    jobs.release(claim())
    assert (job(job_id).status, job(job_id).attempts) == (status, before)


def test_a_job_taken_over_and_not_begun_keeps_the_dead_workers_attempt(
    a_job: Jobs, claim: Claim, clock: object
) -> None:
    job_id = a_job()
    claim()
    clock.forward(minutes=6)  # type: ignore[attr-defined]
    jobs.release(claim())
    assert (job(job_id).status, job(job_id).attempts) == ("pending", 1)


@pytest.mark.parametrize(
    ("kind", "attempts", "status", "minutes", "given_back"),
    [
        (OutcomeKind.RETRYABLE, 1, JobStatus.PENDING, 5, False),
        (OutcomeKind.RETRYABLE, 2, JobStatus.PENDING, 10, False),
        (OutcomeKind.RETRYABLE, 3, JobStatus.PENDING, 15, False),
        (OutcomeKind.RETRYABLE, 5, JobStatus.FAILED, 25, False),
        (OutcomeKind.RETRYABLE, 6, JobStatus.FAILED, 30, False),
        (OutcomeKind.AMBIGUOUS, 1, JobStatus.UNCERTAIN, 0, False),
        (OutcomeKind.AMBIGUOUS, 2, JobStatus.UNCERTAIN, 5, False),
        (OutcomeKind.AMBIGUOUS, 9, JobStatus.UNCERTAIN, 40, False),
        (OutcomeKind.THROTTLED, 5, JobStatus.PENDING, 25, True),
        (OutcomeKind.BLOCKED, 5, JobStatus.BLOCKED, 25, True),
        (OutcomeKind.PERMANENT, 1, JobStatus.FAILED, 5, False),
        (OutcomeKind.DONE, 1, JobStatus.COMPLETED, 5, False),
    ],
)
def test_where_an_outcome_leads(
    a_job: Jobs, claim: Claim, kind: OutcomeKind, attempts: int, status: JobStatus, minutes: int, given_back: bool
) -> None:
    a_job()
    (lease,) = claim()
    Job.update(attempts=attempts).execute()
    jobs.release([lease])
    Job.update(attempts=attempts - 1).execute()
    (lease,) = claim()
    told = jobs.conclude(lease, Outcome(kind, "why"), POLICY)
    assert told == (status, database.now() + timedelta(minutes=minutes), given_back)


@pytest.mark.parametrize("kind", [OutcomeKind.RETRYABLE, OutcomeKind.THROTTLED, OutcomeKind.AMBIGUOUS])
def test_what_the_server_asked_for_goes_before_our_own_wait(a_job: Jobs, claim: Claim, kind: OutcomeKind) -> None:
    a_job()
    _, at, _ = jobs.conclude(claim()[0], Outcome(kind, "why", wait=7.0), POLICY)
    assert at == database.now() + timedelta(seconds=7)


@pytest.mark.parametrize("status", JobStatus)
def test_failed_and_blocked_jobs_can_be_retried_and_no_others(a_job: Jobs, claim: Claim, status: JobStatus) -> None:
    job_id = brought_to(status, a_job, claim)
    assert jobs.retry(ids=[job_id]) == ([job_id] if status in RETRYABLE else [])


@pytest.mark.parametrize(
    ("which", "names"),
    [
        ({"cause": "metadata"}, "ac"),
        ({"cause": ""}, "d"),
        ({"every": True}, "abcd"),
        ({}, ""),
    ],
)
def test_jobs_are_retried_by_cause_or_all(a_job: Jobs, claim: Claim, which: dict[str, object], names: str) -> None:
    causes = {"a": "metadata", "b": "forbidden", "c": "metadata", "d": ""}
    ids = {name: brought_to(JobStatus.FAILED, a_job, claim, name, cause) for name, cause in causes.items()}
    assert jobs.retry(**which) == [ids[name] for name in names]  # type: ignore[arg-type]


@pytest.mark.parametrize("cause", ["nonsense", "metadat", "Metadata", "conflict"])
def test_a_retry_of_a_cause_that_no_job_has_is_refused_and_names_those_there_are(
    a_job: Jobs, claim: Claim, cause: str
) -> None:
    for name, other in {"a": "metadata", "b": "forbidden"}.items():
        brought_to(JobStatus.FAILED, a_job, claim, name, other)
    with pytest.raises(BadInput, match=f"no failed jobs with cause '{cause}': causes here are forbidden, metadata"):
        jobs.retry(cause=cause)
    assert jobs.retryable(every=True).count() == 2


def test_a_retry_of_many_can_be_stopped(a_job: Jobs, claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [brought_to(JobStatus.FAILED, a_job, claim, name) for name in "abcde"]
    monkeypatch.setattr(jobs, "CHUNK", 2)
    steps: list[int] = []

    def step(many: int) -> bool:
        steps.append(many)
        return sum(steps) < 4

    assert (jobs.retry(every=True, step=step), steps) == (ids[:4], [0, 2, 2])
    assert [job(number).status for number in ids] == ["pending"] * 4 + ["failed"]


def test_a_retry_that_is_stopped_before_it_begins_does_nothing(a_job: Jobs, claim: Claim) -> None:
    number = brought_to(JobStatus.FAILED, a_job, claim)
    assert (jobs.retry(every=True, step=lambda _: False), job(number).status) == ([], "failed")


def test_what_failed_for_another_cause_meanwhile_is_not_put_back(
    a_job: Jobs, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [brought_to(JobStatus.FAILED, a_job, claim, name, "metadata") for name in "ab"]
    monkeypatch.setattr(jobs, "CHUNK", 1)

    def meanwhile(_: int) -> None:
        Job.update(cause="forbidden").where(Job.id == ids[1]).execute()

    assert jobs.retry(cause="metadata", step=meanwhile) == ids[:1]


def test_what_a_retry_has_put_back_stays_so_when_it_breaks_off(
    a_job: Jobs, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [brought_to(JobStatus.FAILED, a_job, claim, name) for name in "abc"]
    monkeypatch.setattr(jobs, "CHUNK", 2)

    def broken(many: int) -> None:
        if many:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jobs.retry(every=True, step=broken, actor="ana")
    assert [job(number).status for number in ids] == ["pending", "pending", "failed"]
    assert [act.subject for act in Audit.select().where(Audit.action == "retry")] == [f"2 jobs: {ids[0]}, {ids[1]}"]


def test_a_retried_job_is_due_at_once_with_all_its_attempts(a_job: Jobs, claim: Claim) -> None:
    job_id = brought_to(JobStatus.FAILED, a_job, claim, cause="metadata")
    jobs.retry(every=True)
    assert (claim()[0].attempts, job(job_id).cause) == (1, "metadata")


@pytest.mark.parametrize("status", JobStatus)
def test_only_what_was_not_sent_can_be_cancelled(a_job: Jobs, claim: Claim, status: JobStatus) -> None:
    job_id = brought_to(status, a_job, claim)
    try:
        cancelled = jobs.cancel(job_id).status == "cancelled"
    except Refused as refused:
        cancelled = refused.cause != "not_cancellable"
    assert cancelled is (status in CANCELLABLE)


@pytest.mark.parametrize("job_id", [0, -1, 10**15])
def test_a_job_that_is_not_there_cannot_be_cancelled(store: str, job_id: int) -> None:
    with pytest.raises(NotFound, match=f"job {job_id} not found"):
        jobs.cancel(job_id)


@pytest.mark.parametrize("was", [JobStatus.PENDING, JobStatus.UNCERTAIN])
def test_a_blocked_job_is_due_again_when_it_is_unblocked(
    a_job: Jobs, claim: Claim, archive: Repository, was: JobStatus
) -> None:
    job_id = brought_to(was, a_job, claim)
    (lease,) = claim()
    jobs.finish(lease, JobStatus.BLOCKED, give_back=True)
    before = claim()
    jobs.unblock([archive.id])
    assert (before, [lease.job_id for lease in claim()]) == ([], [job_id])


def test_unblocking_touches_no_other_job(a_job: Jobs, claim: Claim, archive: Repository, assert_jobs: Check) -> None:
    for name, status in {"a": JobStatus.BLOCKED, "b": JobStatus.FAILED, "c": JobStatus.UNCERTAIN}.items():
        brought_to(status, a_job, claim, name)
    other = change_settings.save_repository("i", {})
    assert (jobs.unblock([other.id]), jobs.unblock([archive.id])) == (0, 1)
    assert_jobs(pending=1, failed=1, uncertain=1)


def test_a_job_is_rather_not_taken_while_there_is_another(a_job: Jobs, archive: Repository) -> None:
    poison, other = a_job("a"), a_job("b")
    told = [jobs.claim("w", archive.id, POLICY, 1, avoid_job=poison)[0].job_id for _ in range(2)]
    assert told == [other, poison]


def test_a_job_that_is_asked_for_later_is_put_off(a_job: Jobs, claim: Claim, clock: object) -> None:
    """A second tombstone while the look back of the first still waits: looked back five minutes after the second."""
    first = job(a_job())
    at = database.now() + timedelta(minutes=5)
    jobs.enqueue(JobKind.WRITE, first.subject_id, first.repository_id, actor="test", max_attempts=5, at=at)
    assert (claim(), job(first.id).scheduled_at) == ([], at)


@pytest.mark.parametrize("status", JobStatus)
def test_a_job_asked_for_by_name_is_claimed_while_it_is_open(a_job: Jobs, claim: Claim, status: JobStatus) -> None:
    job_id = brought_to(status, a_job, claim)
    lease = jobs.claim_one("me", job_id, POLICY)
    assert (lease is not None) is (status in OPEN and status is not JobStatus.PROCESSING)


def test_a_job_asked_for_by_name_does_not_wait_for_its_time(a_job: Jobs, claim: Claim) -> None:
    job_id = a_job()
    jobs.finish(claim()[0], JobStatus.PENDING, at=database.now() + timedelta(hours=1))
    assert jobs.claim_one("me", job_id, POLICY) is not None


def test_the_jobs_of_a_dead_worker_are_due_at_once(a_job: Jobs, claim: Claim, archive: Repository) -> None:
    for name in "ab":
        a_job(name)
    claim(worker="dead")
    claim(worker="alive")
    freed = heartbeats.release_orphans(["dead", "unknown"])
    assert (freed, jobs.due(archive.id, 9), [lease.attempts for lease in claim(9)]) == (1, 1, [2])


def test_the_job_of_a_dead_worker_can_be_asked_for_by_name(a_job: Jobs, claim: Claim) -> None:
    job_id = a_job()
    claim(worker="dead")
    heartbeats.release_orphans(["dead"])
    lease = jobs.claim_one("me", job_id, POLICY)
    assert lease is not None
    assert lease.attempts == 2


def test_the_unsettled_statuses_are_those_of_the_index() -> None:
    (index,) = re.findall(r"INDEX job_unsettled .*\s+WHERE status IN \((.*)\)", migrations.known()[0].sql)
    assert re.findall(r"\w+", index) == sorted(UNSETTLED, key=index.index)


CLAIMING = """
from datetime import timedelta
from doitui_core.db import database
from doitui_core.domain import job_kinds
from doitui_core.queue import jobs
database.open(sys.argv[1], durable=False)
policy = jobs.Policy(timedelta(minutes=5), timedelta(minutes=5))
go()
while leases := jobs.claim("w", int(sys.argv[2]), policy, 7):
    for lease in leases:
        print(lease.job_id, flush=True)
        jobs.finish(lease, job_kinds.JobStatus.COMPLETED)
"""


def test_four_processes_claim_400_jobs_each_once(
    store: str, archive: Repository, at_once: Callable[..., list[str]], clock: object, assert_jobs: Check
) -> None:
    clock.forward(days=-400)  # type: ignore[attr-defined]  # the processes have the real time
    with database.write():
        for subject in range(400):
            jobs.enqueue(JobKind.WRITE, subject, archive.id, actor="test", max_attempts=5)
    told = [line.split() for line in at_once(CLAIMING, store, str(archive.id))]
    assert Counter(Counter(job_id for lines in told for job_id in lines).values()) == {1: 400}
    assert_jobs(completed=400)
    assert sum(bool(lines) for lines in told) > 1


def plan(statement: str, parameters: tuple[object, ...]) -> str:
    rows = database.current().db.execute_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
    return "; ".join(row[3] for row in rows)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("at", "index"), [(0, "job_leased"), (1, "job_due")])
def test_what_is_due_is_read_off_its_own_partial_index_without_sorting(store: str, at: int, index: str) -> None:
    told = plan((job_sql.EXPIRED, job_sql.DUE)[at].format(p="?"), (1, "dois", 1, 5, 10))
    assert (f"INDEX {index} " in told, "TEMP B-TREE" in told, "SCAN" in told) == (True, False, False)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_unsettled_job_of_a_subject_is_read_off_the_unique_index(store: str) -> None:
    query = Job.select().where(Job.subject_id == 1, Job.kind == "write", jobs.IS_UNSETTLED)
    assert "INDEX job_unsettled (subject_id=? AND kind=?)" in plan(*query.sql())
