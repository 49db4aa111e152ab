"""Records from AtoM's ISAD CSV template."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db.models import Record
from doitui_core.errors import BadInput
from doitui_core.records import document_check, importing, isad_columns, reading
from doitui_core.records.importing import ImportOptions, ImportResult

#: The columns of AtoM 2.9's template (lib/task/import/example/isad), in its order.
HEADER = (
    "legacyId,parentId,qubitParentSlug,accessionNumber,identifier,title,levelOfDescription,extentAndMedium,repository,"
    "archivalHistory,acquisition,scopeAndContent,appraisal,accruals,arrangement,accessConditions,"
    "reproductionConditions,language,script,languageNote,physicalCharacteristics,findingAids,locationOfOriginals,"
    "locationOfCopies,relatedUnitsOfDescription,publicationNote,digitalObjectPath,digitalObjectURI,generalNote,"
    "subjectAccessPoints,placeAccessPoints,nameAccessPoints,genreAccessPoints,descriptionIdentifier,"
    "institutionIdentifier,rules,descriptionStatus,levelOfDetail,revisionHistory,languageOfDescription,"
    "scriptOfDescription,sources,archivistNote,publicationStatus,physicalObjectName,physicalObjectLocation,"
    "physicalObjectType,alternativeIdentifiers,alternativeIdentifierLabels,eventDates,eventTypes,eventStartDates,"
    "eventEndDates,eventActors,eventActorHistories,culture"
)
TEMPLATE = next(csv.reader([HEADER]))

FONDS = {"legacyId": "1", "identifier": "F1", "title": "Brandt papers", "levelOfDescription": "Fonds"}
ITEM = {"legacyId": "2", "parentId": "1", "title": "A letter", "levelOfDescription": "Item"}

Write = Callable[..., Path]
Import = Callable[..., list[ImportResult]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """An ISAD CSV file of these rows."""

    def make(*rows: dict[str, str], encoding: str = "utf-8", name: str = "isad.csv", delimiter: str = ",") -> Path:
        text = io.StringIO()
        extra = [column for row in rows for column in row if column not in TEMPLATE]
        writer = csv.DictWriter(text, [*TEMPLATE, *dict.fromkeys(extra)], restval="", delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / name
        path.write_bytes(text.getvalue().encode(encoding))
        return path

    return make


@pytest.fixture
def imported(archive: Any) -> Import:
    """Import files into the repository; keywords are options."""

    def run(*paths: Path, **options: Any) -> list[ImportResult]:
        config = repositories.config(repositories.find_or_only(None))
        return list(importing.files(paths, config, ImportOptions(**options)))

    return run


def parents() -> dict[str, str | None]:
    return {row.object_id: json.loads(row.metadata).get("parent") for row in Record.select().order_by(Record.id)}


def rejected(results: list[ImportResult]) -> list[tuple[str, str, str]]:
    return [(Path(row.place).name, row.column, row.error) for row in results if row.error]


def test_every_column_of_the_template_is_known() -> None:
    assert set(TEMPLATE) <= isad_columns.KNOWN


def test_a_row_becomes_an_archival_description() -> None:
    cells = {
        **ITEM,
        "identifier": "IT-1",
        "extentAndMedium": "1 box",
        "repository": "Hollin Archive",
        "archivalHistory": "History",
        "acquisition": "Gift",
        "scopeAndContent": "Scope",
        "appraisal": "has no place in Kernel 4",
        "language": "fr|en",
        "digitalObjectURI": "https://example.org/a.jpg",
        "generalNote": "One|Two",
        "subjectAccessPoints": "Art| |Trade",
        "placeAccessPoints": "Hollin",
        "nameAccessPoints": "Curie, Marie",
        "genreAccessPoints": "Letters",
        "alternativeIdentifiers": "A-1|A-2",
        "alternativeIdentifierLabels": "Former number",
        "accessionNumber": "2001/7",
        "eventTypes": "Creation|Accumulation",
        "eventDates": "Spring 1902|NULL",
        "eventStartDates": "1902-03-01|1910",
        "eventEndDates": "1902-05-31|NULL",
        "eventActors": "Brandt, Ida|NULL",
    }
    assert isad_columns.description(cells) == {
        "title": "A letter",
        "level": "Item",
        "extent": "1 box",
        "archival_history": "History",
        "acquisition": "Gift",
        "scope_and_content": "Scope",
        "language": ["fr", "en"],
        "notes": ["One", "Two"],
        "subjects": ["Art", "Trade"],
        "places": ["Hollin"],
        "names": ["Curie, Marie"],
        "genres": ["Letters"],
        "derivatives": [{"identifier": "https://example.org/a.jpg", "type": "URL"}],
        "actors": [{"name": "Hollin Archive", "type": "institution", "role": "HostingInstitution"}],
        "identifiers": [
            {"identifier": "IT-1", "type": ""},
            {"identifier": "A-1", "type": "Former number"},
            {"identifier": "A-2", "type": ""},
            {"identifier": "2001/7", "type": "Accession number"},
        ],
        "events": [
            {
                "type": "Creation",
                "date": "Spring 1902",
                "start": "1902-03-01",
                "end": "1902-05-31",
                "actor": "Brandt, Ida",
            },
            {"type": "Accumulation", "start": "1910"},
        ],
    }


def test_the_columns_before_atom_2_1_are_events_too() -> None:
    cells = {"creators": "A|B", "creatorDates": "1902", "creatorDatesStart": "1902"}
    assert isad_columns.description(cells)["events"] == [
        {"actor": "A", "date": "1902", "start": "1902"},
        {"actor": "B"},
    ]


@pytest.mark.parametrize(
    ("text", "expected"), [("Published", True), ("draft", False), ("Draft", False), ("", None), (None, None)]
)
def test_the_publication_status_is_atoms(text: str | None, expected: bool | None) -> None:
    assert isad_columns.published({} if text is None else {"publicationStatus": text}) is expected


def test_another_publication_status_is_refused() -> None:
    with pytest.raises(BadInput, match="publicationStatus = 'Perhaps': it must be Published or Draft"):
        isad_columns.published({"publicationStatus": "Perhaps"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_format_is_recognised_by_its_header(write: Write, imported: Import, encoding: str, delimiter: str) -> None:
    path = write(FONDS | {"title": "Bröll"}, encoding=encoding, name="export.txt", delimiter=delimiter)
    (result,) = imported(path)
    assert (result.error, result.object_id, Record.get().title) == ("", "1", "Bröll")


def test_a_csv_of_our_own_columns_is_not_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("object_id,title\n1,A\n", encoding="utf-8")
    assert reading.detect(path, path.read_bytes()) == "csv"


def test_a_parent_may_stand_before_or_after_its_parts(write: Write, imported: Import) -> None:
    part = {"legacyId": "3", "parentId": "2", "title": "A page"}
    assert rejected(imported(write(ITEM, part, FONDS))) == []
    assert parents() == {"2": "1", "3": "2", "1": None}


def test_a_parent_may_be_imported_before(write: Write, imported: Import) -> None:
    imported(write(FONDS))
    assert rejected(imported(write(ITEM))) == []
    assert parents() == {"1": None, "2": "1"}


def test_parents_are_named_by_legacy_id_whatever_the_object_id_is(write: Write, imported: Import) -> None:
    found = imported(write(ITEM | {"identifier": "I1"}, FONDS), object_id="identifier")
    assert rejected(found) == []
    assert parents() == {"I1": "F1", "F1": None}


def test_a_slug_names_a_record_by_its_object_id(write: Write, imported: Import) -> None:
    imported(write(FONDS | {"legacyId": "brandt-papers"}))
    found = imported(
        write(
            {"legacyId": "5", "qubitParentSlug": "brandt-papers", "title": "A"},
            {"legacyId": "6", "qubitParentSlug": "nothing", "title": "B"},
            {"legacyId": "7", "qubitParentSlug": "x", "parentId": "5", "title": "C"},
        )
    )
    assert [(column, error.partition(":")[0]) for _, column, error in rejected(found)] == [
        ("qubitParentSlug", "has both parentId and qubitParentSlug"),
        ("qubitParentSlug", "record '6' has the parent 'nothing', which is no record of the repository"),
    ]
    assert parents()["5"] == "brandt-papers"


@pytest.mark.parametrize("dry_run", [False, True])
def test_rows_that_cannot_be_are_rejected_by_line_and_column(write: Write, imported: Import, dry_run: bool) -> None:
    path = write(
        FONDS,
        ITEM,
        {"legacyId": "3", "parentId": "99", "title": "Orphan"},
        {"legacyId": "4", "parentId": "5", "title": "Circle"},
        {"legacyId": "5", "parentId": "4", "title": "Circle"},
        {"legacyId": "6", "parentId": "6", "title": "Its own parent"},
        {"legacyId": "2", "title": "Une lettre", "culture": "fr"},
        {"title": "Without an id"},
        {"legacyId": "8", "title": "Status", "publicationStatus": "Maybe"},
    )
    with path.open("a", encoding="utf-8") as file:
        file.write("9,1\r\n")
        file.write(",".join(["10"] * (len(TEMPLATE) + 1)) + "\r\n")
    found = imported(path, dry_run=dry_run)
    assert sorted((place, column, error.partition(":")[0]) for place, column, error in rejected(found)) == [
        ("isad.csv:10", "publicationStatus", "has publicationStatus = 'Maybe'"),
        ("isad.csv:11", "", "has 2 cells, but the first line names 56 columns"),
        ("isad.csv:12", "", "has 57 cells, but the first line names 56 columns"),
        ("isad.csv:4", "parentId", "record '3' has the parent '99', which is no record of the repository"),
        ("isad.csv:5", "parentId", "record '4' cannot have the parent '5'"),
        ("isad.csv:6", "parentId", "record '5' cannot have the parent '4'"),
        ("isad.csv:7", "parentId", "record '6' cannot have the parent '6'"),
        ("isad.csv:8", "legacyId", "has the legacyId '2' of line 3 (a translation, culture fr?)"),
        ("isad.csv:9", "legacyId", "has no legacyId to take the object id from (--object-id)"),
    ]
    assert sum(not row.error for row in found) == 2
    assert Record.select().count() == (0 if dry_run else 2)


def test_a_circle_through_stored_records_is_refused(write: Write, imported: Import) -> None:
    imported(write(FONDS, ITEM))
    (result,) = imported(write(FONDS | {"parentId": "2"}))
    assert "cannot have the parent '2'" in result.error


def test_a_hierarchy_may_be_turned_round(write: Write, imported: Import) -> None:
    imported(write(FONDS, ITEM))
    assert rejected(imported(write(FONDS | {"parentId": "2"}, ITEM | {"parentId": ""}))) == []
    assert parents() == {"1": "2", "2": None}


def test_the_same_id_in_a_second_file_of_the_run_is_rejected(write: Write, imported: Import) -> None:
    first, second = write(FONDS, name="a.csv"), write(FONDS, name="b.csv")
    assert [row.error.partition(":")[0] for row in imported(first, second)] == ["", f"has the object id '1' of {first}"]


def test_a_file_that_is_no_isad_csv_says_why_before_anything_is_stored(
    write: Write, imported: Import, tmp_path: Path
) -> None:
    header = ",".join(TEMPLATE)
    row = ",".join(["1"] + [""] * 4 + ["A"] + [""] * (len(TEMPLATE) - 6))
    cases = {
        "no_title.csv": (b"legacyId,parentId\n1,2\n", "has no column title: the first line names"),
        "no_id.csv": (b"title,scopeAndContent\nA,B\n", "has no column legacyId: the first line names"),
        "empty.csv": (b"", "is empty"),
        "twice.csv": (b"legacyId,title,title\n1,A,B\n", "has the column title more than once: rename"),
        "latin.csv": (f"{header}\n{row}\n{row.replace('A', 'Ä')}\n".encode("latin-1"), "is not in UTF-8 (line 3)"),
        "quote.csv": (f"{header}\n{row}\n{row.replace('A', chr(34) + 'A')}\n".encode(), "is no CSV: line 3: "),
        "huge.csv": (f"{header}\n{row}\n{row.replace('A', 'A' * 1_100_000)}\n".encode(), "is no CSV: line 3: field "),
    }
    for name, (content, message) in cases.items():
        path = tmp_path / name
        path.write_bytes(content)
        (result,) = imported(path, format="auto" if name == "empty.csv" else "isad-csv")
        assert message in result.error, name
        assert "\n" not in result.error
    assert Record.select().count() == 0


def test_a_column_of_ours_may_follow_and_an_unknown_one_is_reported_once(write: Write, imported: Import) -> None:
    own = {"url": "https://example.org/1", "owner_email": "ida@example.org", "shelf": "B"}
    found = imported(write(FONDS | own, ITEM))
    assert [[one.path for one in row.findings if one.code == "unknown_field"] for row in found] == [["shelf"], []]
    record = Record.get(Record.object_id == "1")
    assert (record.url, record.owner_email) == ("https://example.org/1", "ida@example.org")


def test_the_status_of_a_row_publishes_unless_the_option_says_otherwise(write: Write, imported: Import) -> None:
    path = write(
        FONDS | {"publicationStatus": "Draft"},
        ITEM | {"publicationStatus": "Published"},
        {"legacyId": "3", "title": "Nothing said"},
    )
    imported(path)
    assert {row.object_id: row.published for row in Record.select()} == {"1": False, "2": True, "3": True}
    imported(path, published=False)
    assert {row.object_id: row.published for row in Record.select()} == {"1": False, "2": False, "3": False}


def test_a_fonds_that_is_imported_twice_is_unchanged(write: Write, imported: Import) -> None:
    path = write(FONDS, ITEM)
    imported(path)
    assert [(row.created, row.changed) for row in imported(path, dry_run=True)] == [(False, False)] * 2
    assert [(row.created, row.changed) for row in imported(path)] == [(False, False)] * 2
    again = imported(write(FONDS, ITEM | {"title": "Another letter"}))
    assert [(row.created, row.changed) for row in again] == [(False, False), (False, True)]


def test_a_full_template_can_be_minted(write: Write, archive: Any) -> None:
    from doitui_core.operations import change_settings

    change_settings.save_repository("h", {"default_publisher": "Hollin Archive"})
    config = repositories.config(repositories.find_or_only(None))
    path = write(FONDS | {"eventActors": "Brandt, Ida", "eventStartDates": "1902"}, ITEM)
    found = list(importing.files([path], config, ImportOptions()))
    assert [[one.message for one in row.findings if one.level == "error"] for row in found] == [[], []]
    metadata = json.loads(Record.get(Record.object_id == "2").metadata)
    assert metadata["creators"] == [{"name": "Hollin Archive", "nameType": "Organizational"}]


def test_the_file_can_be_checked_without_a_database(write: Write) -> None:
    (fonds, item) = document_check.check(write(FONDS, ITEM))
    assert (fonds.attributes["titles"], item.error) == ([{"title": "Brandt papers"}], "")
    assert "publisher_missing" in {finding.code for finding in fonds.findings}


@pytest.mark.parametrize(
    ("stated", "options", "expected"),
    [
        ({}, {"owner_name": "Ida", "owner_email": "ida@example.org"}, ("Ida", "ida@example.org")),
        ({"owner_name": "Jo"}, {"owner_name": "Ida", "owner_email": "ida@example.org"}, ("Jo", "")),
        ({"owner_email": "jo@example.org"}, {"owner_name": "Ida"}, ("", "jo@example.org")),
        ({}, {}, ("", "")),
    ],
)
def test_the_owner_of_the_options_is_for_rows_that_name_none(
    write: Write, imported: Import, stated: dict[str, str], options: dict[str, str], expected: tuple[str, str]
) -> None:
    imported(write(FONDS | stated), **options)
    record = Record.get()
    assert (record.owner_name, record.owner_email) == expected


def test_an_owner_set_by_hand_stays_though_the_options_name_another(write: Write, imported: Import) -> None:
    from doitui_core.records import records

    imported(write(FONDS))
    records.save("1", owner_email="jo@example.org")
    (result,) = imported(write(FONDS), owner_email="ida@example.org")
    assert [field.field for field in result.protected] == ["owner_email"]
    assert Record.get().owner_email == "jo@example.org"


def test_an_owner_without_a_mail_address_is_refused(write: Write, imported: Import) -> None:
    with pytest.raises(BadInput, match="the owner's address cannot be 'ida'"):
        imported(write(FONDS), owner_email="ida")
