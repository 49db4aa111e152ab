"""How far a command came that the database or the disk stopped: part of its one line."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from doitui_core.errors import DatabaseUnavailable, DiskFull, RemoteFailed

#: The system's codes for a disk, or a share of it, that is full.
FULL = (errno.ENOSPC, errno.EDQUOT)


def disk_full(error: OSError, place: object = "a file") -> str:
    """The line for a file that cannot be written any more."""
    return f"{error.filename or place} cannot be written: the disk is full ({error.strerror}): free space there"


@contextmanager
def says_how_far(reached: Callable[[], str], place: object = "a file") -> Iterator[None]:
    """Add what `reached` says to the error that stops the block half way. What was done before stays done.

    `place`: where files are written, for an error that names none.
    """
    try:
        yield
    except (DatabaseUnavailable, RemoteFailed) as error:
        raise type(error)(f"{error}; {reached()}") from error
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise DiskFull(f"{disk_full(error, place)}; {reached()}") from error
