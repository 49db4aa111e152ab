"""The progress of a long command: a bar on stderr, and what was done before as part of the error that stops it."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import click

from doitui_core.errors import DatabaseUnavailable, DiskFull, RemoteFailed

#: A full disk, or a full quota.
FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def progress(
    label: str, length: int, done: Callable[[int], str] | None = None, place: object = "a file"
) -> Iterator[Any]:
    """A progress bar on stderr, if that is a terminal. `adds_progress` with `done` of the bar's position."""
    hidden = sys.stderr is None or not sys.stderr.isatty()
    with (
        click.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden) as bar,
        adds_progress(lambda: done(bar.pos), place) if done else nullcontext(),
    ):
        yield bar


@contextmanager
def adds_progress(done: Callable[[], str], place: object = "a file") -> Iterator[None]:
    """Add `done()` to the error that stops the block. What was done before stays done.

    `place`: where files are written, for an error without a file name.
    """
    try:
        yield
    except (DatabaseUnavailable, RemoteFailed) as error:
        raise type(error)(f"{error}; {done()}") from error
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise DiskFull(f"{disk_full(error, place)}; {done()}") from error


def disk_full(error: OSError, place: object = "a file") -> str:
    """The message for a file that cannot be written because the disk is full."""
    return f"{error.filename or place} cannot be written: the disk is full ({error.strerror}): free space there"
