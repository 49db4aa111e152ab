"""The schema: made once, by whoever comes first; and the models that stand for it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from doitui_core.db import database, migrations
from doitui_core.db.fields import Table
from doitui_core.db.models import TABLES, Repository
from doitui_core.errors import DatabaseNotReady

NEWEST = migrations.known()[-1]


def sql(statement: str) -> list[tuple[object, ...]]:
    return list(database.current().db.execute_sql(statement).fetchall())


def write(statement: str) -> None:
    with database.write():
        database.current().db.execute_sql(statement)


def test_the_first_time_all_steps_are_taken(database_url: str) -> None:
    taken = database.create(database_url)
    database.close()
    assert taken == [step.name for step in migrations.known()]


def test_the_second_time_nothing_is_left_to_do(store: str) -> None:
    Repository.create(code="h", created_at=database.now())
    assert (database.create(store), Repository.select().count()) == ([], 1)


def test_what_is_left_to_do_is_reported_beforehand(database_url: str) -> None:
    before = database.pending(database_url)
    database.create(database_url)
    after = database.pending(database_url)
    database.close()
    assert (before, after) == ([step.name for step in migrations.known()], [])


CREATING = """
from doitui_core.db import database
go()
print(database.create(sys.argv[1]))
"""


def test_of_four_processes_at_once_one_makes_the_tables(database_url: str, at_once: Callable[..., list[str]]) -> None:
    told = at_once(CREATING, database_url)
    assert sorted(told) == sorted([str([step.name for step in migrations.known()]), "[]", "[]", "[]"])


@pytest.mark.parametrize("act", [database.open, database.create, database.pending])
def test_a_newer_schema_is_refused(store: str, act: object) -> None:
    sql_note = f"INSERT INTO schema_migration (number, name, applied_at) VALUES ({NEWEST.number + 1}, 'future', 1)"
    database.current().db.execute_sql(sql_note)
    with pytest.raises(DatabaseNotReady, match="upgrade doitui on this machine"):
        act(store)  # type: ignore[operator]


def test_an_older_schema_asks_for_the_upgrade(store: str) -> None:
    database.current().db.execute_sql("UPDATE schema_migration SET number = number - 100")
    with pytest.raises(DatabaseNotReady, match="run `doitui init`"):
        database.open(store)


def test_the_steps_are_numbered_without_gaps() -> None:
    assert [step.number for step in migrations.known()] == list(range(1, NEWEST.number + 1))


def test_a_semicolon_ends_a_statement_only_at_the_end_of_a_line() -> None:
    found = migrations.statements(
        "-- why; because\nCREATE TABLE a (b TEXT DEFAULT 'x;y');\n\nINSERT INTO a VALUES (1) ;\n"
    )
    assert found == ["CREATE TABLE a (b TEXT DEFAULT 'x;y')", "INSERT INTO a VALUES (1)"]


def test_every_index_has_its_reason_above_it(check_all: Callable[..., None]) -> None:
    def check(step: migrations.Migration) -> None:
        lines = step.sql.splitlines()
        bare = [
            line for at, line in enumerate(lines) if re.match(r"CREATE\b.*\bINDEX", line) and lines[at - 1][:3] != "-- "
        ]
        assert bare == []

    check_all(check, migrations.known())


def test_a_model_has_the_columns_of_its_table(store: str, check_all: Callable[..., None]) -> None:
    def check(table: type[Table]) -> None:
        columns = database.current().db.get_columns(table._meta.table_name)
        # SQLite reports its row id as nullable, which it is not.
        told = {column.name: column.null and not column.primary_key for column in columns}
        assert told == {field.column_name: field.null for field in table._meta.sorted_fields}

    check_all(check, TABLES)


def test_every_table_has_a_model(store: str) -> None:
    made_by_the_database = ("sqlite_", "hub_event_text")
    tables = {name for name in database.current().db.get_tables() if not name.startswith(made_by_the_database)}
    assert tables == {table._meta.table_name for table in TABLES} | {"schema_migration"}


def test_the_defaults_of_a_model_are_those_of_the_table(store: str, check_all: Callable[..., None]) -> None:
    def check(table: type[Table]) -> None:
        told = {column.name: column.default for column in database.current().db.get_columns(table._meta.table_name)}
        plain = {name: re.sub(r"::.*|'", "", value) for name, value in told.items() if value and "nextval" not in value}
        model = {f.column_name: str(f.db_value(f.default)) for f in table._meta.sorted_fields if f.column_name in plain}
        assert plain == model

    check_all(check, TABLES)


def test_what_was_verified_by_half_has_to_be_verified_anew(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = migrations.known()
    with monkeypatch.context() as before:
        before.setattr(migrations, "known", lambda: steps[:1])
        database.create(database_url)
    write("INSERT INTO repository (code, created_at) VALUES ('h', 1)")
    for name, verification in (("a", "verified"), ("b", "unverified")):
        values = f"'10.1/{name}', '10.1/{name}', 1, 'findable', 'findable', '{verification}', '{verification}', 1, 1"
        columns = "doi, folded, repository_id, wanted, remote, verification, api_check, created_at, updated_at"
        write(f"INSERT INTO doi ({columns}) VALUES ({values})")
    write("INSERT INTO counter (name, slot, value) VALUES ('opus.verified', 1, 1), ('opus.registered', 1, 1)")
    database.create(database_url)
    told = sql("SELECT doi, api_check, resolver_check, verification FROM doi ORDER BY doi"), database.counts("opus.")
    database.close()
    assert told == (
        [("10.1/a", "verified", "unverified", "unverified"), ("10.1/b", "unverified", "unverified", "unverified")],
        {"registered": 2},
    )


def test_events_of_others_leave_the_table_of_ours(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = migrations.known()
    number = next(step.number for step in steps if step.name == "pulled_events")
    with monkeypatch.context() as before:
        before.setattr(migrations, "known", lambda: steps[: number - 1])
        database.create(database_url)
    write("INSERT INTO repository (code, created_at) VALUES ('h', 1)")
    write(
        "INSERT INTO doi (doi, folded, repository_id, wanted, remote, verification, api_check, created_at, updated_at)"
        " VALUES ('10.1/a', '10.1/a', 1, 'findable', 'findable', 'unverified', 'unverified', 1, 1)"
    )
    columns = "uuid, repository_id, doi_id, subj_id, obj_id, obj_type, payload, total, state, occurred_at, created_at"
    for key, relation, source, origin in (
        ("a", "cites", "crossref", "elsewhere"),
        ("b", "references", "datacite-related", "elsewhere"),
        ("c", "unique-dataset-requests-regular", "hub", "elsewhere"),
        ("d", "cites", "doitui", "hand"),
    ):
        same = "'u', 1, 1, 's', 'o', 'doi', '{}', 1, 'submitted', 1, 1"
        write(
            f"INSERT INTO event ({columns}, updated_at, dedupe_hash, relation_type_id, source_id, origin)"
            f" VALUES ({same}, 1, '{key}', '{relation}', '{source}', '{origin}')"
        )
    write("INSERT INTO counter (name, slot, value) VALUES ('event.submitted', 3, 4)")
    database.create(database_url)
    found = sql("SELECT dedupe_hash FROM event"), sql("SELECT dedupe_hash FROM pulled_event"), database.counts("event.")
    database.close()
    assert found == ([("d",)], [("a",)], {"submitted": 1})
