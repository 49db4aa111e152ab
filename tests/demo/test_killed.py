"""No process of a killed demo survives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

#: Seconds; what takes longer has failed.
PATIENCE = 60

#: Sandbox, site, worker and a database, as the screens have them.
LIVE = """
import sys
from pathlib import Path
from doitui.demo.live import LiveDemo
from doitui.demo.environment import DemoEnvironment
live = LiveDemo(DemoEnvironment(Path(sys.argv[1]), lambda _: None))
live.start()
print("ready", flush=True)
sys.stdin.read()
"""


def until(condition: Callable[[], object], what: str) -> None:
    tick = threading.Event()
    for _ in range(PATIENCE * 20):
        if condition():
            return
        tick.wait(0.05)
    pytest.fail(f"never: {what}")


def processes() -> dict[int, tuple[int, str]]:
    """All processes: id -> (parent, command)."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split(None, 3) for line in listed.splitlines())
    return {int(row[0]): (int(row[1]), row[3]) for row in rows if len(row) == 4 and "Z" not in row[2]}


def descendants(of: int) -> dict[int, str]:
    found, known = processes(), {of}
    while more := {pid for pid, (parent, _) in found.items() if parent in known} - known:
        known |= more
    return {pid: found[pid][1] for pid in known - {of}}


@pytest.fixture
def begin() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(*command: str) -> subprocess.Popen[str]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        started.append(subprocess.Popen([sys.executable, "-P", *command], **pipes))
        return started[-1]

    yield start
    for process in started:
        with process:
            process.kill()


def assert_nobody_survives(left: dict[int, str]) -> None:
    until(lambda: not left.keys() & processes().keys(), f"the end of {left}")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_no_process_of_a_headless_demo_survives_it(
    begin: Callable[..., subprocess.Popen[str]], tmp_path: Path, number: int
) -> None:
    demo = begin("-m", "doitui", "demo", "--headless", "--dir", str(tmp_path / "demo"))
    until(lambda: any(" sandbox " in command for command in descendants(demo.pid).values()), "a sandbox")
    left = descendants(demo.pid)
    os.kill(demo.pid, number)
    demo.wait(PATIENCE)
    assert_nobody_survives(left)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_stopped_removes_its_temporary_directory(
    begin: Callable[..., subprocess.Popen[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    demo = begin("-m", "doitui", "demo", "--headless")
    until(lambda: list(tmp_path.glob("doitui-demo-*/demo.db")), "a database")
    os.kill(demo.pid, number)
    assert (demo.wait(PATIENCE), list(tmp_path.iterdir())) == (128 + number, [])


def test_no_process_of_the_live_demo_survives_it(begin: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    demo = begin("-c", LIVE, str(tmp_path / "demo"))
    assert demo.stdout is not None
    assert demo.stdout.readline() == "ready\n"
    left = descendants(demo.pid)
    missing = [what for what in (" sandbox ", "demo.site", " work ") if not any(what in one for one in left.values())]
    assert missing == []
    demo.kill()
    demo.wait(PATIENCE)
    assert_nobody_survives(left)
