"""`doitui hub` as a process, and the same under gunicorn: real HTTP, warnings, signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

Doitui = Callable[..., Any]
Start = Callable[..., "subprocess.Popen[str]"]

NO_TOKEN = "no valid token: nobody can send anything until `doitui hub token --name NAME` issues one\n"


def ready(process: subprocess.Popen[str]) -> str:
    """The URL in the line that says that it answers."""
    assert process.stdout
    line = process.stdout.readline()
    assert line.startswith("hub ready on http://127.0.0.1:"), line
    return line.split()[-1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_hub_answers_until_a_signal_ends_it(doitui: Doitui, start: Start, number: int) -> None:
    doitui("init")
    process = start("hub", "--port", "0")
    assert requests.get(f"{ready(process)}/heartbeat", timeout=30).text == "OK"
    process.send_signal(number)
    assert (process.wait(timeout=60), process.stderr and process.stderr.read()) == (0, NO_TOKEN)


def test_a_token_is_taken_and_refused_after_it_is_revoked(doitui: Doitui, start: Start) -> None:
    doitui("init")
    token = doitui("hub", "token", "--name", "a", "--json").json["token"]
    url = ready(start("hub", "--port", "0"))

    def status() -> int:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return requests.post(f"{url}/reports", data=b"{}", headers=headers, timeout=30).status_code

    before = status()
    doitui("hub", "revoke", "a")
    assert (before, status()) == (400, 401)


def test_a_body_that_is_too_large_is_refused_by_its_length(doitui: Doitui, start: Start) -> None:
    doitui("init")
    host, _, port = ready(start("hub", "--port", "0")).removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as client:
        client.sendall(b"POST /reports HTTP/1.1\r\nHost: x\r\nContent-Length: 200000000\r\n\r\n")
        with client.makefile("rb") as stream:
            answer = stream.read().decode()
    assert answer.startswith("HTTP/1.1 413 ")
    assert '{"errors": [{"status": "413", "title": "Request Entity Too Large"}]}' in answer


def test_the_address_of_the_proxy_is_in_the_links(doitui: Doitui, start: Start) -> None:
    doitui("init")
    url = ready(start("hub", "--port", "0", "--trusted-proxy", "127.0.0.1"))
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "hub.example.org"}
    answer = requests.get(f"{url}/events", headers=headers, timeout=30)
    assert answer.json()["links"]["self"] == "https://hub.example.org/events"


def test_its_address_and_its_scope_are_options(doitui: Doitui, start: Start) -> None:
    doitui("init")
    url = ready(start("hub", "--port", "0", "--public-url", "https://hub.example.org/usage/", "--datacite-scope"))
    assert requests.get(f"{url}/openapi.json", timeout=30).json()["servers"] == [
        {"url": "https://hub.example.org/usage"}
    ]


def test_a_public_address_that_is_none_is_one_line(doitui: Doitui) -> None:
    doitui("init")
    done = doitui("hub", "--port", "0", "--public-url", "hub.example.org")
    expected = "--public-url 'hub.example.org': it must start with http:// or https://"
    assert (done.code, expected in done.complaint) == (2, True)


def test_a_place_of_another_database_is_one_line(doitui: Doitui, tmp_path: Path) -> None:
    place = tmp_path / "reports"
    place.mkdir()
    (place / "database.txt").write_text("/srv/other.db, made 2026-01-01T00:00:00Z")
    doitui("init")
    done = doitui("hub", "--port", "0", "--reports", place)
    assert (done.code, "has the reports of another database ('/srv/other.db" in done.complaint) == (3, True)


def test_nobody_else_may_say_how_he_called(doitui: Doitui, start: Start) -> None:
    doitui("init")
    url = ready(start("hub", "--port", "0"))
    answer = requests.get(f"{url}/events", headers={"X-Forwarded-Host": "evil.example.org"}, timeout=30)
    assert answer.json()["links"]["self"] == f"{url}/events"


def test_an_address_that_others_reach_is_warned_of(doitui: Doitui, start: Start) -> None:
    doitui("init")
    process = start("hub", "--port", "0", "--host", "0.0.0.0")
    assert process.stdout
    process.stdout.readline()
    process.terminate()
    assert "0.0.0.0 can be reached from outside, and tokens are sent without TLS" in process.communicate(timeout=60)[1]


def test_the_bodies_of_reports_are_beside_the_database(doitui: Doitui, start: Start, file: Path) -> None:
    doitui("init")
    ready(start("hub", "--port", "0"))
    assert file.with_name(f"{file.name}.reports").stat().st_mode & 0o777 == 0o700


def test_a_port_in_use_is_one_line(doitui: Doitui) -> None:
    doitui("init")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = doitui("hub", "--port", taken.getsockname()[1])
    assert (done.code, done.out, "cannot be used (Address already in use)" in done.complaint) == (3, "", True)


def test_without_a_database_one_line_says_what_to_do(doitui: Doitui) -> None:
    done = doitui("hub", "--port", "0")
    assert (done.code, "doitui init" in done.complaint) == (3, True)


def test_an_option_of_the_hub_is_no_option_of_its_tokens(doitui: Doitui) -> None:
    doitui("init")
    done = doitui("hub", "--lenient", "tokens")
    assert (done.code, "--lenient is for running the hub" in done.complaint) == (2, True)


def test_a_place_with_credentials_in_it_is_refused(doitui: Doitui) -> None:
    doitui("init")
    done = doitui("setting", "set", "hub_reports", "s3://key:secret@bucket/reports")
    assert (done.code, "secret" in done.complaint.partition(":")[2]) == (2, False)


def test_under_gunicorn_it_is_the_same_hub(doitui: Doitui, file: Path, tmp_path: Path) -> None:
    doitui("init")
    with socket.create_server(("127.0.0.1", 0)) as listening, (tmp_path / "log").open("wb") as log:
        listening.set_inheritable(True)
        place = f"fd://{listening.fileno()}"
        command = [sys.executable, "-m", "gunicorn", "--threads", "4", "--no-control-socket", "--bind", place]
        process = subprocess.Popen(
            [*command, "doitui.web.hub.wsgi:application()"],
            env={**os.environ, "DOITUI_DATABASE": f"sqlite:///{file}"},
            pass_fds=[listening.fileno()],
            stdout=log,
            stderr=log,
        )
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        assert requests.get(f"{url}/heartbeat", timeout=60).text == "OK"
        assert requests.head(f"{url}/events", timeout=60).status_code == 200
    finally:
        process.terminate()
        process.wait(timeout=60)
