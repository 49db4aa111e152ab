"""The two places of the hub's tables. Neither touches the other, nor the archive's open database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from doitui_core.hub_store import hub_database


def test_a_database_of_its_own_has_no_tables_of_the_archive(tmp_path: Path) -> None:
    hub_database.own(tmp_path / "own.db").close()
    with closing(sqlite3.connect(tmp_path / "own.db")) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {name for name in names if not name.startswith(("hub_", "sqlite_"))} == {"schema_migration"}


def test_a_temporary_database_leaves_nothing() -> None:
    hub = hub_database.own()
    file = Path(hub.db.file)  # type: ignore[attr-defined]
    assert file.exists()
    hub.close()
    assert not file.parent.exists()


def test_the_archives_database_is_the_open_one(store: str) -> None:
    hub = hub_database.archive()
    with hub.write(), hub.read():
        assert hub.execute("SELECT {p}", (7,)).fetchone()[0] == 7
    assert hub.db.url == store
