"""The parent of a record, from what is stored to what is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Doi, Record
from doitui_core.dois import datacite_document, reservations
from doitui_core.errors import BadInput
from doitui_core.records import records

Save = Callable[..., Record]


@pytest.fixture
def describe(archive: Any) -> Save:
    """Saves a record from an archival description."""
    return lambda object_id, **description: records.save(object_id, description=description).record


def relations(record: Record) -> list[tuple[str, str]]:
    """Type and identifier of what the record's document says it is part of."""
    document = datacite_document.document(record, "10.5072/x", repositories.config(record.repository))
    assert "parent" not in document
    return [(row["relatedIdentifierType"], row["relatedIdentifier"]) for row in document["relatedIdentifiers"]]


def test_a_part_names_the_page_of_its_parent_until_that_has_a_doi(describe: Save) -> None:
    fonds, item = describe("f-1", title="A"), describe("i-1", title="B", parent="f-1")
    assert relations(item) == [("URL", "https://archive.example.org/f-1")]
    doi = reservations.reserve(fonds).doi
    assert relations(item) == [("DOI", doi)]


def test_a_part_names_the_foreign_doi_of_its_parent(describe: Save) -> None:
    describe("f-1", title="A", doi="10.1000/other")
    assert relations(describe("i-1", title="B", parent="f-1")) == [("DOI", "10.1000/other")]


def test_an_abandoned_doi_of_the_parent_is_not_named(describe: Save) -> None:
    fonds, item = describe("f-1", title="A"), describe("i-1", title="B", parent="f-1")
    row = reservations.reserve(fonds)
    Doi.update(wanted="abandoned").where(Doi.id == row.id).execute()
    assert relations(item) == [("URL", "https://archive.example.org/f-1")]


@pytest.mark.parametrize(
    ("parent", "expected"),
    [("10.1000/fonds", ("DOI", "10.1000/fonds")), ("https://example.org/f", ("URL", "https://example.org/f"))],
)
def test_a_parent_that_is_no_record_may_be_a_doi_or_a_url(
    describe: Save, parent: str, expected: tuple[str, str]
) -> None:
    assert relations(describe("i-1", title="B", parent=parent)) == [expected]


def test_a_parent_that_was_deleted_is_left_out(describe: Save) -> None:
    fonds, item = describe("f-1", title="A"), describe("i-1", title="B", parent="f-1")
    fonds.delete_instance()
    assert relations(item) == []


def test_a_parent_of_another_repository_is_none(describe: Save) -> None:
    from doitui_core.operations import change_settings

    change_settings.save_repository("g", {"datacite_prefix": "10.5072"})
    records.save("f-1", description={"title": "A"}, repository="g")
    with pytest.raises(BadInput, match="'f-1', which is no record of the repository"):
        records.save("i-1", description={"title": "B", "parent": "f-1"}, repository="h")


def test_a_record_is_no_part_of_itself_or_of_its_parts(describe: Save) -> None:
    describe("a", title="A")
    describe("b", title="B", parent="a")
    describe("c", title="C", parent="b")
    for object_id, parent in (("a", "c"), ("a", "b"), ("a", "a"), ("new", "new")):
        with pytest.raises(BadInput, match="that is the record itself or a part of it"):
            describe(object_id, title="A", parent=parent)


def test_metadata_that_are_read_and_stored_again_keep_their_parent(describe: Save) -> None:
    fonds, item = describe("f-1", title="A"), describe("i-1", title="B", parent="f-1")
    metadata = json.loads(item.metadata)
    assert not records.save("i-1", metadata=metadata).changed
    fonds.delete_instance()
    assert not records.save("i-1", metadata=metadata).changed
    for parent in ("i-1", "nothing"):
        with pytest.raises(BadInput, match=f"the parent '{parent}'"):
            records.save("i-1", metadata=metadata | {"parent": parent})


def test_a_description_without_parent_takes_it_away(describe: Save) -> None:
    describe("f-1", title="A")
    describe("i-1", title="B", parent="f-1")
    assert relations(describe("i-1", title="B")) == []


def test_the_year_of_a_record_without_dates_stays_that_of_its_first_day(describe: Save) -> None:
    record = describe("i-1", title="B")
    Record.update(created_at=database.now().replace(year=2019)).where(Record.id == record.id).execute()
    found = records.save("i-1", description={"title": "C"})
    assert '"publicationYear":2019' in found.record.metadata
    assert not records.save("i-1", description={"title": "C"}).changed
