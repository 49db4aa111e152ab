"""Which record a document is about: by its DOI first. An object id that is only a DOI is repaired."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Audit, Doi, DoiLog, Record, Repository
from doitui_core.dois import doi_rows, reservations
from doitui_core.domain import states
from doitui_core.errors import DoiTaken
from doitui_core.records import importing, record_changes, record_identity, record_lookup, records
from doitui_core.records.importing import ImportOptions, ImportResult
from doitui_core.records.record_identity import Identity

Import = Callable[..., list[ImportResult]]
Save = Callable[..., Record]

OWN, FOREIGN = "10.5072/U1", "10.1594/F1"
SPELLED = ("{}", "https://doi.org/{}", "doi:{}", "{} ")


def text(title: str = "A", **members: Any) -> str:
    return json.dumps({"titles": [{"title": title}], **members})


def stored() -> list[tuple[str, str]]:
    return [(row.object_id, row.title) for row in Record.select().order_by(Record.id)]


def minted() -> None:
    """Every DOI of ours is findable at DataCite, as it is here."""
    with database.write():
        for row in Doi.select():
            facts = states.answered(replace(doi_rows.facts(row), wanted=states.Wanted.FINDABLE), states.Remote.FINDABLE)
            doi_rows.write(row, facts, actor="test", action="mint", confirmed_hash=row.current_hash)


# --- whatever the object id comes from


@pytest.mark.parametrize("doi", [OWN, FOREIGN])
@pytest.mark.parametrize(
    "rules", [("auto", "filename"), ("filename", "auto"), ("shelf", "filename"), ("auto", "shelf")]
)
def test_a_document_updates_the_record_that_has_its_doi(import_files: Import, doi: str, rules: tuple[str, str]) -> None:
    import_files({"a.json": text(doi=doi, shelf="S-1")}, object_id=rules[0])
    for number, spelling in enumerate(SPELLED):
        again = {"a.json": text(f"B{number}", doi=spelling.format(doi.lower()), shelf="S-1")}
        (result,) = import_files(again, object_id=rules[1])
        assert (result.error, result.created, [title for _, title in stored()]) == ("", False, [f"B{number}"])


def test_a_file_with_a_new_name_keeps_its_record_and_says_so(import_files: Import) -> None:
    import_files({"a.json": text(doi=FOREIGN)}, object_id="filename")
    (result,) = import_files({"b.json": text(doi=FOREIGN)}, object_id="filename")
    assert (result.object_id, result.stated_id, result.renamed, stored()) == ("a", "b", "", [("a", "A")])


def test_a_document_of_two_records_changes_neither(import_files: Import) -> None:
    import_files({"x.json": text(object_id="x"), "y.json": text(object_id="y", doi=OWN)})
    (result,) = import_files({"x.json": text("B", object_id="x", doi=OWN)})
    assert result.error == (
        f"is about two records: x by its object id, y by its DOI {OWN}; neither was changed:"
        " correct its object id or its DOI"
    )
    assert stored() == [("x", "A"), ("y", "A")]


def test_a_foreign_doi_of_two_records_needs_the_object_id(import_files: Import) -> None:
    for object_id in ("x", "y"):
        records.save(object_id, metadata={"titles": [{"title": "A"}], "doi": FOREIGN})
    rejected, updated = import_files({"z.json": text(doi=FOREIGN), "x.json": text("B", object_id="x")})
    assert "the records x and y: give it the object id of the one" in rejected.error
    (updated,) = import_files({"x.json": text("B", object_id="x", doi=FOREIGN)})
    assert (updated.error, stored()) == ("", [("x", "B"), ("y", "A")])


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("doi", [OWN, FOREIGN])
def test_two_documents_of_a_run_with_one_doi_are_not_one_record(import_files: Import, doi: str, dry_run: bool) -> None:
    both = {"a.json": text("A", object_id="1", doi=doi), "b.json": text("B", object_id="2", doi=doi.lower())}
    first, second = import_files(both, dry_run=dry_run)
    assert (first.error, second.error) == ("", f"has the DOI {doi.lower()} of {first.place}: each record needs its own")


def test_an_ignored_doi_finds_only_a_record_that_is_called_so(import_files: Import) -> None:
    import_files({"1.json": text(object_id="1", doi=OWN)})
    (other,) = import_files({"2.json": text("B", object_id="2", doi=OWN)}, use_own_doi=False)
    import_files({"a.json": text(doi=FOREIGN)}, use_own_doi=False)
    (same,) = import_files({"a.json": text("B", doi=FOREIGN)}, use_own_doi=False, object_id="filename")
    assert (other.created, same.renamed, stored()) == (True, FOREIGN, [("1", "A"), ("2", "B"), ("a", "B")])


def test_a_doi_of_another_repository_is_another_matter(import_files: Import, archive: Repository) -> None:
    records.repositories.Repository.create(code="other", created_at=database.now())
    records.save("x", metadata={"titles": [{"title": "A"}], "doi": FOREIGN}, repository="other")
    (result,) = import_files({"a.json": text("B", doi=FOREIGN)}, object_id="filename")
    assert (result.created, stored()) == (True, [("x", "A"), ("a", "B")])


def test_a_script_that_names_an_object_id_means_that_record(a_record: Save) -> None:
    a_record("1", metadata={"doi": OWN})
    with pytest.raises(DoiTaken):
        a_record("2", metadata={"doi": OWN})


# --- the repair


@pytest.mark.parametrize("doi", [OWN, FOREIGN])
def test_importing_again_by_file_name_repairs_the_object_id(import_files: Import, doi: str) -> None:
    (before,) = import_files({"a.json": text(doi=doi)})
    (after,) = import_files({"a.json": text(doi=doi)}, object_id="filename")
    pages = [(one.object_id, one.page, one.from_doi, one.renamed) for one in (before, after)]
    assert pages == [
        (doi, f"https://archive.example.org/{doi}", True, ""),
        ("a", "https://archive.example.org/a", False, doi),
    ]
    (again,) = import_files({"a.json": text(doi=doi)})
    assert (again.object_id, again.from_doi, again.renamed, again.changed) == ("a", False, "", False)


def test_a_repair_keeps_doi_and_history_and_says_what_has_to_be_sent(import_files: Import) -> None:
    import_files({"a.json": text(doi=OWN)})
    minted()
    before = Doi.get(), [row.action for row in DoiLog.select()]
    (result,) = import_files({"a.json": text(doi=OWN)}, object_id="filename")
    row = Doi.get()
    assert (row.id, row.doi, row.record_id) == (before[0].id, OWN, before[0].record_id)
    assert (result.moved, row.changed, row.url) == (True, True, "https://archive.example.org/a")
    assert [one.action for one in DoiLog.select().order_by(DoiLog.id)] == [*before[1], "content"]
    note = Audit.get(Audit.action == "rename")
    assert (note.subject, note.detail) == ("record a", f"its object id was {OWN}")


def test_a_landing_page_set_by_hand_is_not_repaired(import_files: Import) -> None:
    import_files({"a.json": text(doi=OWN)})
    record_changes.change(record_lookup.find(OWN), {"url": "https://hand.example.org/1"})
    minted()
    (result,) = import_files({"a.json": text(doi=OWN)}, object_id="filename")
    assert (result.object_id, result.page, result.moved) == ("a", "https://hand.example.org/1", False)
    assert (Doi.get().url, Doi.get().changed) == ("https://hand.example.org/1", False)


def test_files_of_one_name_in_two_directories_are_two_records(archive: Repository, tmp_path: Path) -> None:
    paths = [tmp_path / name / "mets.json" for name in ("1", "2")]
    for number, path in enumerate(paths):
        path.parent.mkdir()
        path.write_text(text(doi=f"{OWN}{number}"))

    def run(*paths: Path, rule: str) -> list[str]:
        options = ImportOptions(object_id=rule)
        return [found.error for found in importing.files(paths, repositories.config(archive), options)]

    assert run(*paths, rule="auto") == ["", ""]
    first, second = run(*paths, rule="filename")
    assert (first, second) == ("", f"has the object id 'mets' of {paths[0]}: each record needs its own")
    (alone,) = run(paths[1], rule="filename")
    assert alone.startswith(f"is about two records: mets by its object id, {OWN}1 by its DOI")
    assert [object_id for object_id, _ in stored()] == ["mets", f"{OWN}1"]


def test_a_dry_run_shows_the_repair(import_files: Import) -> None:
    import_files({"a.json": text(doi=OWN), "b.json": text(doi=FOREIGN)})
    minted()
    files = {"a.json": text(doi=OWN), "b.json": text(doi=FOREIGN)}
    would = import_files(files, object_id="filename", dry_run=True)
    assert stored() == [(OWN, "A"), (FOREIGN, "A")]
    assert would == import_files(files, object_id="filename")
    assert [one.renamed for one in would] == [OWN, FOREIGN]


def test_an_object_id_that_another_process_gives_away_meanwhile_is_reported(import_files: Import) -> None:
    import_files({"a.json": text(doi=OWN)})

    def repair() -> list[ImportResult]:
        try:
            return import_files({"a.json": text("B", doi=OWN)}, object_id="filename")
        finally:
            database.close_thread()

    with ThreadPoolExecutor(1) as pool:
        with database.write():
            records.save("a", metadata={"titles": [{"title": "C"}]})
            repairing = pool.submit(repair)
            wait([repairing], timeout=0.5)  # it cannot go on before the commit
        (result,) = repairing.result()
    assert result.error.startswith("is about two records: a by its object id")
    assert stored() == [(OWN, "A"), ("a", "C")]


def test_two_that_repair_the_same_records_at_once_repair_each_once(archive: Repository, tmp_path: Path) -> None:
    paths = [tmp_path / f"r{number}.json" for number in range(30)]
    for number, path in enumerate(paths):
        path.write_text(text(doi=f"{OWN if number % 2 else FOREIGN}-{number}"))

    def run(rule: str) -> list[ImportResult]:
        try:
            return list(importing.files(paths, repositories.config(archive), ImportOptions(object_id=rule)))
        finally:
            database.close_thread()

    run("auto")
    with ThreadPoolExecutor(2) as pool:
        found = [one for some in pool.map(run, ("filename", "filename")) for one in some]
    assert [one.error for one in found if one.error] == []
    assert sum(bool(one.renamed) for one in found) == len(paths)
    assert {object_id for object_id, _ in stored()} == {path.stem for path in paths}


# --- the decision


OBJECT_IDS = (
    ("10.5072/u1", "a", "10.5072/U1", "a"),
    ("10.5072/u1", "10.5072/U1", "10.5072/U1", "10.5072/u1"),
    ("ms-1", "a", "10.5072/U1", "ms-1"),
    ("10.5072/u1", "a", "", "10.5072/u1"),
)


@pytest.mark.parametrize(("before", "given", "doi", "after"), OBJECT_IDS)
def test_only_an_object_id_that_is_the_doi_is_repaired(before: str, given: str, doi: str, after: str) -> None:
    assert record_identity.object_id(before, given, doi) == after


@pytest.fixture
def explain(store: str) -> Callable[[Any], str]:
    db = database.current().db
    if store.startswith("postgresql"):
        db.execute_sql("SET enable_seqscan = off")

    def plan(query: Any) -> str:
        statement, values = query.sql()
        word = "EXPLAIN " if store.startswith("postgresql") else "EXPLAIN QUERY PLAN "
        return str(db.execute_sql(word + statement, values).fetchall())

    return plan


def test_the_look_up_by_foreign_doi_reads_an_index(explain: Callable[[Any], str]) -> None:
    assert "record_of_foreign_doi" in explain(record_lookup._with_foreign_dois(["10.1594/f1"]))


def test_who_has_a_doi_is_looked_up_in_few_statements(
    a_record: Save, archive: Repository, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [reservations.reserve(a_record(f"{number}")) for number in range(20)]
    asked = [Identity(f"file-{number}", row.doi, row.doi) for number, row in enumerate(rows)]
    caplog.clear()
    with caplog.at_level("DEBUG", "peewee"):
        found = record_identity.find_all(archive.id, asked, lock=False)
    assert [row.object_id for row in found if isinstance(row, Record)] == [f"{number}" for number in range(20)]
    assert len(caplog.messages) <= 6
