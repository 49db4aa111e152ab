"""A backup taken while workers mint is put back and worked: no DOI twice, no tombstone back, nothing open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from doitui_core.db import database, models
from doitui_core.db.restore_model import RestoredDoi
from doitui_core.dois import targets
from doitui_core.domain.states import Wanted
from doitui_core.operations import doi_actions
from doitui_core.records import records

METADATA = {
    "creators": [{"name": "Doe, Jo"}],
    "titles": [{"title": "Letters"}],
    "publisher": {"name": "Archive"},
    "publicationYear": 2026,
    "types": {"resourceTypeGeneral": "Text"},
}


def ended(trial: Any, *command: str) -> Any:
    """The JSON of a command, run as a process."""
    process = trial.run(*command, "--json")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return json.loads(out)


def at_sandbox(trial: Any) -> dict[str, str]:
    """{DOI: state} of all DOIs at the sandbox."""
    answer = requests.get(
        f"{trial.api}/dois",
        params={"page[size]": 1000, "client-id": "demo.repo"},
        auth=("DEMO.REPO", "demo"),
        timeout=30,
    )
    return {row["id"]: row["attributes"]["state"] for row in answer.json()["data"]}


@pytest.fixture
def loaded(trial: Any, tmp_path: Path) -> Any:
    """A trial whose backup was taken while a worker minted; three tombstones came later, and the worker has ended."""
    trial.jobs = 30
    trial.begin("POST /dois latency seconds=0.05")
    database.close()
    worker = trial.worker("--threads", "4")
    trial.wait_for(8)
    trial.backup = ended(trial, "backup", str(tmp_path / "backup"))
    assert 0 < len(trial.requests()) < 3 * trial.jobs
    trial.faults()
    trial.end(worker)
    database.open(trial.url)
    names = [row.doi for row in models.Doi.select().order_by(models.Doi.id)]
    trial.dead = [names[0], names[1], names[-1]]
    for doi in trial.dead:
        doi_actions.deactivate(doi, reason="withdrawn by its owner")
    trial.finish(1)
    assert trial.statuses() == {"findable": 27, "tombstone": 3}
    database.close()
    return trial


def restored(trial: Any) -> Any:
    found = ended(trial, "restore", trial.backup["file"])
    database.open(trial.url)
    return found


def test_what_was_sent_after_the_backup_is_found_out_and_not_sent_again(loaded: Any) -> None:
    before = at_sandbox(loaded)
    found = restored(loaded)
    assert "replaced" in found["replaced"]
    assert (found["dois"], loaded.statuses() == {"findable": 27, "tombstone": 3}) == (30, False)
    loaded.finish(2)
    assert (loaded.made(), at_sandbox(loaded) == before) == ({1: 30}, True)
    assert loaded.statuses() == {"findable": 27, "tombstone": 3}


def test_no_tombstone_comes_back_and_nothing_stays_open(loaded: Any) -> None:
    restored(loaded)
    for doi in loaded.dead[:2]:
        assert targets.update(doi).job_id
    loaded.finish(2)
    rows = models.Doi.select().where(models.Doi.doi.in_(loaded.dead))
    assert {(row.status, row.reason) for row in rows} == {("tombstone", "withdrawn by its owner")}
    assert {at_sandbox(loaded)[doi.lower()] for doi in loaded.dead} == {"registered"}
    due = models.Job.select().where(models.Job.status != "completed", models.Job.scheduled_at <= database.now())
    assert [(job.kind, job.status, job.last_error) for job in due] == []
    assert (loaded.open_jobs(), RestoredDoi.select().count()) == ([], 0)
    assert models.Doi.select().where(models.Doi.certainty != "confirmed").count() == 0


def test_a_record_that_got_its_doi_after_the_backup_gets_the_same_one(loaded: Any) -> None:
    database.open(loaded.url)
    with database.write():
        late = targets.mint(records.save("late", metadata=METADATA).record, Wanted.FINDABLE, actor="test").doi.doi
    loaded.finish(1)
    database.close()
    restored(loaded)
    loaded.finish(1)
    with database.write():
        again = targets.mint(records.save("late", metadata=METADATA).record, Wanted.FINDABLE, actor="test").doi.doi
    loaded.finish(1)
    assert (again, loaded.made()) == (late, {1: 31})
    assert loaded.statuses() == {"findable": 28, "tombstone": 3}


def test_a_restore_is_refused_while_a_worker_runs(loaded: Any, wait_until: Any) -> None:
    database.open(loaded.url)
    loaded.worker(drain=False)
    wait_until(lambda: models.Worker.select().count() == 1, "the worker runs")
    database.close()
    process = loaded.run("restore", loaded.backup["file"])
    _, err = process.communicate(timeout=300)
    assert (process.returncode, "workers are running" in err) == (1, True), err
