"""`doitui record harvest`: what it prints, its JSON and its exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from ..oai_archive import OaiArchive, dublin_core

Doitui = Callable[..., Any]


def test_records_are_harvested_and_counted(archive: Doitui, oai: OaiArchive) -> None:
    oai.add(1, 2, 3, 4)
    done = archive("record", "harvest", oai.url)
    assert (done.code, done.err, done.out) == (0, "", "4 records harvested (4 new, 0 known), 0 rejected\n")
    assert len(archive("record", "list", "--json").json["records"]) == 4


def test_json_has_the_counts(archive: Doitui, oai: OaiArchive) -> None:
    oai.add(1)
    oai.add(2, metadata="<none/>")
    oai.delete(3)
    done = archive("record", "harvest", oai.url, "--json")
    assert (done.code, done.json) == (
        1,
        {
            "harvested": 3,
            "created": 1,
            "updated": 0,
            "deleted": [{"identifier": "oai:archive.example.org:3", "object_id": "3", "known": False}],
            "rejected": [{"place": "oai:archive.example.org:2", "error": "has <none> without a DataCite <resource>"}],
            "kept": [],
            "kept_count": 0,
            "overwritten": [],
            "overwritten_count": 0,
            "dois_created": 0,
            "dois_queued": 0,
            "not_registered": [],
            "renamed": [],
            "found_by_doi": [],
            "landing_pages_changed": 0,
        },
    )


def test_nothing_to_harvest_is_no_failure(archive: Doitui, oai: OaiArchive) -> None:
    done = archive("record", "harvest", oai.url)
    assert (done.code, done.out) == (0, "0 records harvested (0 new, 0 known), 0 rejected\n")


def test_a_dry_run_changes_nothing(archive: Doitui, oai: OaiArchive) -> None:
    oai.add(1)
    done = archive("record", "harvest", oai.url, "--dry-run")
    assert (done.code, done.out) == (0, "1 record would be harvested (1 new, 0 known), 0 rejected\n")
    assert archive("record", "list", "--json").json["records"] == []


def test_a_record_deleted_at_the_source_names_the_command_that_deletes_it(archive: Doitui, oai: OaiArchive) -> None:
    oai.add(1)
    archive("record", "harvest", oai.url)
    oai.rows.clear()
    oai.delete(1)
    done = archive("record", "harvest", oai.url)
    assert done.complaint == (
        "oai:archive.example.org:1 was deleted at the source: `doitui record delete 1` deletes it here"
    )
    assert done.out == "0 records harvested (0 new, 0 known), 0 rejected, 1 deleted at the source\n"
    assert archive("record", "show", "1").code == 0


def test_dublin_core_says_what_is_missing_and_left_out(archive: Doitui, oai: OaiArchive) -> None:
    oai.add(1, metadata=dublin_core(title="Letters", relation="a box"))
    done = archive("record", "harvest", oai.url, "--prefix", "oai_dc")
    assert done.out.splitlines()[1:] == [
        "1 of them cannot be minted yet: see `doitui record check --all`",
        "1 relation left out: Dublin Core does not say their type",
    ]


def test_what_a_person_set_is_overwritten_only_if_asked(archive: Doitui, oai: OaiArchive) -> None:
    oai.add(1, metadata=dublin_core(title="Letters", identifier="https://archive.example.org/1"))
    harvest = ("record", "harvest", oai.url, "--prefix", "oai_dc")
    archive(*harvest)
    archive("record", "set", "1", "--url", "https://elsewhere.example.org/1")

    def landing_page() -> str:
        return str(archive("record", "show", "1", "--json").json["url"])

    kept = archive(*harvest)
    assert (landing_page(), "1 value set by hand not changed: --overwrite takes the source's values" in kept.out) == (
        "https://elsewhere.example.org/1",
        True,
    )
    would = archive(*harvest, "--overwrite", "--dry-run")
    assert "1 value set by hand would be overwritten" in would.out
    done = archive(*harvest, "--overwrite", "--json")
    value = {"field": "url", "value": "https://elsewhere.example.org/1", "document": "https://archive.example.org/1"}
    assert (done.json["overwritten"], landing_page()) == (
        [{"object_id": "1"} | value],
        "https://archive.example.org/1",
    )


def test_all_rejected_is_an_error_of_the_input(archive: Doitui, oai: OaiArchive) -> None:
    oai.add(1, metadata="<none/>")
    assert archive("record", "harvest", oai.url).code == 2


def test_a_broken_harvest_says_where_and_that_the_same_command_continues(archive: Doitui, oai: OaiArchive) -> None:
    oai.add(1, 2, 3, 4)
    oai.answers.extend([(200, {}, oai.document({})), (404, {}, "gone")])
    done = archive("record", "harvest", oai.url)
    assert done.code == 4
    assert done.complaint.endswith(
        f"{oai.url}?verb=ListRecords&resumptionToken=0%7C%7C3 answers HTTP 404: gone; "
        "3 records stored before; the same command continues from there"
    )
    done = archive("record", "harvest", oai.url)
    assert done.out.splitlines() == [
        "1 record harvested (1 new, 0 known), 0 rejected",
        "the harvest continued where it was interrupted",
    ]


def test_a_server_that_cannot_be_reached(archive: Doitui) -> None:
    done = archive("record", "harvest", "http://127.0.0.1:1/oai")
    assert done.code == 4
    assert "cannot be reached" in done.complaint


def test_another_address_is_wrong_usage(archive: Doitui) -> None:
    done = archive("record", "harvest", "ftp://archive.example.org/oai")
    assert done.code == 2
    assert "must be an address of an OAI-PMH server" in done.complaint


def test_a_missing_library_names_the_package(archive: Doitui, oai: OaiArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("oaipmh_scythe", "doitui_core.records.oai_client"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "oaipmh_scythe", None)
    done = archive("record", "harvest", oai.url)
    assert (done.code, "pip install 'doitui[harvest]'" in done.complaint) == (3, True)


def test_a_harvest_counts_the_dois_it_made(archive: Doitui, oai: OaiArchive) -> None:
    archive("setting", "set", "auto_mint", "1")
    oai.add(1, 2)
    done = archive("record", "harvest", oai.url)
    assert done.out.splitlines()[1:2] == ["2 DOIs created, 2 queued for registration"]
    assert archive("record", "harvest", oai.url, "--json").json["dois_created"] == 0
