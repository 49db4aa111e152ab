"""What could not be kept is counted, and said seldom but clearly."""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path

import pytest

from doitui_middleware.losses import Losses, dropped


class Watch:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def losses(tmp_path: Path, watch: Watch) -> Losses:
    return Losses(str(tmp_path), watch)


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_the_first_loss_is_said_at_once(losses: Losses, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    losses.note(FULL)
    assert caplog.messages == [
        f"usage: 1 not kept in spool {tmp_path}: No space left on device: free space on its disk"
    ]


def test_a_flood_is_one_line_a_minute(losses: Losses, watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    for second in range(121):
        watch.now = float(second)
        for _ in range(100):
            losses.note(FULL)
    assert [message.split()[1] for message in caplog.messages] == ["1", "6000", "6000"]


def test_every_loss_is_in_the_count(losses: Losses, watch: Watch, tmp_path: Path) -> None:
    for _ in range(10):
        losses.note(FULL)
    watch.now = 60.0
    losses.report()
    assert dropped(str(tmp_path)) == 10


def test_several_processes_share_one_count(tmp_path: Path) -> None:
    for _ in range(3):
        Losses(str(tmp_path)).note(FULL)
    assert dropped(str(tmp_path)) == 3


def test_nothing_was_dropped_where_nobody_says_so(tmp_path: Path) -> None:
    assert dropped(str(tmp_path)) == 0


def test_a_count_that_cannot_be_written_waits(tmp_path: Path, watch: Watch) -> None:
    losses = Losses(str(tmp_path / "later"), watch)
    losses.note(FULL)
    (tmp_path / "later").mkdir()
    watch.now = 60.0
    losses.note(FULL)
    assert dropped(str(tmp_path / "later")) == 2


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EACCES, "make it writable"),
        (errno.ENOENT, "create its parent"),
        (errno.EROFS, "mount it writable"),
        (errno.EMFILE, "open files"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_the_line_says_what_to_do(losses: Losses, number: int, advice: str, caplog: pytest.LogCaptureFixture) -> None:
    losses.note(OSError(number, os.strerror(number)))
    assert advice in caplog.text


def test_a_fault_of_ours_is_named(losses: Losses, caplog: pytest.LogCaptureFixture) -> None:
    losses.note(ZeroDivisionError("division by zero"))
    assert "ZeroDivisionError: division by zero" in caplog.text


def test_a_log_of_the_site_that_fails_does_not_fail_the_site(losses: Losses, tmp_path: Path) -> None:
    def refuse(record: logging.LogRecord) -> bool:
        raise RuntimeError("the site's own filter")

    logger = logging.getLogger("doitui_middleware")
    logger.addFilter(refuse)
    try:
        losses.note(FULL)
    finally:
        logger.removeFilter(refuse)
    assert dropped(str(tmp_path)) == 1
