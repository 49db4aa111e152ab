"""Records are stored some at a time: few statements, and the same result as one after the other."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db import chunks, database
from doitui_core.db.models import Doi, DoiLog, Record, Repository
from doitui_core.records import importing, records
from doitui_core.records.importing import ImportOptions, ImportResult
from doitui_core.records.records import RecordInput, StoreResult

Import = Callable[..., list[ImportResult]]


def text(**members: Any) -> str:
    return json.dumps({"titles": [{"title": "A"}], **members})


def lines(count: int, **members: Any) -> str:
    return "\n".join(text(object_id=f"{n}", doi=f"10.5072/X{n}", **members) for n in range(count))


@pytest.mark.parametrize("count", [2, 49, 50, importing.BATCH + 1])
def test_each_record_has_its_own_doi_and_log(import_files: Import, count: int) -> None:
    import_files({"a.jsonl": lines(count)})
    pairs = {(row.record.object_id, row.doi, row.folded) for row in Doi.select(Doi, Record).join(Record)}
    assert pairs == {(f"{n}", f"10.5072/X{n}", f"10.5072/x{n}") for n in range(count)}
    assert {row.doi_id for row in DoiLog.select()} == {row.id for row in Doi.select()}


def test_records_are_numbered_in_the_order_of_their_documents(import_files: Import) -> None:
    import_files({"a.jsonl": lines(80)})
    assert [row.object_id for row in Record.select().order_by(Record.id)] == [f"{n}" for n in range(80)]


def test_two_hundred_records_take_few_statements(import_files: Import, caplog: pytest.LogCaptureFixture) -> None:
    import_files({"a.jsonl": lines(2)})
    for title in ("A", "B"):
        titles = [{"title": title}]
        caplog.clear()
        with caplog.at_level(logging.DEBUG, "peewee"):
            import_files({"a.jsonl": lines(importing.BATCH, titles=titles)})
        # What has changed is written one by one: record, DOI (locked first), log.
        assert len(caplog.messages) <= 20 + (4 * importing.BATCH if title == "B" else 4 * 2)


def test_a_doi_of_the_same_batch_is_taken(import_files: Import) -> None:
    first, second = text(object_id="1", doi="10.5072/x"), text(object_id="2", doi="10.5072/X")
    results = import_files({"a.jsonl": "\n".join([first, second, text(object_id="3")])})
    assert results[1].error.startswith("has the DOI 10.5072/X of ")
    assert [row.object_id for row in Record.select().order_by(Record.id)] == ["1", "3"]


@pytest.mark.parametrize("dry_run", [False, True])
def test_two_documents_about_one_stored_record_are_both_stored(import_files: Import, dry_run: bool) -> None:
    import_files({"a.json": text(object_id="1", doi="10.5072/x")})
    both = [text(object_id="1", titles=[{"title": "B"}]), text(object_id="10.5072/x", doi="10.5072/x")]
    results = import_files({"a.jsonl": "\n".join(both)}, dry_run=dry_run)
    assert [(result.object_id, result.created, result.error) for result in results] == [("1", False, "")] * 2
    assert Record.get().title == "A"


def test_what_shares_a_name_is_stored_one_after_the_other(archive: Repository) -> None:
    given = [RecordInput(object_id, {"doi": "10.5072/x"}) for object_id in ("1", "2", "10.5072/X")]
    results = records.store_all(repositories.config(archive), given, "test")
    stored = [result.record.object_id for result in results if isinstance(result, StoreResult)]
    assert (stored, Record.select().count(), Doi.select().count()) == (["1", "1"], 1, 1)


def test_two_that_import_the_same_files_at_once_store_each_record_once(archive: Repository, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(3 * importing.BATCH))

    def run(actor: str) -> list[ImportResult]:
        try:
            return list(importing.files([path], repositories.config(archive), ImportOptions(actor=actor)))
        finally:
            database.close_thread()

    with ThreadPoolExecutor(2) as pool:
        results = [result for found in pool.map(run, ("one", "other")) for result in found]
    assert [result.error for result in results if result.error] == []
    assert sum(result.created for result in results) == Record.select().count() == 3 * importing.BATCH
    assert Doi.select().count() == DoiLog.select().count() == 3 * importing.BATCH


def test_a_parent_is_stored_before_its_parts(archive: Repository) -> None:
    given = [
        RecordInput("1", {"titles": [{"title": "A"}]}),
        RecordInput("2", description={"title": "B", "parent": "1"}),
    ]
    groups = list(chunks.disjoint(given, lambda one: one.names, lambda one: one.needs))
    assert [[one.object_id for one in group] for group in groups] == [["1"], ["2"]]
    stored = [records.store_all(repositories.config(archive), group, "test")[0] for group in groups]
    assert [isinstance(result, StoreResult) for result in stored] == [True, True]


def test_parts_of_one_parent_are_stored_together(archive: Repository) -> None:
    given = [RecordInput(f"{n}", description={"title": "B", "parent": "10"}) for n in range(3)]
    assert [len(group) for group in chunks.disjoint(given, lambda one: one.names, lambda one: one.needs)] == [3]
