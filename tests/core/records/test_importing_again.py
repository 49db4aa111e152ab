"""Importing again: what a document does not say stays, what a person set stays, and a record's DOI stays its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.db import database, migrations
from doitui_core.db.models import Doi, Record, Repository
from doitui_core.dois import doi_rows, reservations
from doitui_core.errors import BadInput
from doitui_core.operations import change_settings, doi_actions
from doitui_core.records import publish_rules, record_lookup, records
from doitui_core.records.importing import ImportResult
from doitui_core.records.record_merge import ProtectedField

Import = Callable[..., list[ImportResult]]
Save = Callable[..., Record]

XML = """<?xml version="1.0" encoding="UTF-8"?>
<resource xmlns="http://datacite.org/schema/kernel-4">
  <identifier identifierType="DOI">{doi}</identifier>
  <creators><creator><creatorName>Curie</creatorName></creator></creators>
  <titles><title>Notes</title></titles><publisher>Archive</publisher><publicationYear>1902</publicationYear>
  <resourceType resourceTypeGeneral="Text">Letter</resourceType>
</resource>"""

MOVED = "https://new.example.org/1"


def text(**members: Any) -> str:
    return json.dumps({"titles": [{"title": "A"}], **members})


def stored(object_id: str = "1") -> tuple[str, str, str, bool]:
    record = Record.get(Record.object_id == object_id)
    return record.url, record.owner_name, record.owner_email, record.published


def move(object_id: str = "1") -> Doi:
    row = reservations.for_record(record_lookup.find(object_id)) or reservations.reserve(record_lookup.find(object_id))
    doi_actions.set_url(row.doi, MOVED)
    return row


def test_what_a_document_does_not_say_stays_as_it_is(import_files: Import) -> None:
    said = {"url": "https://a.org/1", "owner_name": "Curie", "owner_email": "m@a.org", "published": False}
    import_files({"a.json": text(object_id="1", **said)})
    before = stored()
    import_files({"a.json": text(object_id="1", titles=[{"title": "New"}])})
    assert (stored(), Record.get().title) == (before, "New")


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_an_empty_member_says_nothing(import_files: Import, nothing: str | None) -> None:
    import_files({"a.json": text(object_id="1", url="https://a.org/1", owner_name="Curie", owner_email="m@a.org")})
    before = stored()
    import_files({"a.json": text(object_id="1", url=nothing, owner_name=nothing, owner_email=nothing, published=None)})
    assert stored() == before


def test_what_a_document_says_otherwise_is_followed_where_nobody_set_anything(import_files: Import) -> None:
    import_files({"a.json": text(object_id="1", url="https://a.org/1", owner_name="Curie", published=False)})
    (result,) = import_files(
        {
            "a.json": text(
                object_id="1", url="https://b.org/1", owner_name="Joliot", owner_email="i@b.org", published=True
            )
        }
    )
    assert (stored(), result.protected) == (("https://b.org/1", "Joliot", "i@b.org", True), ())


@pytest.mark.parametrize("members", [{}, {"url": "https://old.example.org/1"}])
def test_a_landing_page_set_by_hand_stays_and_the_difference_is_reported(
    import_files: Import, members: dict[str, str]
) -> None:
    import_files({"a.json": text(object_id="1", **members)})
    row = move()
    (result,) = import_files({"a.json": text(object_id="1", **members)})
    told = [ProtectedField("url", MOVED, url) for url in members.values()]
    assert (stored()[0], Doi.get_by_id(row.id).url, list(result.protected)) == (MOVED, MOVED, told)


def test_a_document_that_agrees_with_what_was_set_is_not_reported(import_files: Import) -> None:
    import_files({"a.json": text(object_id="1")})
    move()
    (result,) = import_files({"a.json": text(object_id="1", url=MOVED)})
    assert (stored()[0], result.protected) == (MOVED, ())


@pytest.mark.parametrize("members", [{}, {"published": True}])
def test_an_unpublished_record_stays_so(import_files: Import, members: dict[str, bool]) -> None:
    import_files({"a.json": text(object_id="1", **members)})
    publish_rules.publish(record_lookup.find("1"), on=False)
    (result,) = import_files({"a.json": text(object_id="1", **members)})
    told = [ProtectedField("published", False, said) for said in members.values()]
    assert (stored()[3], list(result.protected)) == (False, told)


def test_a_record_published_by_hand_stays_published(import_files: Import) -> None:
    import_files({"a.json": text(object_id="1", published=False)})
    publish_rules.publish(record_lookup.find("1"))
    import_files({"a.json": text(object_id="1", published=False)})
    assert stored()[3] is True


def test_a_deleted_record_that_stays_for_its_tombstone_is_not_published_again(
    import_files: Import, a_minted_doi: Callable[..., Doi]
) -> None:
    a_minted_doi("1")
    publish_rules.delete(record_lookup.find("1"))
    import_files({"a.json": text(object_id="1", published=True)})
    assert stored()[3] is False


@pytest.mark.parametrize("option", [True, False])
def test_a_run_that_says_it_decides_and_what_it_decided_stays(import_files: Import, option: bool) -> None:
    import_files({"a.json": text(object_id="1", published=not option)})
    publish_rules.publish(record_lookup.find("1"), on=not option)
    import_files({"a.json": text(object_id="1", published=not option)}, published=option)
    decided = stored()[3]
    import_files({"a.json": text(object_id="1", published=not option)})
    assert (decided, stored()[3]) == (option, option)


def test_what_a_script_gives_stays_and_what_it_does_not_give_is_unchanged(a_record: Save, import_files: Import) -> None:
    a_record("1", url="https://a.org/1", owner_name="Curie", published=False)
    records.save("1", owner_email="m@a.org")
    first = stored()
    import_files({"a.json": text(object_id="1", url="https://b.org/", owner_name="Joliot", published=True)})
    assert (first, stored()) == (("https://a.org/1", "Curie", "m@a.org", False), first)
    assert Record.get().title == "A"


def test_an_empty_text_takes_back_what_was_set(a_record: Save, import_files: Import) -> None:
    a_record("1", url="https://a.org/1", owner_name="Curie")
    records.save("1", url="", owner_name="")
    first = stored()
    import_files({"a.json": text(object_id="1", url="https://b.org/1")})
    assert (first[:2], stored()[:2]) == (("", ""), ("https://b.org/1", ""))


def test_a_new_record_needs_metadata(archive: Repository) -> None:
    with pytest.raises(BadInput, match="give its metadata"):
        records.save("1", url="https://a.org/1")


def test_a_record_without_new_metadata_keeps_its_own(a_record: Save) -> None:
    row = reservations.reserve(a_record("1"))
    before = Record.get().metadata, Doi.get_by_id(row.id).current_hash
    records.save("1", url="https://b.org/1")
    after = Record.get().metadata, Doi.get_by_id(row.id).current_hash
    assert (before[0] == after[0], before[1] == after[1], Doi.get_by_id(row.id).url) == (True, False, "https://b.org/1")


def test_a_dry_run_tells_what_would_stay(import_files: Import) -> None:
    import_files({"a.json": text(object_id="1", url="https://old.example.org/1")})
    move()
    database.open(database.current().url, read_only=True)
    (told,) = import_files({"a.json": text(object_id="1", url="https://old.example.org/1")}, dry_run=True)
    database.open(database.current().url)
    assert [told] == import_files({"a.json": text(object_id="1", url="https://old.example.org/1")})
    assert told.protected


# --- its DOI

OWN = "10.5072/U1"
SPELLINGS = (
    OWN,
    "10.5072/u1",
    "HTTPS://DOI.ORG/10.5072/U1",
    "https://doi.org/10.5072%2Fu1",
    "10.5072%2fU1 ",
    "http://dx.doi.org/10.5072/u1",
    "https://doi.org/10.5072/U1?x=1#y",
    "DOI 10.5072/U1",
    "doi:10.5072/u1",
    "urn:doi:10.5072/U1",
    "info:doi/10.5072/U1",
    "https://handle.test.datacite.org/10.5072/U1",
    "https://handle.stage.datacite.org/10.5072/u1",
    "https://hdl.handle.net/10.5072/U1",
)

LATER: dict[str, dict[str, str]] = {
    "nothing": {},
    "another prefix": {"datacite_prefix": "10.82433"},
    "a local prefix": {"local_prefix": "opus"},
}


@pytest.mark.parametrize("later", LATER)
def test_a_records_doi_stays_its_own_in_every_spelling(import_files: Import, later: str) -> None:
    import_files({"a.xml": XML.format(doi=OWN)})
    change_settings.save_repository("h", LATER[later])
    errors, odd = [], []
    for spelling in SPELLINGS:
        (result,) = import_files({"a.xml": XML.format(doi=spelling)})
        errors += [(spelling, result.error)] if result.error or result.created else []
        odd += [(spelling, row.foreign_doi) for row in Record.select() if row.foreign_doi]
    assert (errors, odd, [row.doi for row in Doi.select()]) == ([], [], [OWN])
    assert [row.object_id for row in Record.select()] == [OWN]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_object_id_and_landing_page_are_made_of_the_bare_doi(import_files: Import, spelling: str) -> None:
    (result,) = import_files({"a.xml": XML.format(doi=spelling)})
    row = Doi.get()
    assert result.object_id == row.doi == record_lookup.find(spelling).object_id
    assert row.url == f"https://archive.example.org/{row.doi}"


def test_an_object_id_that_is_a_doi_is_one_in_every_spelling(import_files: Import) -> None:
    members = [{"object_id": spelling} for spelling in SPELLINGS]
    members += [{"identifiers": [{"identifier": one, "identifierType": "Local"}]} for one in SPELLINGS]
    for given in members:
        import_files({"a.json": text(**given)})
    assert [row.object_id for row in Record.select()] == [OWN]


@pytest.mark.parametrize("second", SPELLINGS)
def test_the_same_doi_twice_in_a_run_is_rejected_by_name(import_files: Import, second: str) -> None:
    first, rejected = import_files({"a.json": text(object_id=OWN), "b.json": text(doi=second)})
    assert (first.error, "has the object id" in rejected.error, first.place in rejected.error) == ("", True, True)


def test_a_foreign_doi_stays_foreign_in_every_spelling(import_files: Import) -> None:
    for spelling in SPELLINGS:
        import_files({"a.json": text(doi=spelling.replace("10.5072", "10.1594"))})
    assert [(row.object_id, row.foreign_doi.lower()) for row in Record.select()] == [("10.1594/U1", "10.1594/u1")]


def test_a_foreign_doi_stays_where_a_document_names_none(import_files: Import) -> None:
    import_files({"a.json": text(object_id="1", doi="10.1594/f")})
    import_files({"a.json": text(object_id="1")})
    kept = Record.get().foreign_doi
    import_files({"a.json": text(object_id="1", doi="10.1594/f")}, use_own_doi=False)
    assert (kept, Record.get().foreign_doi) == ("10.1594/f", "")


def test_a_document_that_names_a_doi_of_ours_finds_its_record(import_files: Import, a_record: Save) -> None:
    row = reservations.reserve(a_record("ms-1"))
    (result,) = import_files({"a.xml": XML.format(doi=f"https://doi.org/{row.doi.upper()}")})
    assert (result.object_id, result.created, result.error, Record.get().title) == ("ms-1", False, "", "Notes")


def test_an_object_id_stored_in_its_wrapping_is_found_again(import_files: Import, a_record: Save) -> None:
    a_record(metadata={"doi": OWN})
    wrapped = f"https://doi.org/{OWN}"
    Record.update(object_id=wrapped).execute()
    (result,) = import_files({"a.xml": XML.format(doi=wrapped)})
    assert (result.object_id, result.created, result.error) == (wrapped, False, "")


def test_a_record_made_foreign_by_mistake_gets_its_own_doi_back(import_files: Import) -> None:
    import_files({"a.json": text(object_id="1", doi=OWN)})
    Record.update(foreign_doi=OWN).execute()
    import_files({"a.json": text(object_id="1", doi=OWN)})
    assert Record.get().foreign_doi == ""


@pytest.mark.parametrize(
    "doi", ["10.5072", "10.5072/", "https://doi.org/10.5072/", "10.1594/", "hello", "https://a.org/x"]
)
def test_what_is_no_doi_is_rejected_by_name(import_files: Import, doi: str) -> None:
    (result,) = import_files({"a.json": text(object_id="1", doi=doi)})
    assert ("DOI" in result.error, "\n" in result.error, Record.select().count()) == (True, False, 0)


@pytest.mark.parametrize(
    ("text_", "object_id"), [("h:https://doi.org/10.5072/u1", OWN), ("h:10.5072/H/2026/MS-1", "ms-1")]
)
def test_a_record_is_found_by_its_doi_within_a_repository(a_record: Save, text_: str, object_id: str) -> None:
    a_record(OWN)
    reservations.reserve(a_record("ms-1"))
    assert record_lookup.find(text_).object_id == object_id


def test_a_doi_is_found_in_every_spelling(a_record: Save) -> None:
    a_record(metadata={"doi": OWN})
    assert {doi_rows.find(spelling).doi for spelling in SPELLINGS} == {OWN}


# --- its string


def test_a_local_prefix_alone_makes_opuss_doi(a_record: Save) -> None:
    change_settings.save_repository("h", {"local_prefix": "opus4"})
    assert reservations.reserve(a_record("146")).doi == "10.5072/opus4-146"


def test_a_local_prefix_changes_no_pattern_that_is_set(a_record: Save) -> None:
    change_settings.save_repository("h", {"local_prefix": "opus4-", "suffix_pattern": "{local_prefix}-{year}-{id}"})
    assert reservations.reserve(a_record("146")).doi == "10.5072/opus4-2026-146"


@pytest.mark.parametrize("local_prefix", ["ö", "a b", "a#"])
def test_a_local_prefix_that_no_doi_can_hold_is_refused(archive: Repository, local_prefix: str) -> None:
    with pytest.raises(BadInput, match="local_prefix cannot be"):
        change_settings.save_repository("h", {"local_prefix": local_prefix})


def test_records_whose_ids_are_beyond_ascii_have_dois_of_their_own(a_record: Save) -> None:
    object_ids = ("記録1", "文書1", "запись/1", "записи/1", "سجل", "Müller", "Muller", "a–b", "a—b")
    made = {reservations.reserve(a_record(object_id)).folded for object_id in object_ids}
    assert len(made) == len(object_ids)


# --- the database


def test_the_look_up_by_doi_reads_an_index(store: str) -> None:
    db = database.current().db
    explain = "EXPLAIN QUERY PLAN "
    if store.startswith("postgresql"):
        explain = "EXPLAIN "
        db.execute_sql("SET enable_seqscan = off")
    statement, values = record_lookup._by_dois(["10.5072/u1"]).sql()
    assert "record_of_doi" in str(db.execute_sql(explain + statement, values).fetchall())


def test_a_landing_page_changed_before_the_upgrade_counts_as_set_by_hand(import_files: Import, a_record: Save) -> None:
    rows = [reservations.reserve(a_record(object_id)) for object_id in ("1", "2", "3")]
    doi_actions.set_url(rows[0].doi, MOVED)
    doi_actions.set_url(rows[1].doi, MOVED)
    Record.update(set_by_hand="").execute()
    Record.update(url="https://other.example.org/").where(Record.object_id == "2").execute()
    step = next(step for step in migrations.known() if step.name == "set_by_hand")
    filling = [one for one in migrations.statements(step.sql) if one.startswith("UPDATE")]
    with database.write():
        for statement in filling:
            database.current().db.execute_sql(statement)
    assert {row.object_id: row.set_by_hand for row in Record.select()} == {"1": "url", "2": "", "3": ""}
