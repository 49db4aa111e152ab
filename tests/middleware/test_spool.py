"""The writer: every line is kept or counted as lost, and nothing is raised, whatever happens to the disk."""

from __future__ import annotations

import os
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from doitui_middleware import spool_files
from doitui_middleware.losses import dropped
from doitui_middleware.spool import Spool

SECOND = 1_000_000
DAY = 86_400 * SECOND


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def files(directory: Path) -> list[Path]:
    return [directory / name for name in spool_files.names(directory)]


def lines(directory: Path) -> list[bytes]:
    return [line for file in files(directory) for line in file.read_bytes().splitlines()]


def test_a_process_has_one_file_for_its_lines(directory: Path) -> None:
    spool = Spool(str(directory))
    for number in range(3):
        spool.write(b"%d\n" % number, number)
    assert [file.read_bytes() for file in files(directory)] == [b"0\n1\n2\n"]


def test_nothing_is_made_before_the_first_line(directory: Path) -> None:
    Spool(str(directory))
    assert not directory.exists()


def test_a_full_file_is_followed_by_another(directory: Path) -> None:
    spool = Spool(str(directory), file_cap=10)
    for number in range(3):
        spool.write(b"0123456789\n", number * SECOND)
    assert [file.stat().st_size for file in files(directory)] == [11, 11, 11]


def test_a_file_is_left_after_a_day(directory: Path) -> None:
    spool = Spool(str(directory))
    spool.write(b"a\n", 0)
    spool.write(b"b\n", DAY)
    assert len(files(directory)) == 2


def test_a_file_that_was_left_is_free_to_be_removed(directory: Path) -> None:
    spool = Spool(str(directory), file_cap=1)
    spool.write(b"a\n", 0)
    spool.write(b"b\n", SECOND)
    gone = []
    for file in files(directory):
        fd = os.open(file, os.O_RDWR)
        gone.append(spool_files.owner_is_gone(fd))
        os.close(fd)
    assert gone == [True, False]


def test_a_file_removed_under_its_owner_is_given_up_within_a_second(directory: Path) -> None:
    spool = Spool(str(directory))
    spool.write(b"a\n", 0)
    files(directory)[0].unlink()
    spool.write(b"b\n", SECOND)
    assert lines(directory) == [b"b"]


def test_it_is_given_up_when_the_clock_has_gone_back_too(directory: Path) -> None:
    spool = Spool(str(directory))
    spool.write(b"a\n", 5 * DAY)
    files(directory)[0].unlink()
    spool.write(b"b\n", 0)
    assert lines(directory) == [b"b"]


def test_a_whole_directory_removed_is_made_again(directory: Path) -> None:
    spool = Spool(str(directory))
    spool.write(b"a\n", 0)
    files(directory)[0].unlink()
    directory.rmdir()
    spool.write(b"b\n", SECOND)
    assert lines(directory) == [b"b"]


def test_a_clock_that_goes_back_loses_nothing(directory: Path) -> None:
    spool = Spool(str(directory))
    for now in (5 * DAY, 4 * DAY, 0, -DAY, 5 * DAY):
        spool.write(b"%d\n" % now, now)
    assert len(lines(directory)) == 5


def test_a_full_directory_drops_and_counts(directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(str(directory), cap=20, file_cap=10)
    for number in range(6):
        spool.write(b"0123456789\n", number * SECOND)
    assert (len(lines(directory)), dropped(str(directory)) + spool.losses.pending) == (2, 4)
    assert "has reached its cap of 20 bytes: run `doitui usage drain`" in caplog.text


def test_a_drained_directory_takes_lines_again(directory: Path) -> None:
    spool = Spool(str(directory), cap=10, file_cap=10)
    spool.write(b"0123456789\n", 0)
    spool.write(b"lost\n", SECOND)
    files(directory)[0].unlink()
    spool.write(b"kept\n", 3 * SECOND)
    assert lines(directory) == [b"kept"]


def test_a_clock_that_goes_back_does_not_keep_a_drained_directory_closed(directory: Path) -> None:
    spool = Spool(str(directory), cap=10, file_cap=10)
    spool.write(b"0123456789\n", 5 * DAY)
    spool.write(b"lost\n", 5 * DAY + SECOND)
    files(directory)[0].unlink()
    spool.write(b"kept\n", 0)
    assert lines(directory) == [b"kept"]


def own_descriptor(directory: Path) -> int:
    """The number under which this process has its spool file open."""
    file = files(directory)[0].stat()
    for fd in map(int, os.listdir("/proc/self/fd")):
        with suppress(OSError):
            found = os.fstat(fd)
            if (found.st_dev, found.st_ino) == (file.st_dev, file.st_ino):
                return fd
    raise AssertionError("the spool file is not open")


def put_in_place_of_the_file(target: str, directory: Path) -> None:
    """The process's own descriptor of its spool file becomes one of `target`."""
    other = os.open(target, os.O_WRONLY)
    os.dup2(other, own_descriptor(directory))
    os.close(other)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_full_disk_is_a_counted_loss(directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(str(directory))
    spool.write(b"a\n", 0)
    put_in_place_of_the_file("/dev/full", directory)
    spool.write(b"b\n", 1)
    assert dropped(str(directory)) == 1
    assert "No space left on device: free space on its disk" in caplog.text


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="/proc is Linux's")
def test_a_descriptor_that_became_something_else_is_left_alone(directory: Path) -> None:
    spool = Spool(str(directory))
    spool.write(b"a\n", 0)
    put_in_place_of_the_file("/dev/null", directory)
    before = len(os.listdir("/proc/self/fd"))
    spool.write(b"b\n", SECOND)
    assert (lines(directory), len(os.listdir("/proc/self/fd"))) == ([b"a", b"b"], before + 1)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="/proc is Linux's")
def test_a_descriptor_that_somebody_closed_is_replaced_within_a_second(directory: Path) -> None:
    spool = Spool(str(directory))
    spool.write(b"a\n", 0)
    os.close(own_descriptor(directory))
    spool.write(b"b\n", SECOND)
    assert lines(directory) == [b"a", b"b"]


LIMITED = """
import resource, signal, sys
from doitui_middleware.spool import Spool
from doitui_middleware.losses import dropped
resource.setrlimit(resource.RLIMIT_FSIZE, (25, resource.RLIM_INFINITY))
spool = Spool(sys.argv[1])
for number in range(4):
    spool.write(b"%09d\\n" % number, number)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
spool.write(b"000000009\\n", 4)
"""


def test_a_line_cut_off_by_a_full_disk_spoils_only_itself(directory: Path, python: str) -> None:
    done = subprocess.run([python, "-c", LIMITED, str(directory)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert lines(directory) == [b"000000000", b"000000001", b"00000", b"000000009"]


READ_ONLY = """
import os, sys
from doitui_middleware.spool import Spool
spool = Spool(sys.argv[1])
if os.geteuid() == 0:  # who may write everywhere
    os.setuid(65534)
spool.write(b"a\\n", 0)
print("the site goes on")
"""


def test_a_directory_that_may_not_be_written_is_said_with_what_to_do(python: str) -> None:
    done = subprocess.run([python, "-c", READ_ONLY, "/"], capture_output=True, text=True, timeout=30)
    assert done.stdout == "the site goes on\n"
    assert done.stderr == (
        "usage: 1 not kept in spool /: Permission denied: make it writable for the user of this process\n"
    )


def test_a_missing_parent_is_said_with_what_to_do(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Spool(str(tmp_path / "no" / "spool")).write(b"a\n", 0)
    assert f"No such file or directory ({tmp_path}/no): create its parent directory" in caplog.text


def test_a_spool_that_is_a_file_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "spool").touch()
    Spool(str(tmp_path / "spool")).write(b"a\n", 0)
    assert "Not a directory" in caplog.text


def test_a_forked_process_has_a_file_of_its_own(directory: Path) -> None:
    spool = Spool(str(directory))
    spool.write(b"parent\n", 0)
    child = os.fork()
    if child == 0:
        spool.write(b"child, at once\n", 1)
        spool.write(b"child, later\n", SECOND)
        os._exit(0)
    os.waitpid(child, 0)
    spool.write(b"parent again\n", 2)
    assert [file.read_bytes() for file in files(directory)] == [
        b"parent\nchild, at once\nparent again\n",
        b"child, later\n",
    ]


def test_a_child_that_ends_does_not_free_the_parents_file(directory: Path) -> None:
    spool = Spool(str(directory))
    spool.write(b"parent\n", 0)
    child = os.fork()
    if child == 0:
        spool.write(b"child\n", SECOND)
        os._exit(0)
    os.waitpid(child, 0)
    fd = os.open(files(directory)[0], os.O_RDWR)
    assert not spool_files.owner_is_gone(fd)
    os.close(fd)


def test_threads_that_begin_together_lose_nothing(directory: Path) -> None:
    spool = Spool(str(directory), file_cap=4096)
    gate = threading.Barrier(8)

    def write(thread: int) -> None:
        gate.wait(20)
        for number in range(500):
            spool.write(b"%d %d\n" % (thread, number), number * SECOND // 10)

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(lines(directory)) == sorted(b"%d %d" % (a, b) for a in range(8) for b in range(500))
