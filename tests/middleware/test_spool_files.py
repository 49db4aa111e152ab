"""Names, modes and liveness: what the writer and the drain agree on."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from doitui_middleware import drain_files, safe_files, spool_files

OWNER = """
import sys, time
from doitui_middleware import spool_files
fd = spool_files.create(sys.argv[1], spool_files.new_name(1, time.time_ns()))
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_names_are_listed_oldest_first_and_nothing_else_is(directory: Path) -> None:
    found = [spool_files.new_name(9, when) for when in (10, 9, 200)]
    others = ["drain.lock", "dropped.log", "actor.key", "notes.spool", f"{found[0]}.opening", f"{found[0]}.rejected"]
    for name in [*found, *others]:
        (directory / name).touch()
    assert spool_files.names(directory) == [found[1], found[0], found[2]]


def test_a_directory_that_is_not_there_holds_nothing(directory: Path) -> None:
    assert (spool_files.names(directory / "no"), spool_files.size(directory / "no")) == ([], 0)


def test_no_two_names_are_alike() -> None:
    assert len({spool_files.new_name(1, 1) for _ in range(1000)}) == 1000


def test_the_size_counts_what_was_rejected_too(directory: Path) -> None:
    name = spool_files.new_name(1, 1)
    (directory / name).write_bytes(b"12345")
    (directory / (name + spool_files.REJECTED)).write_bytes(b"123")
    (directory / "actor.key").write_bytes(b"x" * 100)
    assert spool_files.size(directory) == 8


def test_a_private_directory_and_its_files_are_for_the_user_alone(directory: Path) -> None:
    spool = directory / "spool"
    spool_files.make_directory(spool)
    os.close(spool_files.create(spool, "a-1-1-a.spool"))
    assert (mode(spool), mode(spool / "a-1-1-a.spool")) == (0o700, 0o600)


def test_under_a_setgid_parent_the_group_shares_all(directory: Path) -> None:
    directory.chmod(0o2770)
    before = os.umask(0o077)
    try:
        spool_files.make_directory(directory / "spool")
        os.close(spool_files.create(directory / "spool", "a-1-1-a.spool"))
        with safe_files.opened_directory(directory / "spool") as opened, drain_files.draining(opened):
            pass
    finally:
        os.umask(before)
    assert mode(directory / "spool") == 0o2770
    assert {mode(path) for path in (directory / "spool").iterdir()} == {0o660}


def test_a_directory_that_is_there_keeps_its_mode(directory: Path) -> None:
    (directory / "spool").mkdir(mode=0o750)
    spool_files.make_directory(directory / "spool")
    assert mode(directory / "spool") == 0o750


def test_a_directory_whose_parent_is_missing_is_not_made(directory: Path) -> None:
    with pytest.raises(FileNotFoundError):
        spool_files.make_directory(directory / "no" / "spool")


@pytest.fixture
def owner(directory: Path, python: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [python, "-c", OWNER, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_a_living_owner_holds_its_file(owner: subprocess.Popen[str], directory: Path) -> None:
    with safe_files.opened_directory(directory) as opened:
        fd = drain_files.open_to_drain(opened, spool_files.names(directory)[0])
    assert not spool_files.owner_is_gone(fd)
    os.close(fd)


def test_the_kernel_tells_that_an_owner_was_killed(owner: subprocess.Popen[str], directory: Path) -> None:
    owner.send_signal(signal.SIGKILL)
    owner.wait(20)
    with safe_files.opened_directory(directory) as opened:
        fd = drain_files.open_to_drain(opened, spool_files.names(directory)[0])
    assert spool_files.owner_is_gone(fd)
    os.close(fd)


def test_a_file_has_its_name_only_when_it_is_locked(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(fd: int, operation: int) -> None:
        seen.append(spool_files.names(directory))
        raise OSError("no locks here")

    seen: list[list[str]] = []
    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(OSError, match="no locks here"):
        spool_files.create(directory, "a-1-1-a.spool")
    assert seen == [[]]


def test_one_at_a_time_drains_a_directory(directory: Path) -> None:
    opened = safe_files.opened_directory
    with opened(directory) as one, opened(directory) as other:
        with drain_files.draining(one) as first, drain_files.draining(other) as second:
            assert (first, second) == (True, False)
        with drain_files.draining(other) as again:
            assert again


def test_a_drain_that_knows_the_lock_file_only_is_kept_out(directory: Path) -> None:
    with safe_files.opened_directory(directory) as opened, drain_files.draining(opened):
        pass
    with (directory / "drain.lock").open() as older, safe_files.opened_directory(directory) as opened:
        fcntl.flock(older, fcntl.LOCK_EX)
        with drain_files.draining(opened) as ours:
            assert not ours


def test_what_a_killed_process_left_unfinished_is_removed_in_time(directory: Path) -> None:
    old, new, live = (
        directory / f"{name}.spool{end}" for name, end in (("a", ".opening"), ("b", ".opening"), ("c", ""))
    )
    for path in (old, new, live):
        path.touch()
    for path in (old, live):
        os.utime(path, (0, 0))
    with safe_files.opened_directory(directory) as opened:
        drain_files.remove_unfinished(opened, time.time())
    assert sorted(path.name for path in directory.iterdir()) == ["b.spool.opening", "c.spool"]
