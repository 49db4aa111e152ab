"""The key with which actors are hashed: another one each UTC day, the next always made from the last.

key(d+1) = hash(key(d)), and only the newest is kept, in one small file. So nobody, not even we, can tell afterwards who
came on a past day; and hosts that start from a copy of one file have the same key every day without speaking again.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import blake2b

from doitui_middleware import safe_files
from doitui_middleware.spool_files import OPENING, file_mode, make_directory

FORMAT = "doitui-actor-key-1"

#: Hosts of a site may be a little apart around midnight. A file further ahead comes from a clock that was wrong.
DAYS_AHEAD = 1

#: More steps than that are no days that have passed, but a clock or a file that is wrong.
MOST_STEPS = 36_600


class ActorKey:
    """The key of a day, read from `path` at the first hit of that day. A day is a number of days since 1970, UTC."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._day = -1
        self._key = b""

    def for_day(self, day: int) -> bytes:
        """32 bytes. A day that has just passed gets the newest key there is. Raises `OSError`."""
        # Days further back than hosts differ: the clock was ahead, and the file is dated anew.
        if day > self._day or day < self._day - DAYS_AHEAD:
            self._key = self._read(day)
            self._day = day
        return self._key

    def _read(self, day: int) -> bytes:
        found = _parsed(self._path)
        if found is None:
            return self._first(day)
        dated, key = found
        if day <= dated <= day + DAYS_AHEAD:
            return key
        key = ratcheted(key, day - dated if dated < day else 1)
        os.replace(self._written(day, key), self._path)
        return key

    def _first(self, day: int) -> bytes:
        """A random key, or that of another process which was faster."""
        key = os.urandom(32)
        made = self._written(day, key)
        try:
            os.link(made, self._path)
        except FileExistsError:
            if other := _parsed(self._path):
                return other[1]
            os.replace(made, self._path)  # unreadable: cut off by a full disk, or not ours
        finally:
            with suppress(FileNotFoundError):
                os.unlink(made)
        return key

    def _written(self, day: int, key: bytes) -> str:
        """The path of a new file in the same directory that holds the whole key."""
        made = f"{self._path}.{os.urandom(4).hex()}{OPENING}"
        directory, name = os.path.split(made)
        make_directory(directory)
        try:
            with safe_files.opened_directory(directory) as folder:
                fd = safe_files.create(folder, name, os.O_WRONLY, file_mode(folder))
        except OSError as error:
            error.filename = made
            raise
        safe_files.write_and_close(fd, f"{FORMAT} {day} {key.hex()}\n".encode())
        return made


def ratcheted(key: bytes, days: int) -> bytes:
    """The key `days` days later."""
    for _ in range(min(days, MOST_STEPS)):
        key = blake2b(key, digest_size=32, person=b"doitui next day").digest()
    return key


def _parsed(path: str) -> tuple[int, bytes] | None:
    """(day, key), or None for what is not there, not whole, or no regular file: a link is never followed."""
    try:
        with open(os.open(path, os.O_RDONLY | safe_files.FLAGS), encoding="utf-8", errors="replace") as file:
            if safe_files.wrong_kind(os.fstat(file.fileno())):
                return None
            name, day, key = file.read(200).split()
        return (int(day), bytes.fromhex(key)) if name == FORMAT and len(key) == 64 else None
    except (FileNotFoundError, ValueError):
        return None
    except OSError as error:
        if error.errno not in safe_files.EXCHANGED:
            raise
        return None
