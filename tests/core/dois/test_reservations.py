"""A record's DOI: decided once, and never again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import IS_KEPT, Doi, Funding, Record, Repository
from doitui_core.dois import datacite_document, doi_rows, reservations, targets
from doitui_core.domain.states import Wanted
from doitui_core.errors import DoiTaken, Misconfigured, Refused
from doitui_core.metadata import build
from doitui_core.operations import change_settings, doi_actions

Save = Callable[..., Record]


def test_a_doi_made_on_new_years_eve_is_the_one_sent_next_year(a_record: Save, clock: object) -> None:
    reservations.reserve(a_record("ms-1"))
    clock.forward(hours=1)  # type: ignore[attr-defined]
    assert doi_actions.mint("ms-1").doi.doi == "10.5072/h/2026/ms-1"


def test_a_new_pattern_changes_no_doi_that_was_made(a_record: Save, archive: Repository) -> None:
    reservations.reserve(a_record("ms-1"))
    change_settings.set_setting("suffix_pattern", "new/{object_id}", archive.id)
    assert doi_actions.mint("ms-1").doi.doi == "10.5072/h/2026/ms-1"


def test_two_ids_that_make_one_string_are_reported_apart_by_a_person(a_record: Save) -> None:
    reservations.reserve(a_record("a b"))
    with pytest.raises(DoiTaken, match=r"record a-b cannot have 10.5072/h/2026/a-b: it is the DOI of record a b"):
        reservations.reserve(a_record("a-b"))


def test_strings_that_differ_in_case_are_one_doi(a_record: Save) -> None:
    reservations.reserve(a_record("MS"))
    with pytest.raises(DoiTaken, match="of record MS"):
        reservations.reserve(a_record("ms"))


def test_a_record_that_has_a_doi_gets_no_second_one(a_record: Save) -> None:
    record = a_record("ms-1")
    reservations.reserve(record)
    with pytest.raises(Refused, match=r"has the DOI 10.5072/h/2026/ms-1 already") as raised:
        reservations.reserve(record)
    assert raised.value.cause == "has_doi"


def test_a_record_with_a_foreign_doi_gets_none_of_ours(a_record: Save) -> None:
    record = a_record(metadata={"doi": "10.1594/x"})
    with pytest.raises(Refused) as raised:
        reservations.reserve(record)
    assert (raised.value.cause, Doi.select().count()) == ("foreign_doi", 0)


def test_an_abandoned_string_is_burnt(a_record: Save) -> None:
    record = a_record("ms-1")
    row = reservations.reserve(record)
    with database.write():
        facts = doi_rows.facts(doi_rows.lock(row.id))
        doi_rows.write(row, replace(facts, wanted=Wanted.ABANDONED), actor="test", action="abandon")
    with pytest.raises(DoiTaken, match="abandoned and never used again"):
        reservations.reserve(record)


def test_without_a_prefix_nothing_is_reserved(store: str, a_record: Save) -> None:
    change_settings.save_repository("bare", {})
    with pytest.raises(Misconfigured, match="repository bare: no prefix is set"):
        reservations.reserve(a_record("ms-1", repository="bare"))
    assert Doi.select().count() == 0


def test_a_reservation_is_logged_with_who_made_it(a_record: Save, assert_log: Callable[..., None]) -> None:
    row = reservations.reserve(a_record("ms-1"), actor="curie")
    assert_log(row.doi, "reserve")
    assert row.status == "reserved"


def test_the_year_is_that_of_the_database(a_record: Save, clock: object) -> None:
    clock.forward(days=400)  # type: ignore[attr-defined]
    assert reservations.reserve(a_record("ms-1")).doi == "10.5072/h/2028/ms-1"


def test_what_would_be_reserved_can_be_seen_beforehand(a_record: Save) -> None:
    record = a_record("ms-1")
    seen = reservations.preview(record)
    assert (seen, Doi.select().count(), reservations.reserve(record).doi) == ("10.5072/h/2026/ms-1", 0, seen)


RESERVING = """
from doitui_core.db import database
from doitui_core.operations import doi_actions
from doitui_core.records import record_lookup
from doitui_core.errors import DoituiError
database.open(sys.argv[1])
record = record_lookup.find("ms-1")
go()
try:
    print(doi_actions.mint("ms-1").job_id)
except DoituiError as error:
    print(error)
"""


def test_processes_that_mint_one_record_at_once_make_one_doi_and_one_job(
    store: str, a_record: Save, at_once: Callable[..., list[str]], assert_jobs: Callable[..., None]
) -> None:
    a_record("ms-1")
    told = set(at_once(RESERVING, store))
    assert (told, Doi.select().count()) == ({"1"}, 1)
    assert_jobs(pending=1)


def test_the_fingerprint_is_that_of_the_document_as_it_is_sent(a_record: Save, archive: Repository) -> None:
    record = a_record("ms-1")
    row = reservations.reserve(record)
    document = datacite_document.document(record, row.doi, repositories.config(archive))
    assert row.current_hash == build.fingerprint(document)


def test_content_that_changed_behind_a_record_at_hand_is_not_forgotten(a_record: Save) -> None:
    old = a_record("ms-1")
    reservations.reserve(old)
    a_record("ms-1", metadata={"titles": [{"title": "New"}]})
    expected = Doi.get().current_hash
    targets.mint(old, Wanted.FINDABLE, actor="test")
    assert Doi.get().current_hash == expected


@pytest.mark.parametrize(
    ("settings_", "metadata", "found"),
    [
        ({"default_publisher": "Ours"}, {"publisher": None}, {"name": "Ours"}),
        ({"default_publisher": "Ours"}, {}, {"name": "Archive"}),
        ({}, {"publisher": None}, None),
    ],
)
def test_the_publisher_is_the_repositorys_where_the_record_names_none(
    a_record: Save, settings_: dict[str, str], metadata: dict[str, object], found: object
) -> None:
    config = repositories.config(change_settings.save_repository("h", settings_))
    assert datacite_document.document(a_record(metadata=metadata), "10.5072/x", config)["publisher"] == found


def test_a_record_without_type_is_a_text(a_record: Save, archive: Repository) -> None:
    made = datacite_document.document(
        a_record(metadata={"types": {"resourceType": "Letter"}}), "x", repositories.config(archive)
    )
    assert made["types"] == {"resourceType": "Letter", "resourceTypeGeneral": "Text"}


@pytest.mark.parametrize(
    ("template", "url", "page"),
    [
        ("https://a.org/{object_id}", "", "https://a.org/ms-1"),
        ("https://a.org/{object_id}", "https://b.org/", "https://b.org/"),
        ("", "https://b.org/", "https://b.org/"),
        ("", "", None),
    ],
)
def test_the_landing_page_is_the_records_else_the_repositorys(
    a_record: Save, template: str, url: str, page: str | None
) -> None:
    config = repositories.config(change_settings.save_repository("h", {"landing_page": template}))
    assert datacite_document.document(a_record(url=url), "x", config)["url"] == page


@pytest.mark.parametrize(
    ("target", "codes"), [("findable", ["url_missing"]), ("registered", ["url_missing"]), ("draft", [])]
)
def test_without_a_landing_page_only_a_draft_can_be_made(a_record: Save, target: str, codes: list[str]) -> None:
    config = repositories.config(change_settings.save_repository("h", {"landing_page": ""}))
    found = datacite_document.errors(a_record(), config, target)
    assert [finding.code for finding in found] == codes


def test_fundings_kept_beside_a_record_are_sent_with_it(a_record: Save, archive: Repository) -> None:
    record = a_record(metadata={"fundingReferences": [{"funderName": "DFG"}]})
    Funding.create(record=record, funder_name="NSF", award_number="7", created_at=database.now())
    sent = datacite_document.document(record, "x", repositories.config(archive))["fundingReferences"]
    assert sent == [{"funderName": "DFG"}, {"funderName": "NSF", "awardNumber": "7"}]


def test_a_request_whose_worker_died_is_seen(a_record: Save) -> None:
    from doitui_core.db.models import Attempt

    row = reservations.reserve(a_record("ms-1"))
    before = doi_rows.unfinished(row.id)
    sent = {"doi": row.id, "job_id": 1, "worker": "w", "method": "POST", "target": "t", "sent_at": database.now()}
    attempt = Attempt.create(**sent)
    during = doi_rows.unfinished(row.id)
    Attempt.update(finished_at=database.now()).where(Attempt.id == attempt.id).execute()
    assert (before, during, doi_rows.unfinished(row.id)) == (False, True, False)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_doi_of_a_record_is_read_off_its_index_also_when_the_statement_is_prepared(
    store: str, a_record: Callable[..., Any]
) -> None:
    """While a new archive is filled nothing is known of its tables, and a plan once made is kept: with the index out of
    reach each mint would read all DOIs there are.
    """
    record = a_record("a")
    db = database.current().db
    for statement in ("SET enable_seqscan = off", "SET plan_cache_mode = force_generic_plan"):
        db.execute_sql(statement)
    statement, _ = Doi.select().where(Doi.record == record.id, IS_KEPT).sql()
    db.execute_sql("PREPARE of_record AS " + statement.replace("%s", "$1"))
    told = db.execute_sql(f"EXPLAIN EXECUTE of_record ({record.id})").fetchall()
    assert "doi_of_record" in str(told)
