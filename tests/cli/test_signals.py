"""Ctrl-C and SIGTERM end cleanly: nothing half-written, nothing lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox
from doitui_core.db import database
from doitui_core.views import dashboard_counts

Doitui = Callable[..., Any]
Start = Callable[..., subprocess.Popen[str]]
Until = Callable[[Callable[[], bool]], None]

STOPS = pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])


@STOPS
def test_an_import_that_is_stopped_keeps_whole_batches(
    archive: Doitui, write: Callable[..., Path], start: Start, file: Path, tmp_path: Path, stop: signal.Signals
) -> None:
    pipe = tmp_path / "slow.jsonl"
    os.mkfifo(pipe)
    process = start("record", "import", write(*map(str, range(250))), pipe)
    with pipe.open("wb"):  # opens when the importer does: it has read the first file
        process.send_signal(stop)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, "Traceback" in err) == (128 + stop, "", False)
    assert len(archive("record", "list", "--limit", 0, "--json").json["records"]) == 200


@STOPS
def test_a_worker_that_is_stopped_finishes_what_it_has_in_hand(
    archive: Doitui, write: Callable[..., Path], start: Start, sandbox: Sandbox, until: Until, stop: signal.Signals
) -> None:
    sandbox.faults.replace(["POST /dois latency seconds=1"])
    archive("record", "import", write(*map(str, range(20))))
    archive("batch", "mint", "--all")
    process = start("work", "--threads", 2)
    until(lambda: bool(sandbox.requests.entries()))
    process.send_signal(stop)
    out, err = process.communicate(timeout=30)
    found = archive("status", "--json").json
    made = sum(entry["status"] == 201 for entry in sandbox.requests.entries())
    assert (process.returncode, "processed" in out) == (0, True)
    assert {line.rpartition(" of document ")[2].partition(" ")[2] for line in err.splitlines()} <= {
        "was registered successfully"
    }
    assert (found["jobs"]["processing"], found["dois"]["uncertain"], found["workers"]) == (0, 0, [])
    assert found["dois"]["findable"] == made


def test_what_a_stopped_worker_left_the_next_one_does(
    archive: Doitui, write: Callable[..., Path], start: Start, sandbox: Sandbox, until: Until
) -> None:
    archive("record", "import", write(*map(str, range(20))))
    archive("batch", "mint", "--all")
    sandbox.faults.replace(["POST /dois latency seconds=1"])
    process = start("work", "--threads", 2)
    until(lambda: bool(sandbox.requests.entries()))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    sandbox.faults.replace([])
    archive("work", "--drain")
    made = [entry["doi"] for entry in sandbox.requests.entries() if entry["status"] == 201]
    assert (len(made), len(set(made))) == (20, 20)


def test_two_workers_make_each_doi_once(
    archive: Doitui, write: Callable[..., Path], start: Start, sandbox: Sandbox, file: Path
) -> None:
    archive("record", "import", write(*map(str, range(60))))
    archive("batch", "mint", "--all")
    workers = [start("work", "--drain", "--json") for _ in range(2)]
    result = [json.loads(worker.communicate(timeout=60)[0]) for worker in workers]
    made = [entry["doi"] for entry in sandbox.requests.entries() if entry["status"] == 201]
    assert (len(made), len(set(made)), sum(one["taken"] for one in result)) == (60, 60, 60)
    database.open(f"sqlite:///{file}", read_only=True)
    counted = dashboard_counts.overview()["dois"]["findable"]
    database.close()
    assert counted == 60


@STOPS
def test_a_sandbox_that_is_stopped_ends_well(start: Start, stop: signal.Signals) -> None:
    process = start("sandbox", "--port", 0)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("sandbox ready on http://127.0.0.1:")
    process.send_signal(stop)
    assert (process.wait(30), process.communicate()[1]) == (0, "")


def test_a_watched_status_ends_with_ctrl_c(doitui: Doitui, start: Start) -> None:
    doitui("init")
    process = start("status", "--watch")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err.strip()) == (130, "doitui: interrupted")


@STOPS
def test_an_event_query_that_is_stopped_ends_with_a_whole_document(start: Start, stop: signal.Signals) -> None:
    answer = {"data": [{"id": "a", "attributes": {}}], "meta": {"total": 2}, "links": {"next": "?page[cursor]=b"}}
    asked = threading.Semaphore(0)
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.release()
            if "cursor%5D=b" in self.path:
                over.wait(30)
                return
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Discard the log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        process = start("event", "query", "--json", "--url", f"http://127.0.0.1:{server.server_port}")
        asked.acquire(timeout=30)
        asked.acquire(timeout=30)
        process.send_signal(stop)
        out, err = process.communicate(timeout=30)
        over.set()
        server.shutdown()
    found = json.loads(out)
    assert (process.returncode, "Traceback" in err) == (128 + stop, False)
    assert (len(found["events"]), found["complete"]) == (1, False)
