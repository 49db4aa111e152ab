"""A month's report is killed while it is submitted, and started again: the other side holds each DOI once."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import requests

from doitui_core.db import database, raw_sql
from doitui_core.operations import change_settings
from doitui_core.usage.zone import days_of_month

#: Two parts. 120,000, which are three, where nobody waits for it: DOITUI_CRASH_DOIS=120000.
DOIS = int(os.environ.get("DOITUI_CRASH_DOIS", "50500"))

#: Each of these takes long: all on both databases only where it was asked for.
ASKED_FOR = "DOITUI_CRASH_DOIS" in os.environ
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"] + ["postgresql"] * ASKED_FOR, indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"] + ["sqlite"] * ASKED_FOR, indirect=True)

MONTH = "2026-10"
RELATION = "total-dataset-investigations-regular"

DOI = (
    *("id", "doi", "folded", "repository_id", "record_id", "wanted", "remote", "status", "url"),
    *("created_at", "updated_at"),
)
RECORD = ("id", "repository_id", "object_id", "title", "metadata", "content_hash", "created_at", "updated_at")
COUNT = (*("day", "doi_id", "access_method", "country", "source", "total_investigations"),)


def total(number: int) -> int:
    """How often the DOI of that number was viewed."""
    return 1 + number % 97


def fill(trial: Any) -> None:
    """The repository `h` with DOIs that were viewed, written past the core."""
    database.create(trial.url)
    account = {"datacite_prefix": "10.5072", "datacite_repository_id": "DEMO.REPO", "datacite_password": "env:PW"}
    repository = change_settings.save_repository("h", {**account, "datacite_url": trial.api}).id
    first, numbers = days_of_month(MONTH).start, range(1, DOIS + 1)
    with database.write():
        raw_sql.insert("record", RECORD, [(n, repository, f"{n}", f"No. {n}", "{}", "", 1, 1) for n in numbers])
        facts = ("findable", "findable", "findable")
        raw_sql.insert(
            "doi", DOI, [(n, f"10.5072/{n}", f"10.5072/{n}", repository, n, *facts, "", 1, 1) for n in numbers]
        )
        raw_sql.insert("usage_count", COUNT, [(first, n, "regular", "", "spool", total(n)) for n in numbers])
    database.close()


class Submission:
    """`doitui usage-report submit`, as a process."""

    def __init__(self, trial: Any) -> None:
        self.trial = trial

    def begin(self) -> subprocess.Popen[str]:
        command = [str(Path(sys.executable).with_name("doitui")), "--database", self.trial.url]
        process = subprocess.Popen(
            [*command, "usage-report", "submit", "--month", MONTH, "--json"],
            text=True,
            env={**os.environ, "PW": "demo"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.trial.processes.append(process)
        return process

    def end(self) -> Any:
        """Start it, and wait until it has done its work."""
        process = self.begin()
        said, complained = process.communicate(timeout=300)
        assert process.returncode == 0, complained
        return json.loads(said)["reports"][0]

    def writes(self) -> list[tuple[str, int]]:
        came_in = [(one["method"], one["status"]) for one in self.trial.requests()]
        return [one for one in came_in if one[0] in ("PUT", "POST")]

    def held(self, uuid: str) -> Iterator[Any]:
        """The report's parts, as the sandbox has them."""
        report = requests.get(f"{self.trial.api}/reports/{uuid}", timeout=300).json()["report"]
        for subset in report["report-subsets"]:
            yield json.loads(gzip.decompress(b64decode(subset["gzip"])))


@pytest.fixture
def submission(trial: Any) -> Submission:
    trial.start_sandbox()
    fill(trial)
    return Submission(trial)


def counts(parts: Iterator[Any]) -> list[tuple[str, dict[str, int]]]:
    return [
        (
            dataset["dataset-id"][0]["value"],
            {f"{i['metric-type']}-{i['access-method']}": i["count"] for i in dataset["performance"][0]["instance"]},
        )
        for part in parts
        for dataset in part["report-datasets"]
    ]


def expected() -> dict[str, dict[str, int]]:
    return {f"10.5072/{n}": {RELATION: total(n)} for n in range(1, DOIS + 1)}


def assert_each_doi_is_held_once(submission: Submission, uuid: str) -> None:
    found = counts(submission.held(uuid))
    assert Counter(Counter(doi for doi, _ in found).values()) == {1: DOIS}
    assert dict(found) == expected()


@ON_SQLITE
def test_killed_between_two_parts_each_doi_is_held_once(submission: Submission, wait_until: Any) -> None:
    submission.trial.faults("POST /reports latency seconds=60 count=1")
    process = submission.begin()
    wait_until(lambda: ("PUT", 201) in submission.writes(), "the first part is there, the second is under way")
    submission.trial.kill(process)
    submission.trial.faults()
    assert_each_doi_is_held_once(submission, submission.end()["uuid"])


@ON_POSTGRESQL
def test_killed_before_the_answer_to_a_part_each_doi_is_held_once(submission: Submission, wait_until: Any) -> None:
    submission.trial.faults("POST /reports hang count=1")
    process = submission.begin()
    wait_until(lambda: ("POST", 201) in submission.writes(), "the second part is there, and not answered")
    submission.trial.kill(process)
    submission.trial.faults()
    assert_each_doi_is_held_once(submission, submission.end()["uuid"])


@pytest.mark.skipif(not ASKED_FOR, reason="takes a minute: DOITUI_CRASH_DOIS=120000 asks for it")
def test_the_events_that_are_made_of_it_are_the_counts(submission: Submission, wait_until: Any, shared: Path) -> None:
    process = submission.begin()
    wait_until(lambda: ("PUT", 201) in submission.writes(), "the first part is there")
    submission.trial.kill(process)
    uuid = submission.end()["uuid"]
    assert events(submission.trial.api, uuid) == expected_events()
    schema = json.loads((shared / "data" / "sashimi" / "schema" / "sushi_usage_schema.json").read_text("utf-8"))
    official = jsonschema_rs.Draft4Validator(schema)
    for part in submission.held(uuid):
        assert official.is_valid({**part["report-header"], "report-datasets": part["report-datasets"]})


def events(api: str, uuid: str) -> Counter[tuple[str, int]]:
    """(relation, total) of the events, and how many there are of each."""
    found: Counter[tuple[str, int]] = Counter()
    asked = {"subj-id": f"{api}/reports/{uuid}", "page[size]": "1000", "page[cursor]": "1"}
    while True:
        answer = requests.get(f"{api}/events", params=asked, timeout=300).json()
        rows = [row["attributes"] for row in answer["data"]]
        found.update((row["relation-type-id"], row["total"]) for row in rows)
        following = answer["links"].get("next")
        if not rows or not following:
            return found
        asked["page[cursor]"] = requests.utils.unquote(following.split("page%5Bcursor%5D=")[1].split("&")[0])


def expected_events() -> Counter[tuple[str, int]]:
    return Counter((relation, count) for counts in expected().values() for relation, count in counts.items())
