"""Records in, and found again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Doi, Record, Repository
from doitui_core.dois import reservations
from doitui_core.errors import AmbiguousId, BadInput, DoiTaken, InvalidDoi, NotFound, Refused
from doitui_core.operations import change_settings
from doitui_core.records import record_lookup, records
from doitui_core.records.records import RecordInput

Save = Callable[..., Record]


def test_a_record_is_kept_in_canonical_form(a_record: Save) -> None:
    record = a_record(metadata={"titles": [{"title": " A "}], "publicationYear": "1902", "nonsense": 1})
    kept = json.loads(Record.get_by_id(record.id).metadata)
    assert (kept["titles"], kept["publicationYear"], "nonsense" in kept) == ([{"title": "A"}], 1902, False)


def test_the_same_id_brings_the_record_up_to_date(a_record: Save, clock: object) -> None:
    first = a_record("ms-1")
    second = a_record("ms-1", metadata={"titles": [{"title": "New"}]}, published=False)
    told = Record.get_by_id(first.id)
    assert (second.id, told.title, told.published, Record.select().count()) == (first.id, "New", False, 1)


def test_a_record_that_did_not_change_is_not_touched(a_record: Save, clock: object) -> None:
    before = a_record("ms-1").updated_at
    clock.forward(days=1)  # type: ignore[attr-defined]
    a_record("ms-1")
    assert Record.get(Record.object_id == "ms-1").updated_at == before


@pytest.mark.parametrize(
    ("given", "in_metadata", "page"),
    [
        ("https://a.org/1", "https://b.org/2", "https://a.org/1"),
        ("", "https://b.org/2", "https://b.org/2"),
        ("", "", ""),
    ],
)
def test_the_landing_page_is_the_given_one_else_the_documents(
    a_record: Save, given: str, in_metadata: str, page: str
) -> None:
    assert a_record(url=given, metadata={"url": in_metadata}).url == page


def test_our_own_doi_is_kept_as_it_was_written(a_record: Save) -> None:
    record = a_record(metadata={"doi": "https://doi.org/10.5072/ABC"})
    row = reservations.for_record(record)
    assert row is not None
    assert (row.doi, row.folded, row.status, record.foreign_doi) == ("10.5072/ABC", "10.5072/abc", "reserved", "")


def test_a_foreign_doi_is_noted_and_not_reserved(a_record: Save) -> None:
    record = a_record(metadata={"doi": "10.1594/WDCC/X"})
    assert (record.foreign_doi, Doi.select().count()) == ("10.1594/WDCC/X", 0)


def test_a_doi_to_be_ignored_leaves_no_trace(archive: Repository) -> None:
    given = RecordInput("ms-1", {"doi": "10.5072/abc"}, own_doi=False)
    record = records.store(repositories.config(archive), given, "test").record
    assert (record.foreign_doi, Doi.select().count(), "doi" in json.loads(record.metadata)) == ("", 0, False)


def test_importing_again_with_the_same_doi_keeps_it(a_record: Save, assert_log: Callable[..., None]) -> None:
    a_record(metadata={"doi": "10.5072/abc"})
    a_record(metadata={"doi": "doi:10.5072/ABC"})
    assert_log("10.5072/abc", "reserve")


@pytest.mark.parametrize("second", ["10.5072/other", "10.1594/foreign"])
def test_a_second_document_with_another_doi_is_refused_and_changes_nothing(a_record: Save, second: str) -> None:
    a_record(metadata={"doi": "10.5072/abc"})
    with pytest.raises(Refused, match=f"has the DOI 10.5072/abc, but its document names {second}"):
        a_record(metadata={"doi": second, "titles": [{"title": "Other"}]})
    assert Record.get().title == "Notebooks"


def test_a_doi_of_another_record_is_refused_naming_it_and_nothing_is_stored(a_record: Save) -> None:
    a_record("ms-1", metadata={"doi": "10.5072/abc"})
    with pytest.raises(DoiTaken, match=r"record ms-2 cannot have 10.5072/abc: it is the DOI of record ms-1"):
        a_record("ms-2", metadata={"doi": "10.5072/ABC"})
    assert Record.select().count() == 1


@pytest.mark.parametrize("doi", ["10.5072/", "10.5072/a b", "10.5072/ä"])
def test_a_doi_under_our_prefix_that_datacite_refuses_is_refused(a_record: Save, doi: str) -> None:
    with pytest.raises(InvalidDoi):
        a_record(metadata={"doi": doi})


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("a\x00b\x1b[31mc\td", "a b [31mc d"),
        ("x" * 10_000, "x" * 500),
        ("مخطوطة \u202eabc", "مخطوطة \u202eabc"),
        ("\U0001f600\u0301", "\U0001f600\u0301"),
        ("line\r\nbreak\x85\u009f", "line break "),
        ("<b>[bold]", "<b>[bold]"),
    ],
)
def test_a_hostile_title_is_stored_whole_and_shown_in_one_line(a_record: Save, title: str, shown: str) -> None:
    record = Record.get_by_id(a_record(metadata={"titles": [{"title": title}]}).id)
    assert (record.title, json.loads(record.metadata)["titles"][0]["title"]) == (shown, title.strip())


@pytest.mark.parametrize(
    ("titles", "shown"),
    [
        ([{"title": "Sub", "titleType": "Subtitle"}, {"title": "Main"}], "Main"),
        ([{"title": "Sub", "titleType": "Subtitle"}], "Sub"),
        ([], ""),
        ("Text", ""),
        ([["odd"]], ""),
        ([{"title": {"odd": 1}}], "{'odd': 1}"),
    ],
)
def test_the_main_title_is_shown(a_record: Save, titles: object, shown: str) -> None:
    assert a_record(metadata={"titles": titles}).title == shown


@pytest.mark.parametrize(
    "where", [{"titles": [{"title": "a\ud800"}]}, {"doi": "10.1594/\udc80"}, {"url": "https://a/\udfff"}]
)
def test_half_a_character_is_refused_in_one_line(a_record: Save, where: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="unpaired surrogate") as raised:
        a_record(metadata=where)
    str(raised.value).encode()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "beside", [{"url": "https://a/\x00"}, {"owner_name": "A\x00"}, {"metadata": {"doi": "10.1594/\x00"}}]
)
def test_a_nul_that_postgresql_cannot_keep_is_refused_on_both(a_record: Save, beside: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="control characters"):
        a_record(**beside)


@pytest.mark.parametrize("object_id", ["", "  ", "a\nb", "a\x00", "x" * 256, "\ud800", "a\x1b[31m"])
def test_what_cannot_be_an_object_id_is_refused(a_record: Save, object_id: str) -> None:
    with pytest.raises(BadInput, match="cannot be an object id"):
        a_record(object_id)


@pytest.mark.parametrize("object_id", ["x" * 255, "a:b", "ä/漢 字", "10.5072/x", "-1", "%", "'\"--"])
def test_a_record_is_found_by_its_object_id(a_record: Save, object_id: str) -> None:
    saved = a_record(object_id)
    assert record_lookup.find(object_id).id == saved.id


def test_an_id_of_two_repositories_is_refused_naming_both(a_record: Save) -> None:
    change_settings.save_repository("i", {"datacite_prefix": "10.5072"})
    a_record("1")
    a_record("1", repository="i")
    with pytest.raises(AmbiguousId) as raised:
        record_lookup.find("1")
    assert set(raised.value.choices) == {"h:1", "i:1"}


def test_a_code_before_the_id_says_which_is_meant(a_record: Save) -> None:
    change_settings.save_repository("i", {"datacite_prefix": "10.5072"})
    expected = {code: a_record("1", repository=code).id for code in "hi"}
    assert {code: record_lookup.find(f"{code}:1").id for code in "hi"} == expected


def test_an_object_id_with_a_colon_goes_before_a_code(a_record: Save) -> None:
    a_record("1")
    with_colon = a_record("h:1")
    assert record_lookup.find("h:1").id == with_colon.id


@pytest.mark.parametrize("text", ["nobody", "h:nobody", "x:ms-1", ":", "", "\x00", "\udc80", "MS-1"])
def test_a_record_that_is_not_there_is_not_found(a_record: Save, text: str) -> None:
    a_record("ms-1")
    with pytest.raises(NotFound, match="there is no record") as raised:
        record_lookup.find(text)
    str(raised.value).encode()


def test_saving_joins_the_callers_transaction(a_record: Save) -> None:
    def save_and_fail() -> None:
        with database.write():
            a_record("ms-1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        save_and_fail()
    assert Record.select().count() == 0


def test_two_threads_that_save_the_same_record_make_one(archive: Repository, a_record: Save) -> None:
    together = threading.Barrier(2)
    failures: list[BaseException] = []

    def save() -> None:
        together.wait()
        try:
            for number in range(20):
                a_record(f"ms-{number}")
        except BaseException as error:
            failures.append(error)
        database.close_thread()

    threads = [threading.Thread(target=save) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failures, Record.select().count()) == ([], 20)


def test_a_change_after_the_mint_leaves_the_mark_changed(a_record: Save, a_minted_doi: Callable[..., Doi]) -> None:
    row = a_minted_doi("ms-1")
    a_record("ms-1", metadata={"titles": [{"title": "New"}]})
    assert (Doi.get_by_id(row.id).changed, database.counts("mark.")) == (True, {"changed": 1})


def test_a_change_taken_back_takes_the_mark_away(a_record: Save, a_minted_doi: Callable[..., Doi]) -> None:
    row = a_minted_doi("ms-1")
    a_record("ms-1", metadata={"titles": [{"title": "New"}]})
    a_record("ms-1")
    assert Doi.get_by_id(row.id).changed is False


def test_a_change_before_the_mint_is_no_change_since(a_record: Save) -> None:
    row = reservations.reserve(a_record("ms-1"))
    a_record("ms-1", metadata={"titles": [{"title": "New"}]})
    assert Doi.get_by_id(row.id).changed is False


def test_a_new_landing_page_is_reported_to_the_doi(a_record: Save) -> None:
    row = reservations.reserve(a_record("ms-1"))
    a_record("ms-1", url="https://elsewhere.example.org/1")
    assert Doi.get_by_id(row.id).url == "https://elsewhere.example.org/1"
