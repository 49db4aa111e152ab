"""DOIs assigned by hand, surplus ones, and duplicates. Counterparts of OPUS 4's tests stand in the docstrings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.db.models import Audit, Doi, DoiLog, Job, Record, Repository
from doitui_core.dois import reservations
from doitui_core.errors import BadInput, DoiTaken, InvalidDoi, Refused
from doitui_core.operations import change_settings, doi_actions, duplicate_dois, exporting
from doitui_core.operations.doi_assignments import FOREIGN, METADATA, OWN, NamedDoi, assign, check_unassign, unassign
from doitui_core.records import record_lookup
from doitui_core.records.importing import ImportResult

Save = Callable[..., Record]
Import = Callable[..., list[ImportResult]]

THEIRS = "10.1594/x"


def document(**members: Any) -> dict[str, str | bytes]:
    return {"a.json": json.dumps({"object_id": "1", "titles": [{"title": "A"}], **members})}


def foreign_of(object_id: str) -> str:
    return record_lookup.find(object_id).foreign_doi


# --- assign


@pytest.mark.parametrize("text", ["10.5072/Hand", " https://doi.org/10.5072%2FHand ", "doi:10.5072/Hand"])
def test_a_doi_under_our_prefix_becomes_the_records_own(a_record: Save, text: str) -> None:
    """StoreFilterDoiValue."""
    assert assign(a_record("1"), text, actor="curie") == ("10.5072/Hand", True)
    assert [(row.doi, row.status, row.remote) for row in Doi.select()] == [("10.5072/Hand", "reserved", "unknown")]
    assert [(row.actor, row.action, row.detail) for row in DoiLog.select()] == [
        ("curie", "reserve", "assigned by hand")
    ]
    assert Audit.get(Audit.action == "assign").detail == "10.5072/Hand"
    assert doi_actions.mint("1").doi.doi == "10.5072/Hand"


def test_any_other_doi_is_foreign_and_never_registered(a_record: Save) -> None:
    """RegisterDocWithExternalDoi."""
    assert assign(a_record("1"), THEIRS) == (THEIRS, False)
    with pytest.raises(Refused, match="foreign DOI"):
        doi_actions.mint("1")
    assert (foreign_of("1"), Doi.select().count(), Job.select().count()) == (THEIRS, 0, 0)


def test_a_record_with_a_foreign_doi_is_exported_under_it(a_record: Save) -> None:
    """GenerateWithNonLocalDoi: ours prints the document, and never registers it."""
    assign(a_record("1"), THEIRS)
    assert exporting.of_record(record_lookup.find("1")).doi == THEIRS


@pytest.mark.parametrize("have", ["10.5072/a", THEIRS])
@pytest.mark.parametrize("more", ["10.5072/b", "10.1594/y"])
def test_only_a_record_without_a_doi_can_get_one(a_record: Save, have: str, more: str) -> None:
    assign(a_record("1"), have)
    with pytest.raises(Refused, match=f"has the DOI {have} already") as raised:
        assign(record_lookup.find("1"), more)
    assert raised.value.cause == "has_doi"


@pytest.mark.parametrize("taken", ["10.5072/a", THEIRS])
def test_a_doi_of_another_record_is_refused_in_every_spelling(a_record: Save, taken: str) -> None:
    """IsDoiUniqueNegative."""
    assign(a_record("1"), taken)
    for spelling in (taken, taken.upper(), f"https://doi.org/{taken}"):
        with pytest.raises(DoiTaken, match="it is the DOI of record 1"):
            assign(a_record("2"), spelling)


def test_a_doi_that_begins_as_another_one_is_another_one(a_record: Save) -> None:
    """IsDoiUniquePositive, IsDoiUniqueDoiPrefixOfOtherDoi."""
    assign(a_record("1"), "10.5072/x-12")
    assert assign(a_record("2"), "10.5072/x-1") == ("10.5072/x-1", True)


@pytest.mark.parametrize("bad", ["ä", "ö", "ü", "ß", "#", "a b", "%"])
def test_a_doi_of_ours_with_other_characters_is_refused(a_record: Save, bad: str) -> None:
    """IsValidDoi*."""
    with pytest.raises(InvalidDoi):
        assign(a_record("1"), f"10.5072/{bad}")
    assert Doi.select().count() == 0


@pytest.mark.parametrize("text", ["", "hello", "10.5072", "10.5072/", "10.1594/a\x00", "10.1594/../x"])
def test_what_is_no_doi_is_refused(a_record: Save, text: str) -> None:
    with pytest.raises(InvalidDoi):
        assign(a_record("1"), text)


def test_a_deleted_and_burnt_string_cannot_be_assigned(a_record: Save) -> None:
    doi = reservations.reserve(a_record("1")).doi
    doi_actions.abandon(doi)
    with pytest.raises(DoiTaken):
        assign(a_record("2"), doi)


def test_an_assigned_foreign_doi_survives_imports(import_files: Import) -> None:
    import_files(document())
    assign(record_lookup.find("1"), THEIRS)
    import_files(document())
    (result,) = import_files(document(doi="10.1594/OTHER"))
    assert (foreign_of("1"), [one.field for one in result.protected]) == (THEIRS, ["foreign_doi"])
    (result,) = import_files(document(doi="10.5072/ours"))
    assert (foreign_of("1"), Doi.select().count(), len(result.protected)) == (THEIRS, 0, 1)
    (result,) = import_files(document(doi=THEIRS.upper()))
    assert (foreign_of("1"), result.protected) == (THEIRS, ())


@pytest.mark.parametrize(("doi", "foreign", "own"), [("10.1594/y", "10.1594/y", []), ("10.5072/o", "", ["10.5072/o"])])
def test_overwrite_takes_the_doi_of_the_document(import_files: Import, doi: str, foreign: str, own: list[str]) -> None:
    import_files(document())
    assign(record_lookup.find("1"), THEIRS)
    (result,) = import_files(document(doi=doi), overwrite=True)
    assert [one.field for one in result.overwritten] == ["foreign_doi"]
    assert (foreign_of("1"), [row.doi for row in Doi.select()]) == (foreign, own)
    assert record_lookup.find("1").set_by_hand == ""


def test_an_assigned_doi_of_ours_stays_where_the_document_names_another(import_files: Import) -> None:
    import_files(document())
    assign(record_lookup.find("1"), "10.5072/hand")
    (result,) = import_files(document(doi="10.5072/other"), overwrite=True)
    assert ("has the DOI 10.5072/hand, but its document names" in result.error, Doi.select().count()) == (True, 1)


# --- ours stays ours

LATER = {
    "another prefix": {"datacite_prefix": "10.82433"},
    "a local prefix": {"local_prefix": "opus"},
    "another pattern": {"suffix_pattern": "new/{object_id}"},
}


@pytest.mark.parametrize("later", LATER)
def test_a_doi_that_is_ours_stays_ours_whatever_is_set_later(import_files: Import, later: str) -> None:
    import_files(document())
    doi = assign(record_lookup.find("1"), "10.5072/Hand")[0]
    change_settings.save_repository("h", LATER[later])
    for spelling in (doi, doi.upper(), doi.lower(), f"https://doi.org/{doi}", None):
        (result,) = import_files(document(doi=spelling))
        assert (result.error, foreign_of("1"), [row.doi for row in Doi.select()]) == ("", "", [doi])
    (result,) = import_files(document(doi="10.1594/other"))
    assert (f"has the DOI {doi}" in result.error, foreign_of("1")) == (True, "")
    with pytest.raises(Refused):
        reservations.reserve(record_lookup.find("1"))


# --- surplus ones


@pytest.fixture
def two(a_record: Save) -> Record:
    """A record of an older version: its own DOI, a foreign one, and one among its alternate identifiers."""
    alternate = [
        {"identifier": "https://doi.org/10.1594/ALT", "identifierType": "doi"},
        {"identifier": "10.1594/x", "identifierType": "Local"},
    ]
    record = a_record("1", metadata={"identifiers": alternate})
    reservations.reserve(record)
    Record.update(foreign_doi=THEIRS).execute()
    return record_lookup.find("1")


def surplus() -> list[tuple[str, ...]]:
    return [tuple(one.doi for one in found.dois) for found in duplicate_dois.surplus()]


def test_a_record_with_several_dois_is_listed_with_them_all(two: Record, a_record: Save) -> None:
    """SetStatusOfExistingDoiTest: warns of more than one DOI."""
    reservations.reserve(a_record("2", metadata={"relatedIdentifiers": [{"relatedIdentifierType": "DOI"}]}))
    (found,) = duplicate_dois.surplus()
    assert found.message == "document 1 has more than one DOI but only one DOI is expected: consider a cleanup"
    assert found.dois == (
        NamedDoi("10.5072/h/2026/1", OWN, "reserved"),
        NamedDoi(THEIRS, FOREIGN),
        NamedDoi("10.1594/ALT", METADATA),
    )


def test_the_same_doi_in_several_places_is_one(a_record: Save) -> None:
    record = a_record("1", metadata={"identifiers": [{"identifier": "10.5072/H/2026/1", "identifierType": "Doi"}]})
    reservations.reserve(record)
    assert surplus() == []


def test_surplus_dois_are_taken_away_until_one_is_left(two: Record) -> None:
    before = Doi.get().current_hash
    assert unassign(two, "10.1594/alt", actor="curie").place == METADATA
    assert json.loads(record_lookup.find("1").metadata)["identifiers"] == [
        {"identifier": "10.1594/x", "identifierType": "Local"}
    ]
    assert Doi.get().current_hash != before
    assert unassign(two, f"https://doi.org/{THEIRS}").place == FOREIGN
    assert (foreign_of("1"), surplus()) == ("", [])
    with pytest.raises(Refused, match=r"is the only DOI of record 1.*`doitui doi abandon"):
        unassign(two, "10.5072/h/2026/1")
    assert [row.detail for row in Audit.select().where(Audit.action == "unassign")] == ["10.1594/ALT", THEIRS]


def test_an_own_doi_that_is_surplus_is_abandoned(two: Record) -> None:
    assert unassign(two, "10.5072/H/2026/1").place == OWN
    assert (Doi.get().status, foreign_of("1")) == ("abandoned", THEIRS)


def test_a_registered_doi_is_never_taken_away(a_minted_doi: Callable[..., Doi]) -> None:
    row = a_minted_doi("1")
    with pytest.raises(Refused, match="is the only DOI"):
        unassign(record_lookup.find("1"), row.doi)
    Record.update(foreign_doi=THEIRS).execute()
    with pytest.raises(Refused, match="is findable, and permanent"):
        unassign(record_lookup.find("1"), row.doi)
    assert (unassign(record_lookup.find("1"), THEIRS).place, Doi.get().status) == (FOREIGN, "findable")


def test_an_only_foreign_doi_stays(a_record: Save) -> None:
    assign(a_record("1"), THEIRS)
    with pytest.raises(Refused, match="--doi ignore"):
        check_unassign(record_lookup.find("1"), THEIRS)


def test_the_message_about_an_only_foreign_doi_is_true(import_files: Import) -> None:
    import_files(document())
    assign(record_lookup.find("1"), THEIRS)
    import_files(document(), use_own_doi=False)
    assert (foreign_of("1"), record_lookup.find("1").set_by_hand) == ("", "")


def test_a_doi_the_record_does_not_have_is_named(two: Record) -> None:
    with pytest.raises(BadInput, match=r"does not have the DOI '10.5072/no' \(it has: 10.5072/h/2026/1, "):
        unassign(two, "10.5072/no")


def test_a_doi_of_several_records_is_listed(a_record: Save, archive: Repository) -> None:
    """GetDuplicateDoiValues*."""
    assert duplicate_dois.shared() == []
    for object_id in ("1", "2", "3"):
        a_record(object_id)
    doi = reservations.reserve(record_lookup.find("3")).doi
    Record.update(foreign_doi=THEIRS.upper()).where(Record.object_id == "1").execute()
    Record.update(foreign_doi=THEIRS).where(Record.object_id == "2").execute()
    (found,) = duplicate_dois.shared()
    assert (found.doi, found.records) == (THEIRS, ("h:1", "h:2"))
    Record.update(foreign_doi=doi.upper()).where(Record.object_id == "2").execute()
    (found,) = duplicate_dois.shared(archive.id)
    assert (found.doi, set(found.records)) == (doi, {"h:2", "h:3"})
    assert duplicate_dois.shared(archive.id + 1) == []
