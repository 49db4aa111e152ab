"""The hub is killed (-9) while reports come in, and started again: nothing is lost, nothing counted twice."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import threading
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from doitui_core.db import database
from doitui_core.hub_store import tokens

from .conftest import doitui, wait_until

#: Reports, datasets in each, and how often the hub is killed while they come in.
REPORTS, DATASETS, KILLS = 24, 120, 4

RELATION = "unique-dataset-investigations-regular"


def body(number: int) -> bytes:
    """The report of one month, compressed: each DOI was viewed as often as its number says."""
    period = {"begin-date": f"{2000 + number}-05-01", "end-date": f"{2000 + number}-05-31"}
    header = {
        "report-name": "dataset report",
        "report-id": "dsr",
        "release": "rd1",
        "created": "2026-06-01",
        "created-by": "archive-a",
        "reporting-period": period,
        "report-filters": [],
        "report-attributes": [],
        "exceptions": [{"code": 69, "severity": "warning", "message": "compressed", "help-url": "", "data": ""}],
    }
    datasets = [dataset(n, period) for n in range(1, DATASETS + 1)]
    return gzip.compress(json.dumps({"report-header": header, "report-datasets": datasets}).encode())


def dataset(number: int, period: dict[str, str]) -> dict[str, Any]:
    instance = {"count": number, "access-method": "regular", "metric-type": "unique-dataset-investigations"}
    return {
        "dataset-title": f"No. {number}",
        "dataset-id": [{"type": "doi", "value": f"10.5072/{number}"}],
        "platform": "Archive",
        "publisher": "Archive",
        "publisher-id": [{"type": "isni", "value": "0000000121032683"}],
        "data-type": "dataset",
        "uri": f"https://archive.example.org/{number}",
        "yop": "2020",
        "performance": [{"period": period, "instance": [instance]}],
    }


class Hub:
    """`doitui hub` as a process that can be killed and started again."""

    def __init__(self, url: str, place: Path) -> None:
        self.database, self.reports = url, place
        self.start()

    def start(self) -> None:
        options = ("--database", self.database, "hub", "--port", "0", "--reports", str(self.reports))
        self.process = doitui(*options, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout
        self.url = "http" + self.process.stdout.readline().strip().partition("http")[2]

    def kill(self) -> None:
        with self.process:
            self.process.kill()


def test_killed_at_random_the_hub_loses_and_doubles_nothing(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    database.create(database_url)
    token = tokens.issue("archive-a", actor="ida").token
    database.close()
    hub, chance = Hub(database_url, tmp_path / "reports"), random.Random(19)
    kills = set(chance.sample(range(REPORTS), KILLS))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/gzip", "Content-Encoding": "gzip"}
    uids = [str(uuid.UUID(int=number + 1, version=4)) for number in range(REPORTS)]
    try:
        for number, uid in enumerate(uids):
            if number in kills:
                killed_while_sending(hub, uid, body(number), headers, after=chance.random() / 5)
            answer = requests.put(f"{hub.url}/reports/{uid}", data=body(number), headers=headers, timeout=60)
            assert answer.status_code == 202, answer.text
        hub.kill()  # with most of the work undone
        hub.start()
        wait_until(lambda: total(hub, RELATION) >= REPORTS * DATASETS, "all events")
        assert requests.get(f"{hub.url}/heartbeat", timeout=60).text == "OK"
        check(hub, uids)
    finally:
        hub.kill()


def killed_while_sending(hub: Hub, uid: str, data: bytes, headers: dict[str, str], *, after: float) -> None:
    """Send a report, and kill the hub some moments later, whatever it has answered until then."""
    timer = threading.Timer(after, hub.process.kill)
    timer.start()
    with suppress(requests.ConnectionError):
        requests.put(f"{hub.url}/reports/{uid}", data=data, headers=headers, timeout=60)
    timer.join()
    hub.kill()
    hub.start()


def total(hub: Hub, relation: str) -> int:
    params: dict[str, Any] = {"page[size]": 0, "relation-type-id": relation}
    return int(requests.get(f"{hub.url}/events", params=params, timeout=60).json()["meta"]["total"])


def check(hub: Hub, uids: list[str]) -> None:
    """Each report is there once and valid, and each DOI has one event of each report, with its count."""
    listed = requests.get(f"{hub.url}/reports", params={"page[size]": 1000}, timeout=60).json()["reports"]
    assert sorted((one["id"], one["state"]) for one in listed) == sorted((uid, "valid") for uid in uids)
    assert total(hub, RELATION) == REPORTS * DATASETS
    for number in (1, DATASETS // 2, DATASETS):
        params: dict[str, Any] = {"doi": f"10.5072/{number}", "page[size]": 1000}
        found = requests.get(f"{hub.url}/events", params=params, timeout=60).json()["data"]
        assert [one["attributes"]["total"] for one in found] == [number] * REPORTS
    bodies = [file for file in hub.reports.iterdir() if not file.name.startswith(".")]
    assert len(bodies) >= REPORTS
