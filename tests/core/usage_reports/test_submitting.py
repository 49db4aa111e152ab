"""Reports on their way to the sandbox: what it holds in the end, whatever happens in between."""

from __future__ import annotations

import gzip
import json
import threading
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import requests

from doitui_core.db import database
from doitui_core.db.models import Job, Repository, UsageReport
from doitui_core.domain.outcomes import DONE
from doitui_core.queue import jobs
from doitui_core.usage_reports import report_connection, submitting

#: So many of this size make two parts (the first of 100), as 50,001 of the usual size do.
MANY = 101
LARGE: Any = {"metadata": {"publisher": {"name": "x" * 1_000_000}}}


def held(sandbox: Any, house: Any) -> list[Any]:
    """The datasets the sandbox has of the month's report, of all its parts."""
    answer = requests.get(f"{sandbox.url}/reports/{house.report().uuid}", timeout=60)
    report = answer.json()["report"]
    parts = [json.loads(gzip.decompress(b64decode(one["gzip"]))) for one in report["report-subsets"]]
    return [*report["report-datasets"], *(one for part in parts for one in part["report-datasets"])]


def events(sandbox: Any, doi: str) -> dict[str, int]:
    question = {"obj-id": f"https://doi.org/{doi}", "source-id": "datacite-usage"}
    found = requests.get(f"{sandbox.url}/events", params=question, timeout=60).json()["data"]
    return {one["attributes"]["relation-type-id"]: one["attributes"]["total"] for one in found}


def doubles(datasets: list[Any]) -> Counter[int]:
    """How many DOIs are there once, twice …"""
    return Counter(Counter(one["dataset-id"][0]["value"] for one in datasets).values())


def test_the_sandbox_holds_what_was_counted(house: Any, sandbox: Any, read_counts: Callable[..., Any]) -> None:
    house.dois(["a", "b"], 4, 3, 2, 1)
    assert house.submitted().status == "completed"
    assert read_counts(held(sandbox, house)) == house.datasets()


def test_its_events_are_the_counts(house: Any, sandbox: Any) -> None:
    house.dois(["a"], 4, 3, 2, 1)
    house.counted(9, 8, 0, 0, of=[1], method="machine")
    house.submitted()
    assert events(sandbox, "10.5072/a") == house.datasets()["10.5072/a"]


def test_the_row_says_what_went_through(house: Any) -> None:
    house.dois(["a", "b"])
    house.submitted()
    row = house.row()
    assert (row.parts, row.datasets, row.submitted_at, row.cause) == (1, 2, house.clock.now, "")


def test_submitted_again_it_takes_the_place_of_the_first(house: Any, sandbox: Any) -> None:
    house.dois(["a"], 4, 0, 0, 0)
    house.submitted()
    house.counted(6, 0, 0, 0, of=[1], day=2)
    house.submitted()
    assert events(sandbox, "10.5072/a") == {"total-dataset-investigations-regular": 10}
    assert (doubles(held(sandbox, house)), UsageReport.select().count()) == ({1: 1}, 1)


def test_a_large_report_is_put_and_posted(house: Any, sandbox: Any) -> None:
    house.dois(map(str, range(MANY)), 1, 0, 0, 0, **LARGE)
    assert house.submitted().status == "completed"
    assert sandbox.writes() == [("PUT", 201), ("POST", 201)]
    assert (doubles(held(sandbox, house)), house.row().parts) == ({1: MANY}, 2)


def test_a_part_that_got_no_answer_is_not_there_twice(house: Any, sandbox: Any) -> None:
    """The POST was done; then the connection broke."""
    house.dois(map(str, range(MANY)), 1, 0, 0, 0, **LARGE)
    sandbox.faults("POST /reports reset count=1")
    assert house.submitted().status == "pending"
    house.clock.forward(minutes=5)
    house.work()
    assert sandbox.writes() == [("PUT", 201), ("POST", 201), ("PUT", 200), ("POST", 201)]
    assert doubles(held(sandbox, house)) == {1: MANY}


def test_a_part_that_came_in_late_is_noticed_and_undone(house: Any, sandbox: Any) -> None:
    """A stray part of an earlier try comes in behind our last one: the store is read back, and all goes again."""
    house.dois(map(str, range(MANY)), 1, 0, 0, 0, **LARGE)
    connection, uuid = house.connection(), house.report().uuid
    *_, last = house.report().parts()

    def stray() -> None:
        tick = threading.Event()
        while ("POST", 201) not in sandbox.writes():
            tick.wait(0.01)
        connection.client.send(uuid, last.body, first=False, compressed=True)

    sandbox.faults("GET /reports/* latency seconds=2 count=1")
    late = threading.Thread(target=stray)
    late.start()
    assert house.submitted().cause == "parts_differ"
    late.join()
    house.clock.forward(minutes=5)
    house.work()
    assert (Job.get().status, doubles(held(sandbox, house))) == ("completed", {1: MANY})


@pytest.mark.parametrize(
    ("fault", "status", "cause"),
    [
        ("PUT /reports/* status status=401", "blocked", "credentials"),
        ("PUT /reports/* status status=403", "blocked", "forbidden"),
        ("PUT /reports/* status status=404", "blocked", "configuration"),
        ("PUT /reports/* status status=422", "failed", "report"),
        ("PUT /reports/* status status=429 seconds=60", "pending", "throttled"),
        ("PUT /reports/* status status=500", "pending", "server_error"),
        ("PUT /reports/* html", "pending", "proxy"),
        ("PUT /reports/* gateway", "pending", "firewall"),
        ("PUT /reports/* reset", "pending", "no_answer"),
    ],
)
def test_a_refusal_is_reported_by_job_and_row(house: Any, sandbox: Any, fault: str, status: str, cause: str) -> None:
    house.dois(["a"])
    sandbox.faults(fault)
    job = house.submitted()
    assert (job.status, job.cause, house.row().cause, house.row().submitted_at) == (status, cause, cause, None)


def test_a_server_that_never_works_ends_in_a_failure(house: Any, sandbox: Any) -> None:
    """A report can be sent as often as one likes, so nobody has to find out what became of it."""
    house.settled("h", sandbox.url, max_attempts="2")
    house.dois(["a"])
    sandbox.faults("PUT /reports/* status status=500")
    house.submitted()
    house.clock.forward(hours=1)
    house.work()
    assert Job.get().status == "failed"


def test_a_worker_that_dies_each_time_comes_to_an_end(house: Any) -> None:
    house.dois(["a"])
    job_id = house.request()
    for _ in range(5):
        jobs.claim_one("dead", job_id, house.connection().policy)
        house.clock.forward(hours=1)
    house.work()
    assert (Job.get_by_id(job_id).status, house.row().cause) == ("failed", "attempts_spent")


def test_without_counts_there_is_nothing_to_send(house: Any, sandbox: Any) -> None:
    house.dois(["a"], status="draft")
    assert (house.submitted().cause, sandbox.writes()) == ("no_usage", [])


def test_a_count_that_cannot_be_stops_the_report(house: Any, sandbox: Any) -> None:
    house.dois(["a"], 2**31, 0, 0, 0)
    job = house.submitted()
    assert (job.status, job.cause, sandbox.writes()) == ("failed", "counts", [])


def test_a_report_of_somebody_else_is_not_taken_over(house: Any, sandbox: Any) -> None:
    house.dois(["a"])
    document = house.document()
    requests.post(f"{sandbox.url}/reports", json=document, auth=("OTHER.REPO", "other"), timeout=60)
    assert house.submitted().cause == "taken"


def test_whoever_lost_the_lease_sends_nothing_more(house: Any, sandbox: Any) -> None:
    house.dois(["a"])
    connection = report_connection.for_repository(house.repository)
    lease = jobs.claim_one("w", house.request(), connection.policy)
    house.clock.forward(hours=1)
    jobs.claim_one("another", lease.job_id, connection.policy)
    assert (submitting.submit(lease, connection).cause, sandbox.writes()) == ("lease_lost", [])


def test_what_is_asked_for_meanwhile_is_sent_again(house: Any, sandbox: Any) -> None:
    house.dois(["a"], 1, 0, 0, 0)
    connection = report_connection.for_repository(house.repository)
    lease = jobs.claim_one("w", house.request(), connection.policy)
    seen = UsageReport.get()
    house.clock.forward(seconds=1)
    house.counted(5, 0, 0, 0, of=[1], day=2)
    assert house.request() == lease.job_id
    submitting._finish(lease, connection, seen, submitting._Sent(["x"], 1), DONE)
    house.work()
    assert events(sandbox, "10.5072/a") == {"total-dataset-investigations-regular": 6}


def test_asking_twice_makes_one_job(house: Any) -> None:
    house.dois(["a"])
    assert house.request() == house.request()


def test_a_failed_one_is_put_back_by_asking_again(house: Any, sandbox: Any) -> None:
    house.dois(["a"])
    sandbox.faults("PUT /reports/* status status=422")
    house.submitted()
    sandbox.faults()
    assert house.submitted().status == "completed"


def test_a_refused_token_blocks_no_repository(house: Any, sandbox: Any) -> None:
    """Its DOIs go on being minted."""
    house.dois(["a"])
    sandbox.faults("PUT /reports/* status status=401")
    house.submitted()
    assert Repository.get().blocked_cause == ""


ASKING = """
from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.usage_reports import building
from doitui_core.usage_reports import submitting
database.open(sys.argv[1])
repository = repositories.find("h")
report = building.for_repository(repository, "2026-10")
go()
print(submitting.request(repository, report, actor="test"))
"""


def test_four_who_ask_at_once_make_one_job(house: Any, store: str, at_once: Callable[..., list[str]]) -> None:
    house.dois(["a"])
    assert len(set(at_once(ASKING, store))) == 1
    assert database.counts("job.report.") == {"pending": 1}
