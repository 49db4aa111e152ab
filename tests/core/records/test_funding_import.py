"""Fundings from CSV, and the document of the record that they belong to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import doitui_core
from doitui_core.config import repositories
from doitui_core.db.models import Doi, Funding, Record
from doitui_core.dois import datacite_document, reservations
from doitui_core.errors import UnreadableDocument
from doitui_core.records import funding_import

Save = Callable[..., Record]

HEADER = "object_id,funder_name,funder_identifier,funder_identifier_type,award_number,award_uri,award_title"


@pytest.fixture
def csv(tmp_path: Path) -> Callable[..., Path]:
    """A CSV file of these rows below `header`."""

    def write(*rows: str, header: str = HEADER, name: str = "fundings.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
        return path

    return write


def references(record: Record) -> list[dict[str, Any]]:
    config = repositories.config(record.repository)
    return datacite_document.attributes(Record.get_by_id(record.id), config).get("fundingReferences", [])


def test_a_row_becomes_a_funding_reference(a_record: Save, csv: Callable[..., Path]) -> None:
    record = a_record("ms-1")
    row = "ms-1,Wellcome Trust,https://ror.org/029chgv08,ror,W-1,https://example.org/w-1,Letters"
    result = funding_import.import_fundings([csv(row)])
    assert (result.imported, result.duplicates, result.rejected) == (1, 0, [])
    assert references(record) == [
        {
            "funderName": "Wellcome Trust",
            "funderIdentifier": "https://ror.org/029chgv08",
            "funderIdentifierType": "ROR",
            "awardNumber": "W-1",
            "awardUri": "https://example.org/w-1",
            "awardTitle": "Letters",
        }
    ]


def test_only_object_id_and_funder_name_are_required(a_record: Save, csv: Callable[..., Path]) -> None:
    record = a_record("ms-1")
    assert funding_import.import_fundings([csv("ms-1,DFG", header="object_id,funder_name")]).imported == 1
    assert references(record) == [{"funderName": "DFG"}]


DUPLICATES = {
    "the same row": ("ms-1,DFG,,,A 1,,", "ms-1,DFG,,,A 1,,"),
    "another case": ("ms-1,DFG,,,A 1,,", "ms-1,dfg,,,a 1,,"),
    "the same identifier, another name": (
        "ms-1,Wellcome,https://ror.org/029chgv08,ROR,1,,",
        "ms-1,Wellcome Trust,http://ror.org/029chgv08/,ROR,1,,",
    ),
    "a Crossref id with and without the resolver": (
        "ms-1,DFG,https://doi.org/10.13039/501100001659,Crossref Funder ID,1,,",
        "ms-1,DFG,10.13039/501100001659,Crossref Funder ID,1,,",
    ),
}


def test_a_funding_that_the_record_has_is_a_duplicate(a_record: Save, csv: Callable[..., Path]) -> None:
    record = a_record("ms-1")
    wrong = []
    for name, rows in DUPLICATES.items():
        Funding.delete().execute()
        result = funding_import.import_fundings([csv(*rows)])
        if (result.imported, result.duplicates, len(references(record))) != (1, 1, 1):
            wrong.append((name, result))
    assert wrong == []


def test_another_award_or_another_record_is_no_duplicate(a_record: Save, csv: Callable[..., Path]) -> None:
    a_record("ms-1")
    a_record("ms-2")
    rows = ("ms-1,DFG,,,A 1,,", "ms-1,DFG,,,A 2,,", "ms-2,DFG,,,A 1,,", "ms-1,Wellcome,,,A 1,,")
    assert funding_import.import_fundings([csv(*rows)]).imported == 4


def test_a_funding_of_the_document_is_not_sent_twice(a_record: Save, csv: Callable[..., Path]) -> None:
    own = {"funderName": "DFG", "awardNumber": "A 1", "awardTitle": "Letters"}
    record = a_record("ms-1", metadata={"titles": [{"title": "A"}], "fundingReferences": [own]})
    funding_import.import_fundings([csv("ms-1,dfg,,,A 1,,", "ms-1,dfg,,,A 2,,")])
    assert references(record) == [own, {"funderName": "dfg", "awardNumber": "A 2"}]


TYPES = {
    "https://ror.org/029chgv08": "ROR",
    "10.13039/501100001659": "Crossref Funder ID",
    "https://doi.org/10.13039/501100001659": "Crossref Funder ID",
    "grid.52788.30": "GRID",
    "https://isni.org/isni/000000012303650X": "ISNI",
    "F-12": "Other",
    "": "",
}


def test_without_a_type_the_identifiers_form_tells_it(a_record: Save, csv: Callable[..., Path]) -> None:
    a_record("ms-1")
    wrong = {}
    for identifier, kind in TYPES.items():
        Funding.delete().execute()
        funding_import.import_fundings([csv(f"ms-1,DFG,{identifier},,,,")])
        found = Funding.get().funder_identifier_type
        if found != kind:
            wrong[identifier] = found
    assert wrong == {}


REJECTED = {
    ",DFG,,,,,": "object_id is empty",
    "ms-1,,,,,,": "funder_name is empty",
    "ms-9,DFG,,,,,": "no record 'ms-9'",
    "ms-1,DFG,F-1,Crossref Funder,,,": "did you mean 'Crossref Funder ID'?",
    "ms-1,DFG,F-1,nonsense,,,": "use one of ISNI, GRID, ROR, Crossref Funder ID, Other",
    "ms-1,DFG,,ROR,,,": "funder_identifier is empty",
    f"ms-1,{'x' * 2_001},,,,,": "at most 2000 characters",
}


def test_a_bad_row_is_rejected_with_its_line_and_the_others_are_stored(
    a_record: Save, csv: Callable[..., Path]
) -> None:
    a_record("ms-1")
    wrong = {}
    for row, reason in REJECTED.items():
        Funding.delete().execute()
        path = csv(row, "ms-1,Wellcome,,,,,")
        result = funding_import.import_fundings([path])
        if result.imported != 1 or result.rejected[0][0] != f"{path}:2" or reason not in result.rejected[0][1]:
            wrong[row[:60]] = result
    assert wrong == {}


@pytest.mark.parametrize("content", [b"", b"id,name\n1,2\n", b"\xff\xfe\x00", b"object_id\nms-1\n"])
def test_a_file_that_is_no_such_csv_is_refused(store: str, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableDocument, match=r"x\.csv(:1 has no column| cannot be read)"):
        funding_import.import_fundings([path])


def test_the_doi_is_changed_since_it_was_sent(a_record: Save, csv: Callable[..., Path]) -> None:
    row = reservations.reserve(a_record("ms-1"))
    before = Doi.get_by_id(row.id).current_hash
    funding_import.import_fundings([csv("ms-1,DFG,,,,,")])
    assert Doi.get_by_id(row.id).current_hash != before


def test_a_dry_run_stores_nothing(a_record: Save, csv: Callable[..., Path]) -> None:
    a_record("ms-1")
    assert funding_import.import_fundings([csv("ms-1,DFG,,,,,")], dry_run=True).imported == 1
    assert Funding.select().count() == 0


def test_from_python(a_record: Save, csv: Callable[..., Path]) -> None:
    a_record("ms-1")
    counts = doitui_core.import_funding(csv("ms-1,DFG,,,,,", "ms-1,DFG,,,,,", "ms-2,DFG,,,,,"), actor="nightly")
    assert (counts.imported, counts.duplicates, len(counts.rejected)) == (1, 1, 1)
