"""Files in."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Doi, Record, Repository
from doitui_core.errors import Misconfigured
from doitui_core.metadata.sizes import LARGEST_DOCUMENT
from doitui_core.operations import change_settings
from doitui_core.records import importing, reading
from doitui_core.records.importing import ImportOptions, ImportResult

Import = Callable[..., list[ImportResult]]

XML = """<?xml version="1.0" encoding="{encoding}"?>
<resource xmlns="http://datacite.org/schema/kernel-4">
  <identifier identifierType="DOI">10.5072/own</identifier>
  <creators><creator><creatorName>Curie</creatorName></creator></creators>
  <titles><title>Notiz\u00fcb</title></titles><publisher>Archive</publisher><publicationYear>1902</publicationYear>
  <resourceType resourceTypeGeneral="Text">Letter</resourceType>
  <alternateIdentifiers>
    <alternateIdentifier alternateIdentifierType="Local">ms-1</alternateIdentifier>
  </alternateIdentifiers>
</resource>"""


def document(**members: Any) -> dict[str, Any]:
    return {"titles": [{"title": "A"}], **members}


def text(**members: Any) -> str:
    return json.dumps(document(**members))


def ids() -> list[str]:
    return [record.object_id for record in Record.select().order_by(Record.id)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xml", XML.format(encoding="UTF-8")),
        ("a", XML.format(encoding="UTF-8")),
        ("a.xml", b"\xef\xbb\xbf" + XML.format(encoding="UTF-8").encode()),
        ("a.xml", XML.format(encoding="UTF-16").encode("utf-16")),
        ("a.xml", XML.format(encoding="ISO-8859-1").encode("latin-1")),
        ("a.json", text(object_id="ms-1")),
        ("a.json", json.dumps(document(object_id="ms-1"), indent=2)),
        ("a.txt", "\n\n " + text(object_id="ms-1")),
        ("a.json", b"\xef\xbb\xbf" + text(object_id="ms-1").encode()),
        ("a.json", json.dumps({"data": {"attributes": document(object_id="ms-1")}})),
        ("a.json", json.dumps({"data": {"attributes": document()}, "object_id": "ms-1"})),
        ("a.json", json.dumps({"object_id": "ms-1", "metadata": document()})),
        ("a.jsonl", text(object_id="ms-1")),
        ("a.ndjson", text(object_id="ms-1") + "\n\n"),
        ("a.json", text(object_id="ms-1") + "\r\n" + text(object_id="ms-2")),
        ("a.jsonl", json.dumps({"object_id": "ms-1", "metadata": document()})),
        ("a.jsonl", json.dumps({"object_id": "ms-1", "data": {"attributes": document()}})),
    ],
)
def test_a_document_is_known_by_its_content(import_files: Import, name: str, content: str | bytes) -> None:
    results = import_files({name: content})
    assert (results[0].error, results[0].object_id, Record.get().title[0]) in [("", "ms-1", "A"), ("", "ms-1", "N")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty"),
        (" \n\t", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        ("Dear diary", "neither DataCite XML nor JSON"),
        (b"PK\x03\x04", "neither DataCite XML nor JSON"),
        (b"\x89PNG", "neither DataCite XML nor JSON"),
        ("[]", "is a list, not one document"),
        ('[{"titles": []}]', "is a list, not one document"),
        ("{", "is no JSON"),
        ('{"titles": NaN}', "NaN is no number"),
        ('{"publicationYear": 1e999}', "1e999 is too large for a number"),
        ('{"geoLocations": [{"geoLocationPoint": {"pointLatitude": -1e400}}]}', "-1e400 is too large for a number"),
        (b'{"titles": "\xff"}', "is no JSON"),
        ('{"n": ' + "9" * 5000 + "}", "is no JSON"),
        ('{"a":' * 100_000, "levels deep"),
        ("<resource", "invalid XML"),
        ("<html/>", "resource"),
        ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><resource>&e;</resource>', ""),
        (text(), "names no object id"),
        (text(object_id=""), "no usable 'object_id'"),
        (text(object_id=True), "no usable 'object_id'"),
        (text(object_id=["a"]), "no usable 'object_id'"),
        (text(object_id="a\nb"), "cannot be an object id"),
        (text(object_id="a", url=["x"]), "has url ="),
        (text(object_id="a", published="false"), "true or false"),
        (text(object_id="a", owner_name="\x00"), "control characters"),
        ('{"object_id": "a", "titles": [{"title": "\\ud800"}]}', "unpaired surrogate"),
        (text(object_id="a", doi="10.5072/a b"), "no DOI that DataCite takes"),
    ],
)
def test_what_cannot_be_imported_is_named_and_the_others_go_on(
    import_files: Import, content: str | bytes, reason: str
) -> None:
    bad, good = import_files({"bad": content, "good.json": text(object_id="good")})
    assert (reason in bad.error, bad.place.endswith("/bad"), good.error, ids()) == (True, True, "", ["good"])
    assert bad.error
    assert "\n" not in bad.error


@pytest.mark.parametrize("depth", [33, 100, 300, 900, 990, 5000])
def test_json_nested_without_end_is_no_traceback(import_files: Import, depth: int) -> None:
    nested = "[" * depth + "]" * depth
    (result,) = import_files({"a.json": f'{{"object_id": "a", "titles": {nested}}}'})
    assert "more than 32 levels deep" in result.error


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_directory_a_missing_file_and_one_without_rights_are_named(
    archive: Repository, tmp_path: Path, dry_run: bool
) -> None:
    locked = tmp_path / "locked" / "x"
    paths = [tmp_path, tmp_path / "missing", tmp_path / "nul\x00", locked]
    results = importing.files(paths, repositories.config(archive), ImportOptions(dry_run=dry_run))
    assert [result.error.split(":")[0] for result in results] == [
        "is a directory",
        "cannot be read",
        "cannot be read",
        "cannot be read",
    ]


def test_a_file_that_is_too_large_is_not_read_to_its_end(import_files: Import, tmp_path: Path) -> None:
    with (tmp_path / "huge.json").open("wb") as file:
        file.write(b'{"object_id": "a"')
        file.truncate(LARGEST_DOCUMENT * 400)
    found = list(reading.read(tmp_path / "huge.json"))
    assert [type(read).__name__ for read in found] == ["Unread"]
    assert "larger than 20 MB" in getattr(found[0], "error", "")


def test_json_lines_may_be_longer_than_the_largest_file(import_files: Import) -> None:
    line = text(object_id="{}", descriptions=[{"description": "x" * 1_000_000, "descriptionType": "Other"}])
    lines = [line.replace("{}", f"ms-{number}", 1) for number in range(34)]
    results = import_files({"many.jsonl": "\n".join(lines)})
    assert [result.error for result in results] == [""] * 34


@pytest.mark.parametrize("before", [0, 1, 33])
def test_a_line_that_is_too_long_is_named_and_the_next_keeps_its_number(import_files: Import, before: int) -> None:
    filler = [text(object_id=f"f{n}", version="x" * 1_000_000) for n in range(before)]
    long = text(object_id="long", version="x" * (LARGEST_DOCUMENT * 2))
    results = import_files({"a.jsonl": "\n".join([*filler, long, text(object_id="last")])})
    told = {int(result.place.rpartition(":")[2]): bool(result.error) for result in results}
    assert told == {number + 1: number == before for number in range(before + 2)}


def test_a_bad_line_is_named_with_its_number(import_files: Import) -> None:
    results = import_files({"a.jsonl": text(object_id="1") + "\n{\n\n" + text(object_id="2")})
    by_place = {result.place.rpartition(":")[2]: bool(result.error) for result in results}
    assert by_place == {"1": False, "2": True, "4": False}


LOCAL = [{"identifier": "alt", "identifierType": "Other"}, {"identifier": "loc", "identifierType": "Local"}]


@pytest.mark.parametrize(
    ("members", "rule", "object_id"),
    [
        ({"object_id": "o", "identifiers": LOCAL, "doi": "10.5072/d"}, "auto", "o"),
        ({"object_id": 7}, "auto", "7"),
        ({"identifiers": LOCAL, "doi": "10.5072/d"}, "auto", "loc"),
        ({"alternateIdentifiers": [{"alternateIdentifier": "loc", "alternateIdentifierType": "local"}]}, "auto", "loc"),
        ({"doi": "10.5072/d"}, "auto", "10.5072/d"),
        ({"object_id": "o"}, "filename", "file"),
        ({"object_id": "o", "shelfmark": "MS 7"}, "shelfmark", "MS 7"),
        ({"object_id": "o", "version": 3}, "version", "3"),
        ({"data": {"attributes": {"titles": [{"title": "A"}], "shelfmark": "MS 7"}}}, "shelfmark", "MS 7"),
        ({"data": {"attributes": {"titles": [{"title": "A"}], "doi": "10.5072/d"}}}, "auto", "10.5072/d"),
    ],
)
def test_the_object_id(import_files: Import, members: dict[str, Any], rule: str, object_id: str) -> None:
    (result,) = import_files({"file.json": text(**members)}, object_id=rule)
    assert (result.object_id, result.error) == (object_id, "")


def test_each_line_has_a_file_name_of_its_own(import_files: Import) -> None:
    import_files({"a.jsonl": text(object_id="x") + "\n" + text(object_id="x")}, object_id="filename")
    assert ids() == ["a-1", "a-2"]


def test_a_second_document_with_the_same_id_in_a_run_is_rejected_by_name(import_files: Import) -> None:
    first, second = import_files({"a.json": text(object_id="1"), "b.json": text(object_id="1", version="2")})
    assert (first.error, "has the object id '1' of" in second.error, first.place in second.error) == ("", True, True)


def test_a_rejected_document_does_not_take_the_id(import_files: Import) -> None:
    _, second = import_files(
        {"a.json": text(object_id="1", doi="10.5072/ "), "b.json": text(object_id="1", published="no")}
    )
    (third,) = import_files({"c.json": text(object_id="1")})
    assert (bool(second.error), third.error) == (True, "")


def test_importing_again_updates(import_files: Import) -> None:
    first = import_files({"a.json": text(object_id="1")})
    again = import_files({"a.json": text(object_id="1", titles=[{"title": "New"}])})
    assert (first[0].created, again[0].created, Record.get().title) == (True, False, "New")


@pytest.mark.parametrize(("keep_doi", "foreign", "reserved"), [(True, "10.1594/f", ["10.5072/ours"]), (False, "", [])])
def test_a_documents_own_doi_is_kept_or_ignored(
    import_files: Import, keep_doi: bool, foreign: str, reserved: list[str]
) -> None:
    import_files(
        {"a.json": text(object_id="1", doi="10.1594/f"), "b.json": text(object_id="2", doi="10.5072/ours")},
        use_own_doi=keep_doi,
    )
    assert Record.get(Record.object_id == "1").foreign_doi == foreign
    assert [row.doi for row in Doi.select()] == reserved


@pytest.mark.parametrize(
    ("members", "option", "published"),
    [
        ({}, None, True),
        ({}, True, True),
        ({}, False, False),
        ({"published": False}, None, False),
        ({"published": False}, True, True),
        ({"published": True}, False, False),
        ({"published": "2024"}, None, True),
        ({"published": None}, False, False),
    ],
)
def test_a_new_record_is_published_as_the_run_says_else_as_it_says(
    import_files: Import, members: dict[str, Any], option: bool | None, published: bool
) -> None:
    import_files({"a.json": text(object_id="1", **members)}, published=option)
    assert Record.get().published is published


def test_owner_and_landing_page_come_with_the_document(import_files: Import) -> None:
    import_files({"a.jsonl": text(object_id="1", url="https://a.org/1", owner_name="Curie", owner_email="m@a.org")})
    record = Record.get()
    assert (record.url, record.owner_name, record.owner_email) == ("https://a.org/1", "Curie", "m@a.org")


def test_a_member_that_datacite_does_not_know_is_a_warning(import_files: Import) -> None:
    (result,) = import_files({"a.json": text(object_id="1", titels=[], shelfmark="x")}, object_id="shelfmark")
    assert [finding.path for finding in result.findings if finding.code == "unknown_field"] == ["titels"]


DRY = {
    "a.json": text(object_id="1", url="https://a.org/1"),
    "b.json": text(object_id="2", doi="10.5072/taken"),
    "c.json": text(object_id="3", doi="10.5072/ "),
    "d.jsonl": text(object_id="1") + "\n{",
    "e.json": text(object_id="old", doi="10.1594/other"),
    "f.json": text(object_id="4", url="https://a.org/\x00"),
    "g.json": text(object_id="5", published="yes"),
}


def test_a_dry_run_tells_what_would_happen_and_writes_nothing(
    import_files: Import, a_record: Callable[..., Record]
) -> None:
    a_record("old", metadata={"doi": "10.5072/taken"})
    before = (ids(), [row.doi for row in Doi.select()])
    database.open(database.current().url, read_only=True)
    told = import_files(DRY, dry_run=True)
    database.open(database.current().url)
    assert (ids(), [row.doi for row in Doi.select()]) == before
    assert told == import_files(DRY)


def test_one_failing_document_in_a_batch_leaves_nothing_half_done(
    import_files: Import, a_record: Callable[..., Record]
) -> None:
    a_record("owner", metadata={"doi": "10.5072/taken"})
    a_record("2")
    lines = [text(object_id="1"), text(object_id="2", doi="10.5072/taken"), text(object_id="3")]
    results = import_files({"a.jsonl": "\n".join(lines)})
    assert ([bool(result.error) for result in results], ids()) == ([False, True, False], ["owner", "2", "1", "3"])


def test_more_documents_than_a_batch_are_all_stored(import_files: Import) -> None:
    import_files({"a.jsonl": "\n".join(text(object_id=f"{n}") for n in range(importing.BATCH + 50))})
    assert Record.select().count() == importing.BATCH + 50


def test_a_setting_that_is_wrong_for_all_stops_the_run(import_files: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    change_settings.save_repository("h", {"datacite_prefix": ""})
    change_settings.unset_setting("datacite_prefix", repositories.find("h").id)
    monkeypatch.setenv("DOITUI_DATACITE_PREFIX", "nonsense")
    with pytest.raises(Misconfigured, match="datacite_prefix = 'nonsense'"):
        import_files({"a.json": text(object_id="1", doi="10.5072/x")})
    assert ids() == []


def test_progress_is_reported_for_each_file(archive: Repository, tmp_path: Path) -> None:
    steps: list[int] = []
    list(importing.files([tmp_path / "a", tmp_path / "b"], repositories.config(archive), ImportOptions(), steps.append))
    assert steps == [1, 1]


def test_a_pipe_is_read_once(archive: Repository) -> None:
    reader, writer = os.pipe()
    os.write(writer, text(object_id="1").encode())
    os.close(writer)
    (result,) = importing.files([Path(f"/dev/fd/{reader}")], repositories.config(archive), ImportOptions())
    os.close(reader)
    assert (result.object_id, result.error) == ("1", "")


@pytest.mark.parametrize("form", ["datacite-json", "datacite-xml", "jsonl"])
def test_a_format_that_was_said_is_not_guessed(import_files: Import, form: str) -> None:
    content = {
        "datacite-json": text(object_id="1"),
        "datacite-xml": XML.format(encoding="UTF-8"),
        "jsonl": text(object_id="1"),
    }
    (result,) = import_files({"a.xml": content[form]}, format=form)
    assert result.error == ""


def test_the_official_examples_are_all_read(archive: Repository, shared: Path) -> None:
    paths = sorted((shared / "data/kernel-4-examples/kernel-4.7").glob("*.xml"))
    results = list(
        importing.files(paths, repositories.config(archive), ImportOptions(use_own_doi=False, object_id="filename"))
    )
    assert (len(results), [result.error for result in results if result.error]) == (17, [])
