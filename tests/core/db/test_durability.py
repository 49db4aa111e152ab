"""Whose commits wait for the disk: people's wishes always, what workers note only where nothing else could tell it."""

from __future__ import annotations

from pathlib import Path

import pytest

from doitui_core.db import database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "doitui.db"


@pytest.mark.parametrize(("durable", "mode"), [(True, 2), (False, 1)])
def test_only_peoples_wishes_pay_for_an_fsync(file: Path, durable: bool, mode: int) -> None:
    database.create(f"sqlite:///{file}")
    database.open(f"sqlite:///{file}", durable=durable)
    (told,) = database.current().db.execute_sql("PRAGMA synchronous").fetchone()
    database.close()
    assert told == mode


def test_what_must_not_be_lost_is_synced_by_workers_too(file: Path) -> None:
    database.create(f"sqlite:///{file}")
    database.open(f"sqlite:///{file}", durable=False)
    connection = database.current().db
    with database.write(durable=True):
        inside = connection.execute_sql("PRAGMA synchronous").fetchone()
    after = connection.execute_sql("PRAGMA synchronous").fetchone()
    database.close()
    assert (inside, after) == ((2,), (1,))


def test_what_must_not_be_lost_waits_for_the_server_to_sync(postgres_schema: str) -> None:
    database.create(postgres_schema)
    database.open(postgres_schema, durable=False)
    connection = database.current().db
    with database.write(durable=True):
        inside = connection.execute_sql("SHOW synchronous_commit").fetchone()
    after = connection.execute_sql("SHOW synchronous_commit").fetchone()
    database.close()
    assert (inside, after) == (("on",), ("off",))


def test_what_must_not_be_lost_makes_the_whole_act_wait(postgres_schema: str) -> None:
    database.create(postgres_schema)
    database.open(postgres_schema, durable=False)
    with database.write():
        with database.write(durable=True):
            pass
        (inside,) = database.current().db.execute_sql("SHOW synchronous_commit").fetchone()
    database.close()
    assert inside == "on"


@pytest.mark.parametrize(("durable", "word"), [(True, "on"), (False, "off")])
def test_only_peoples_wishes_wait_for_the_server_to_sync(postgres_schema: str, durable: bool, word: str) -> None:
    database.create(postgres_schema)
    database.open(postgres_schema, durable=durable)
    (told,) = database.current().db.execute_sql("SHOW synchronous_commit").fetchone()
    database.close()
    assert told == word
