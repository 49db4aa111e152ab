"""What DataCite would reject of a record is stored with it, and stays true when its content or the settings change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Record
from doitui_core.dois import check_basis, record_checks
from doitui_core.errors import BadInput
from doitui_core.operations import change_settings
from doitui_core.records import funding_import, importing, records
from doitui_core.records.importing import ImportOptions
from doitui_core.records.records import RecordInput
from doitui_core.views import filters, mint_checks, windows
from doitui_core.views.filters import Filter

Save = Callable[..., Record]


def stored(object_id: str = "ms-1") -> tuple[str, int]:
    """The stored check of a record, which must be valid."""
    record = Record.get(Record.object_id == object_id)
    assert record.check_basis == check_basis.for_repository(repositories.config(record.repository))
    return record.check_field, record.check_warnings


def listed(word: str, order: str = "imported", *, backwards: bool = False) -> list[str]:
    window = windows.candidates(filters.parse(word, "records"), "findable", order=order, backwards=backwards)
    found = window.after(None, 1)
    while found and (more := window.after(window.key(found[-1]), 1)):
        found += more
    return [row.object_id for row in found]


def counted() -> tuple[int, int, int]:
    found = mint_checks.load(Filter(), "findable")
    return found.ready, found.refused, found.unchecked


def refreshed() -> int:
    return record_checks.refresh(threading.Event())


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, ("", 0)),
        ({"creators": []}, ("creators", 0)),
        ({"publicationYear": None, "titles": []}, ("titles", 0)),
        ({"dates": [{"date": "the war", "dateType": "Created"}]}, ("", 1)),
    ],
)
def test_a_save_stores_the_first_field_that_is_refused(
    a_record: Save, metadata: dict[str, Any], expected: tuple[str, int]
) -> None:
    a_record("ms-1", metadata=metadata)
    assert stored() == expected


def test_it_follows_the_content(a_record: Save) -> None:
    a_record("ms-1", metadata={"creators": []})
    a_record("ms-1")
    assert stored() == ("", 0)


def test_an_import_stores_it_too(archive: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"object_id": "ms-1", "titles": [{"title": "x"}]}\n{"object_id": "ms-2", "titles": []}\n')
    list(importing.files([path], repositories.config(archive), ImportOptions()))
    assert (stored("ms-1")[0], stored("ms-2")[0]) == ("creators", "creators")


def test_a_landing_page_set_by_hand_counts(a_record: Save) -> None:
    change_settings.save_repository("h", {"landing_page": ""})
    record = a_record("ms-1")
    assert stored() == ("url", 0)
    records.change_url(record, "https://archive.example.org/ms-1")
    assert stored() == ("", 0)


def test_a_funding_counts(a_record: Save, tmp_path: Path) -> None:
    a_record("ms-1")
    path = tmp_path / "fundings.csv"
    path.write_text("object_id,funder_name,funder_identifier,funder_identifier_type\nms-1,DFG,nonsense,ROR\n")
    before = stored()
    funding_import.import_fundings([path])
    assert before < stored()


def test_after_a_change_of_settings_it_is_not_valid_until_workers_checked_again(a_record: Save) -> None:
    a_record("ms-1", metadata={"publisher": None})
    a_record("ms-2")
    assert (counted(), stored()) == ((1, 1, 0), ("publisher", 0))
    change_settings.save_repository("h", {"default_publisher": "Archive"})
    assert (counted(), listed("check:unchecked"), listed("check:refused")) == ((0, 0, 2), ["ms-1", "ms-2"], [])
    assert (refreshed(), counted(), refreshed()) == (2, (2, 0, 0), 0)


def test_records_of_an_older_version_are_checked_by_workers(a_record: Save) -> None:
    a_record("ms-1", metadata={"creators": []})
    Record.update(check_basis="", check_field="").execute()
    assert counted() == (0, 0, 1)
    assert (refreshed(), counted()) == (1, (0, 1, 0))


def test_a_stop_ends_the_checks_between_two_chunks(a_record: Save) -> None:
    a_record("ms-1")
    Record.update(check_basis="").execute()
    stop = threading.Event()
    stop.set()
    assert (record_checks.refresh(stop), counted()) == (0, (0, 0, 1))


def test_checking_again_changes_nothing_else_of_a_record(a_record: Save, clock: Any) -> None:
    before = a_record("ms-1").updated_at
    change_settings.save_repository("h", {"default_publisher": "Another"})
    clock.forward(minutes=5)
    result = records.store(
        repositories.config(repositories.find("h")), RecordInput("ms-1", None, {}, {"owner_name": ""}), "bo"
    )
    assert (result.changed, stored(), Record.get().updated_at) == (False, ("", 0), before)


def test_the_mint_list_is_filtered_and_sorted_by_it(a_record: Save) -> None:
    a_record("a", metadata={"titles": []})
    a_record("b")
    a_record("c", metadata={"creators": []})
    a_record("d")
    found = {word: listed(word) for word in ("check:ready", "check:refused", "check:refused published:no")}
    assert found == {"check:ready": ["b", "d"], "check:refused": ["a", "c"], "check:refused published:no": []}
    assert listed("", "check", backwards=True) == ["a", "c", "d", "b"]
    with pytest.raises(BadInput, match=r'Unknown check "good"\. Use: ready, refused, unchecked'):
        filters.parse("check:good", "records")


def test_of_two_repositories_only_the_changed_one_is_checked_again(a_record: Save) -> None:
    change_settings.save_repository("k", {"datacite_prefix": "10.5073"})
    a_record("ms-1")
    a_record("ms-2", repository="k")
    assert counted() == (1, 1, 0)  # `k` has no landing pages
    change_settings.save_repository("k", {"landing_page": "https://k.example.org/{object_id}"})
    assert counted() == (1, 0, 1)
    assert (refreshed(), counted()) == (1, (2, 0, 0))


def test_rows_that_are_seen_are_checked_without_storing(a_record: Save) -> None:
    record = a_record("ms-1", metadata={"creators": []})
    Record.update(check_basis="").execute()
    with database.read():
        assert record_checks.of_ids([record.id, 999]) == {record.id: ("creators", 0)}
    assert counted() == (0, 0, 1)
