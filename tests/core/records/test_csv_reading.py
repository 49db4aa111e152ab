"""Records from CSV."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db.models import Record
from doitui_core.metadata import from_json, validate
from doitui_core.records import csv_reading, importing, reading
from doitui_core.records.importing import ImportOptions, ImportResult

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file of these lines."""

    def make(*lines: str, name: str = "records.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding=encoding)
        return path

    return make


@pytest.fixture
def imported(archive: Any) -> Callable[[Path], list[ImportResult]]:
    """Import a file into the repository."""
    config = repositories.config(repositories.find_or_only(None))
    return lambda path: list(importing.files([path], config, ImportOptions()))


def documents(path: Path) -> list[dict[str, Any]]:
    return [
        from_json.canonical(found.attributes) for found in reading.read(path) if isinstance(found, reading.Document)
    ]


#: For each column: a cell, and what stands in the document then.
CELLS: dict[str, tuple[str, dict[str, Any]]] = {
    "object_id": ("ms-1", {}),
    "title": ("Letters", {"titles": [{"title": "Letters"}]}),
    "subtitle": ("1902", {"titles": [{"title": "1902", "titleType": "Subtitle"}]}),
    "translated_title": ("Briefe", {"titles": [{"title": "Briefe", "titleType": "TranslatedTitle"}]}),
    "creators": (
        "Brandt, Ida (0000-0002-1825-0097); Anonymus",
        {
            "creators": [
                {
                    "name": "Brandt, Ida",
                    "nameType": "Personal",
                    "familyName": "Brandt",
                    "givenName": "Ida",
                    "nameIdentifiers": [
                        {
                            "nameIdentifier": "https://orcid.org/0000-0002-1825-0097",
                            "nameIdentifierScheme": "ORCID",
                            "schemeUri": "https://orcid.org",
                        }
                    ],
                },
                {"name": "Anonymus"},
            ]
        },
    ),
    "creator_organisations": ("City, of X", {"creators": [{"name": "City, of X", "nameType": "Organizational"}]}),
    "publisher": ("Hollin", {"publisher": {"name": "Hollin"}}),
    "publication_year": ("2020", {"publicationYear": 2020}),
    "resource_type": ("Text", {"types": {"resourceTypeGeneral": "Text"}}),
    "resource_type_text": ("Letter", {"types": {"resourceType": "Letter"}}),
    "subjects": ("Art; Trade;", {"subjects": [{"subject": "Art"}, {"subject": "Trade"}]}),
    "date_created": ("1902", {"dates": [{"date": "1902", "dateType": "Created"}]}),
    "date_issued": ("2020-05", {"dates": [{"date": "2020-05", "dateType": "Issued"}]}),
    "language": ("en", {"language": "en"}),
    "alternate_identifiers": ("A 1", {"identifiers": [{"identifier": "A 1", "identifierType": "Local"}]}),
    "related_identifiers": (
        "IsPartOf DOI 10.5072/x; Cites URL https://example.org/a",
        {
            "relatedIdentifiers": [
                {"relationType": "IsPartOf", "relatedIdentifierType": "DOI", "relatedIdentifier": "10.5072/x"},
                {"relationType": "Cites", "relatedIdentifierType": "URL", "relatedIdentifier": "https://example.org/a"},
            ]
        },
    ),
    "sizes": ("3 boxes", {"sizes": ["3 boxes"]}),
    "formats": ("text/plain; image/png", {"formats": ["text/plain", "image/png"]}),
    "version": ("1.0", {"version": "1.0"}),
    "rights": ("CC BY", {"rightsList": [{"rights": "CC BY"}]}),
    "rights_uri": ("https://example.org/by", {"rightsList": [{"rightsUri": "https://example.org/by"}]}),
    "abstract": ("About", {"descriptions": [{"description": "About", "descriptionType": "Abstract"}]}),
    "description": ("More", {"descriptions": [{"description": "More", "descriptionType": "Other"}]}),
    "place": ("Hollin", {"geoLocations": [{"geoLocationPlace": "Hollin"}]}),
    "doi": ("10.5072/x", {"doi": "10.5072/x"}),
    "url": ("https://example.org/1", {"url": "https://example.org/1"}),
    "owner_name": ("Ida", {}),
    "owner_email": ("ida@example.org", {}),
    "published": ("no", {}),
    "auto_create": ("no", {}),
}


def test_each_column_becomes_its_part_of_the_document() -> None:
    assert list(CELLS) == list(csv_reading.COLUMNS)
    wrong = {}
    for name, (cell, expected) in CELLS.items():
        found = from_json.canonical(csv_reading.document({name: cell}))
        if found != expected:
            wrong[name] = found
    assert wrong == {}


def test_columns_of_one_block_are_put_together(write: Write) -> None:
    path = write(
        "object_id,title,subtitle,rights,rights_uri,creators,creator_organisations", "1,A,B,by,https://x.org,C,D"
    )
    (found,) = documents(path)
    assert [row["title"] for row in found["titles"]] == ["A", "B"]
    assert found["rightsList"] == [{"rights": "by", "rightsUri": "https://x.org"}]
    assert [row["name"] for row in found["creators"]] == ["C", "D"]


def test_a_full_row_can_be_minted(write: Write, imported: Callable[[Path], list[ImportResult]]) -> None:
    names = [name for name in CELLS if name != "doi"]
    cells = [f'"{CELLS[name][0]}"' for name in names]
    (result,) = imported(write(",".join(names), ",".join(cells)))
    assert (result.error, result.created, [f for f in result.findings if f.level == "error"]) == ("", True, [])
    record = Record.get()
    assert (record.object_id, record.published, record.owner_email) == ("ms-1", False, "ida@example.org")
    assert record.url == "https://example.org/1"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_spreadsheets_separate_cells_in_several_ways(write: Write, delimiter: str, encoding: str) -> None:
    lines = (delimiter.join(("object_id", "title", "subjects")), delimiter.join(("1", "Ä", '"a;b"')))
    (found,) = documents(write(*lines, encoding=encoding))
    assert (found["titles"], len(found["subjects"])) == ([{"title": "Ä"}], 2)


def test_an_empty_cell_says_nothing(write: Write, imported: Callable[[Path], list[ImportResult]]) -> None:
    imported(write("object_id,title,url,owner_name,published", "1,A,https://example.org/1,Ida,no"))
    imported(write("object_id,title,url,owner_name,published", "1,B,,,"))
    record = Record.get()
    assert (record.title, record.url, record.owner_name, record.published) == (
        "B",
        "https://example.org/1",
        "Ida",
        False,
    )


def test_imported_again_nothing_changes(write: Write, imported: Callable[[Path], list[ImportResult]]) -> None:
    path = write("object_id,title", "1,A", "2,B")
    imported(path)
    before = [(row.object_id, row.updated_at, row.metadata) for row in Record.select().order_by(Record.id)]
    assert [result.created for result in imported(path)] == [False, False]
    assert [(row.object_id, row.updated_at, row.metadata) for row in Record.select().order_by(Record.id)] == before


def test_an_unknown_column_is_reported_and_left_out(
    write: Write, imported: Callable[[Path], list[ImportResult]]
) -> None:
    (result,) = imported(write("object_id,title,shelf", "1,A,7"))
    assert "shelf" in [finding.path for finding in result.findings if finding.code == "unknown_field"]
    assert "shelf" not in json.loads(Record.get().metadata)


#: A file, and for each of its rows a part of the reason why it is rejected; "": it is stored.
FILES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "no object id": (("object_id,title", ",A", "2,B"), ("names no object id", "")),
    "the same object id twice": (("object_id,title", "1,A", "1,B"), ("", "object id '1' of")),
    "more cells than columns": (("object_id,title", "1,A,x", "2,B"), ("more cells", "")),
    "fewer cells": (("object_id,title,url", "1,A"), ("",)),
    "empty lines": (("object_id,title", "1,A", "", ",", "2,B"), ("", "")),
    "published is no truth value": (("object_id,title,published", "1,A,perhaps"), ("has published = 'perhaps'",)),
    "a column is missing": (("id,title", "1,A"), ("no column object_id",)),
    "no row": (("object_id,title",), ()),
    "a quote is not closed": (("object_id,title", '1,"A'), ("is no CSV",)),
}


def test_a_bad_row_is_rejected_and_the_others_are_stored(
    write: Write, imported: Callable[[Path], list[ImportResult]]
) -> None:
    wrong = {}
    for name, (lines, reasons) in FILES.items():
        results = imported(write(*lines))
        fits = [
            (not result.error) if not reason else reason in result.error
            for result, reason in zip(results, reasons, strict=False)
        ]
        if len(results) != len(reasons) or not all(fits):
            wrong[name] = [result.error for result in results]
    assert wrong == {}


def test_bytes_that_are_no_utf8_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("object_id,title\n1,Ä\n".encode("latin-1"))
    (found,) = reading.read(path)
    assert isinstance(found, reading.Unread)
    assert "is no CSV in UTF-8" in found.error


def test_another_name_needs_the_format(write: Write) -> None:
    path = write("object_id,title", "1,A", name="records.txt")
    assert isinstance(next(iter(reading.read(path))), reading.Unread)
    assert isinstance(next(iter(reading.read(path, "csv"))), reading.Document)


def test_the_documented_row_has_no_errors() -> None:
    cells = {name: cell for name, (cell, _) in CELLS.items()}
    assert validate.errors(from_json.canonical(csv_reading.document(cells)), "findable") == []
