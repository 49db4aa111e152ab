"""From a click on a site to the answer of a hub, with real processes: gunicorn, spool, counts, report, hub, query."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from ..middleware.serving import SERVERS, running

Doitui = Callable[..., Any]

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"

#: Visitors who look at the record; of them so many download it too.
VISITORS, READERS = 5, 2

V2 = {"Accept": "application/vnd.api+json; version=2"}


@pytest.fixture
def hub(start: Callable[..., subprocess.Popen[str]], typed: Doitui, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A hub on a database of its own, as a process: its URL and a token."""
    database = f"sqlite:///{tmp_path / 'hub.db'}"
    typed("--database", database, "init")
    token = typed("--database", database, "hub", "token", "--name", "archive-a", "--json").json["token"]
    process = start("--database", database, "hub", "--port", "0")
    assert process.stdout
    yield "http" + process.stdout.readline().strip().partition("http")[2], token
    process.terminate()
    assert process.wait(timeout=60) == 0


def test_a_hub_shows_the_clicks_of_an_archive(
    archive: Doitui,
    write: Callable[..., Path],
    hub: tuple[str, str],
    tmp_path: Path,
    doi_of: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, token = hub
    (tmp_path / "token").write_text(token)
    spool = tmp_path / "spool"
    for command in (
        ("record", "import", write("1")),
        ("doi", "mint", "1", "--now"),
        ("setting", "set", "reports_url", url),
        ("setting", "set", "datacite_api_token", f"file:{tmp_path / 'token'}"),
    ):
        assert archive(*command).code == 0
    visit(tmp_path, spool, monkeypatch)
    for line in ("usage drain --spool " + str(spool), "usage-report submit --month current --partial"):
        done = archive(*line.split())
        assert done.code == 0, done.err
    doi = doi_of("1")
    wait_for_events(url, 4)
    found = archive("event", "query", "--url", url, "--doi", doi, "--json").json["events"]
    assert {one["relation_type_id"]: one["total"] for one in found} == {
        "total-dataset-investigations-regular": VISITORS + READERS,
        "unique-dataset-investigations-regular": VISITORS,
        "total-dataset-requests-regular": READERS,
        "unique-dataset-requests-regular": READERS,
    }
    shown = requests.get(f"{url}/events", params={"doi": doi}, headers=V2, timeout=30).json()["data"]
    targets = {one["attributes"]["relationTypeId"]: one["attributes"]["targetDoi"] for one in shown}
    assert targets["unique-dataset-investigations-regular"] == targets["unique-dataset-requests-regular"] == doi
    assert requests.get(f"{url}/heartbeat", timeout=30).text == "OK"


def visit(place: Path, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clicks on a site under gunicorn, with the middleware around it."""
    with monkeypatch.context() as site:
        site.setenv("DOITUI_DOWNLOADS", r"^/records/(?P<object_id>\d+)/files/")
        site.setenv("DOITUI_TRUSTED_HOPS", "1")
        with running(SERVERS["gunicorn sync"], place, spool) as server:
            for visitor in range(VISITORS):
                headers = {"User-Agent": BROWSER, "X-Forwarded-For": f"198.51.100.{visitor}"}
                for path in ["/records/1", *["/records/1/files/1"] * (visitor < READERS)]:
                    answer = requests.get(f"http://127.0.0.1:{server.port}{path}", headers=headers, timeout=30)
                    assert answer.status_code == 200


def wait_for_events(url: str, number: int) -> None:
    """Until the hub has made the events of the report."""
    pause = threading.Event()
    for _ in range(600):
        answer = requests.get(f"{url}/events", params={"page[size]": 0}, timeout=30)
        if answer.json()["meta"]["total"] >= number:
            return
        pause.wait(0.1)
    pytest.fail(f"never {number} events: {json.dumps(answer.json())}")
