"""Where the bodies of reports are: a directory or a place of fsspec's, for one database each."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from doitui_core.db import database, database_identity
from doitui_core.errors import Misconfigured
from doitui_core.hub_store import body_storage, hub_database
from doitui_core.hub_store.hub_database import HubDatabase


def identity(hub: HubDatabase) -> str:
    return database_identity.identity(hub.db, hub.dialect)


@pytest.fixture(params=["directory", "local", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Three ways to say where."""
    kinds = {"directory": str(tmp_path / "r"), "local": f"local://{tmp_path}/r", "memory": f"memory://{uuid.uuid4()}"}
    return kinds[request.param]


def test_a_place_is_one_database_s(hub: HubDatabase, tmp_path: Path, place: str) -> None:
    storage, other = body_storage.at(place), hub_database.own(tmp_path / "other.db")
    for _ in range(2):
        body_storage.claim(storage, place, identity(hub))
    with pytest.raises(Misconfigured) as raised:
        body_storage.claim(storage, place, identity(other))
    other.close()
    line = str(raised.value)
    assert line.startswith(f"{place} has the reports of another database ({identity(hub)!r}): choose another place")
    assert "\n" not in line


def test_the_note_is_no_body_that_is_deleted(hub: HubDatabase, place: str) -> None:
    storage = body_storage.at(place)
    body_storage.claim(storage, place, identity(hub))
    assert [body_storage.written_at(name) for name in storage.names()] == [None]


def test_a_database_is_itself_by_whatever_url_it_is_opened(store: str, hub: HubDatabase, tmp_path: Path) -> None:
    before = identity(hub)
    database.close()
    database.open(store.replace(str(tmp_path), f"{tmp_path}/../{tmp_path.name}").replace("127.0.0.1", "localhost"))
    assert identity(hub_database.archive()) == before
    assert "made 20" in before


def test_a_copy_of_a_database_is_another_one(tmp_path: Path) -> None:
    first = hub_database.own(tmp_path / "a.db")
    before = identity(first)
    first.close()
    (tmp_path / "b.db").write_bytes((tmp_path / "a.db").read_bytes())
    copy = hub_database.own(tmp_path / "b.db")
    assert identity(copy) != before
    copy.close()


def test_a_place_that_cannot_be_written_is_one_line(hub: HubDatabase, tmp_path: Path) -> None:
    storage = body_storage.Directory(tmp_path / "file" / "r")
    (tmp_path / "file").write_text("x")
    with pytest.raises(Misconfigured, match=r"\A\S+ cannot be used for reports: Not a directory\Z"):
        body_storage.claim(storage, str(tmp_path / "file"), identity(hub))
