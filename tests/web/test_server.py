"""The server as a process: its ready line, its signals, its port, and a state file that outlives kill -9."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest
import requests
from falcon.testing import TestClient

from doitui.web.common.accounts import Accounts, parse_account
from doitui.web.dois.store import Store
from doitui.web.sandbox.sandbox import create_app
from doitui.web.sandbox.server import running_sandbox, serve
from doitui_core.errors import BadInput, Misconfigured

PROGRAM = """
import sys
from pathlib import Path
from doitui.web.sandbox.server import serve
state = Path(sys.argv[1]) if len(sys.argv) > 1 else None
serve(0, ["10.5072"], "DEMO.REPO:s3cret", state, [])
"""
CREDENTIALS = ("DEMO.REPO", "s3cret")


@contextmanager
def process(*arguments):
    """A sandbox in a process of its own: yields the process and the address it printed."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as running:
        try:
            line = running.stdout.readline()
            assert line.startswith("sandbox ready on http://127.0.0.1:"), running.stderr.read()
            yield running, line.split()[-1]
        finally:
            running.kill()


def create(url, doi):
    body = {"data": {"attributes": {"doi": doi, "url": "https://a.org", "titles": [{"title": "Ä \ud83d\ude00"}]}}}
    return requests.post(url + "/dois", json=body, auth=CREDENTIALS, timeout=20)


def read(url, doi):
    return requests.get(f"{url}/dois/{doi}", auth=CREDENTIALS, timeout=20)


def test_it_answers_once_it_says_ready():
    with process() as (_, url):
        assert requests.get(url + "/heartbeat", timeout=20).text == "OK"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number):
    with process() as (running, _):
        running.send_signal(number)
        _, errors = running.communicate(timeout=20)
    assert (running.returncode, errors) == (0, "")


def test_the_password_is_in_no_output():
    with process() as (running, url):
        create(url, "10.5072/a")
        requests.post(url + "/dois", json={}, auth=("DEMO.REPO", "s3cret!"), timeout=20)
        running.terminate()
        assert "s3cret" not in "".join(running.communicate(timeout=20))


def test_the_state_file_outlives_kill_9(tmp_path):
    state = tmp_path / "state"
    with process(state) as (running, url):
        create(url, "10.5072/A")
        before = read(url, "10.5072/a").json()
        running.kill()
        running.wait(timeout=20)
    with process(state) as (_, url):
        assert read(url, "10.5072/a").json() == before


def test_a_deleted_draft_stays_deleted_after_a_restart(tmp_path):
    state = tmp_path / "state"
    with process(state) as (running, url):
        create(url, "10.5072/a")
        requests.delete(url + "/dois/10.5072/a", auth=CREDENTIALS, timeout=20)
        running.kill()
        running.wait(timeout=20)
    with process(state) as (_, url):
        assert read(url, "10.5072/a").status_code == 404


def test_a_clean_end_leaves_one_file(tmp_path):
    with process(tmp_path / "state") as (running, url):
        create(url, "10.5072/a")
        running.terminate()
        running.wait(timeout=20)
    assert [file.name for file in tmp_path.iterdir()] == ["state"]


def test_without_a_state_file_nothing_is_stored():
    with running_sandbox([parse_account("DEMO.REPO:s3cret", ["10.5072"])]) as sandbox:
        create(sandbox.url, "10.5072/a")
    with running_sandbox([parse_account("DEMO.REPO:s3cret", ["10.5072"])]) as sandbox:
        assert read(sandbox.url, "10.5072/a").status_code == 404


def test_two_sandboxes_cannot_share_a_state_file(tmp_path):
    with (
        running_sandbox(state=tmp_path / "state"),
        pytest.raises(Misconfigured, match="in use by another sandbox"),
        running_sandbox(state=tmp_path / "state"),
    ):
        pass


def test_a_second_process_is_refused_and_its_file_goes_on(tmp_path):
    """A process that is refused closes the file; the locks of the first one must survive that."""
    with process(tmp_path / "state") as (_, url):
        with pytest.raises(Misconfigured, match="in use"), running_sandbox(state=tmp_path / "state"):
            pass
        assert create(url, "10.5072/after").status_code == 201
        with pytest.raises(Misconfigured, match="in use"), running_sandbox(state=tmp_path / "state"):
            pass


OLD = """
CREATE TABLE event (
    number INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL COLLATE NOCASE UNIQUE,
    subj_id TEXT NOT NULL, obj_id TEXT NOT NULL, source_id TEXT NOT NULL, relation_type_id TEXT NOT NULL,
    source_token TEXT NOT NULL, message_action TEXT NOT NULL, license TEXT NOT NULL, total INTEGER NOT NULL,
    occurred_at TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL, subj TEXT NOT NULL, obj TEXT NOT NULL
);
CREATE TABLE event_mention (doi TEXT NOT NULL, event INTEGER NOT NULL);
INSERT INTO event VALUES (
    7, '0c2f3c1e-2f5a-4b43-9d0c-53dbd3d7b6a1', 'https://doi.org/10.5072/a', 'https://example.org/b', 's', 'cites', 't',
    'add', 'l', 3, '2025-01-01T00:00:00.000Z', '2025-01-02T00:00:00.000Z', '2025-01-03T00:00:00.000Z',
    '{"@type": "Dataset"}', '{}'
);
PRAGMA application_id = 1685023092;
"""


def test_a_state_file_of_an_older_version_keeps_its_events(tmp_path, connect):
    with closing(sqlite3.connect(tmp_path / "state")) as connection:
        connection.executescript(OLD)
    for _ in range(2):
        with running_sandbox(state=tmp_path / "state", all_events=True) as sandbox:
            (event,) = connect(sandbox.url).get("/events", doi="10.5072/a").json()["data"]
            assert (event["attributes"]["total"], event["attributes"]["timestamp"]) == (3, "2025-01-03T00:00:00.000Z")


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "notes").write_text("not a state file, " * 100)
    with pytest.raises(BadInput, match="not a sandbox state file"), running_sandbox(state=tmp_path / "notes"):
        pass


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "doitui.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE doi (id INTEGER)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(BadInput, match="another program"), running_sandbox(state=path):
        pass
    assert path.read_bytes() == before


def test_a_state_file_in_no_directory_is_refused(tmp_path):
    with pytest.raises(Misconfigured, match="cannot be opened"), running_sandbox(state=tmp_path / "none" / "state"):
        pass


def test_a_port_in_use_is_one_clear_error():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=rf"^port {port} on 127.0.0.1 cannot be used [^\n]+$"):
            serve(port, ["10.5072"], "DEMO.REPO:demo", None, [])


@pytest.mark.parametrize("account", ["", "DEMO.REPO", ":demo", "DEMO.REPO:"])
def test_an_account_without_name_or_password_is_refused(account):
    with pytest.raises(BadInput, match="write NAME:PASSWORD"):
        serve(0, ["10.5072"], account, None, [])


def test_a_bad_fault_is_refused_at_the_start():
    with pytest.raises(BadInput, match=r"^fault 'nonsense'"):
        serve(0, ["10.5072"], "DEMO.REPO:demo", None, ["nonsense"])


def test_an_account_does_not_show_its_password():
    assert "s3cret" not in repr(parse_account("DEMO.REPO:s3cret", ["10.5072"]))


def test_several_prefixes_may_be_given():
    with running_sandbox([parse_account("DEMO.REPO:s3cret", ["10.5072", "10.80225"])]) as sandbox:
        assert create(sandbox.url, "10.80225/a").status_code == 201


def test_a_connection_is_kept_alive(sandbox):
    connection = http.client.HTTPConnection("127.0.0.1", int(sandbox.url.rpartition(":")[2]), timeout=20)
    connection.request("GET", "/heartbeat")
    connection.getresponse().read()
    kept = connection.sock
    connection.request("GET", "/heartbeat")
    connection.getresponse().read()
    assert connection.sock is kept is not None
    connection.close()


def test_stopping_what_has_ended_is_no_error():
    with running_sandbox() as sandbox:
        pass
    sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(sandbox.url, timeout=20)


def test_the_application_runs_under_any_wsgi_server():
    client = TestClient(create_app(Store(), Accounts([parse_account("DEMO.REPO:demo", ["10.5072"])])))
    assert client.simulate_get("/dois").json["meta"]["total"] == 0
