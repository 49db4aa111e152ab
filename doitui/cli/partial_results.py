"""What a command has done before the database, the disk or a service stopped it, as part of its error."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from doitui_core.errors import DatabaseUnavailable, DiskFull, RemoteFailed

#: A full disk, or a full quota.
FULL = (errno.ENOSPC, errno.EDQUOT)


def disk_full(error: OSError, place: object = "a file") -> str:
    """The message for a file that cannot be written because the disk is full."""
    return f"{error.filename or place} cannot be written: the disk is full ({error.strerror}): free space there"


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
