"""Groups of failed jobs: counted, shown with examples, retried and filtered by name; computed for older jobs too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.db import cause_group_fill, database
from doitui_core.db.models import Job
from doitui_core.domain.job_kinds import JobStatus, Service
from doitui_core.errors import BadInput
from doitui_core.queue import jobs
from doitui_core.queue.leases import Lease
from doitui_core.views import causes, filters, lists, windows

PUBLISHER = "HTTP 422: publisher: DOI {}: Can't be blank; fix the record, then retry"
TITLES = "HTTP 422: titles: DOI {}: Is invalid; fix the record, then retry"
ERRORS = dict.fromkeys("abcdef", ("metadata", PUBLISHER)) | {
    "d": ("metadata", TITLES),
    "e": ("forbidden", "HTTP 403: no"),
}


@pytest.fixture
def failed(a_job: Callable[..., int], claim: Callable[..., list[Lease]], clock: Any) -> dict[str, int]:
    """Jobs of the objects a to f by name, a minute apart: failed of `ERRORS`."""
    ids = {}
    for object_id, (cause, error) in ERRORS.items():
        ids[object_id] = a_job(object_id)
        jobs.finish(claim()[0], JobStatus.FAILED, cause=cause, error=error.format(f"10.5072/{object_id}"))
        clock.forward(minutes=1)
    return ids


def names() -> dict[str, str]:
    return {group.summary: group.name for group in causes.groups()}


def test_failed_jobs_are_counted_by_group_largest_first_with_their_newest(failed: dict[str, int]) -> None:
    told = [
        (group.number, group.summary, group.cause, "".join(str(job.object_id) for job in group.examples))
        for group in causes.groups()
    ]
    assert told[0] == (4, "publisher required", "metadata", "fcb")
    assert set(told[1:]) == {(1, "titles invalid", "metadata", "d"), (1, "forbidden", "forbidden", "e")}


def test_a_group_says_since_when_what_to_do_and_how_to_retry_it(failed: dict[str, int]) -> None:
    group = causes.groups(limit=1)[0]
    span = group.last_failed_at - group.first_failed_at
    told = span.total_seconds(), group.advice, group.retry, group.error
    retry = f"doitui queue retry --cause {group.name}"
    assert told == (300, "fix the record, then retry", retry, PUBLISHER.format("10.5072/f"))
    assert causes.report()[:2] == (6, 3)


def test_only_the_jobs_of_the_group_are_retried(failed: dict[str, int]) -> None:
    retried = jobs.retry(cause=names()["publisher required"])
    assert (retried, set(names())) == ([failed[name] for name in "abcf"], {"titles invalid", "forbidden"})


def test_a_cause_still_retries_all_its_groups(failed: dict[str, int]) -> None:
    assert jobs.retry(cause="metadata") == [failed[name] for name in "abcdf"]


def test_a_group_that_no_job_has_is_refused(failed: dict[str, int]) -> None:
    with pytest.raises(BadInput, match="doitui report causes"):
        jobs.retry(cause="metadata-publisher-ffffff")


def test_a_list_shows_a_group_or_a_cause(failed: dict[str, int]) -> None:
    group = names()["publisher required"]
    told = [[row.object_id for row in lists.jobs(cause=cause).rows] for cause in (group, "forbidden", "metadata")]
    typed = windows.jobs(filters.parse(f"status:failed cause:{group}", "jobs")).count()
    assert (told, typed) == ([list("fcba"), ["e"], list("fdcba")], 4)


def test_a_job_that_is_done_leaves_its_group(failed: dict[str, int], claim: Callable[..., list[Lease]]) -> None:
    jobs.retry(ids=[failed["e"]])
    jobs.finish(claim()[0], JobStatus.COMPLETED, cause="")
    assert ("forbidden" in names(), Job.get_by_id(failed["e"]).cause_group) == (False, "")


def test_failures_of_before_get_the_same_groups(failed: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    expected = causes.groups()
    Job.update(cause_group="").execute()
    monkeypatch.setattr(cause_group_fill, "CHUNK", 4)
    with database.write():
        cause_group_fill.fill(database.current().db)
    assert causes.groups() == expected


def test_counting_reads_the_index_alone(store: str) -> None:
    query, values = causes.counted((Service.DOIS,)).sql()
    with database.write():
        db = database.current().db
        if database.current().dialect.name == "sqlite":
            plan = [row[3] for row in db.execute_sql(f"EXPLAIN QUERY PLAN {query}", values).fetchall()]
            index = "COVERING INDEX job_by_cause_group"
        else:
            db.execute_sql("SET LOCAL enable_seqscan = off")  # which is faster for an empty table
            plan = [row[0] for row in db.execute_sql(f"EXPLAIN {query}", values).fetchall()]
            index = "job_by_cause_group"
    assert index in "\n".join(plan)
