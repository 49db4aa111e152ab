"""A mapping of texts that lives in a temporary file, for as many keys as there may be: its memory does not grow."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, MutableMapping


class DiskMap(MutableMapping[str, str]):
    """As a dict of texts. For one thread; the file has no name and goes with the mapping."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        # 1 MiB in memory; what is in it is of no use after a crash.
        for pragma in ("cache_size = -1024", "journal_mode = OFF", "synchronous = OFF"):
            self._file.execute(f"PRAGMA {pragma}")
        self._file.execute("CREATE TABLE entry (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        self._file.execute("BEGIN")  # for ever: one transaction for each entry would take five times as long

    def __getitem__(self, key: str) -> str:
        row = self._file.execute("SELECT value FROM entry WHERE name = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return str(row[0])

    def __setitem__(self, key: str, value: str) -> None:
        self._file.execute("INSERT OR REPLACE INTO entry VALUES (?, ?)", (key, value))

    def __delitem__(self, key: str) -> None:
        if not self._file.execute("DELETE FROM entry WHERE name = ?", (key,)).rowcount:
            raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return (row[0] for row in self._file.execute("SELECT name FROM entry ORDER BY name"))

    def __len__(self) -> int:
        return int(self._file.execute("SELECT COUNT(*) FROM entry").fetchone()[0])
