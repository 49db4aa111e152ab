"""`doitui record publish`, `unpublish`, `delete`, `set`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]


def test_publish_and_unpublish_say_what_they_changed(minted: Doitui) -> None:
    assert minted("record", "unpublish", "a", "b", "--json").json["results"] == [
        {"object_id": "a", "changed": True},
        {"object_id": "b", "changed": True},
    ]
    assert minted("record", "unpublish", "a").out == "a was already unpublished\n"
    assert minted("record", "publish", "a").out == "a is published\n"


def test_a_deleted_records_doi_becomes_a_tombstone(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    doi = doi_of("a")
    assert minted("record", "delete", "a", "--dry-run").out == "a would be deleted; its DOI becomes a tombstone\n"
    assert minted("record", "delete", "a", "--reason", "withdrawn").code == 0
    minted("work", "--drain")

    assert minted("doi", "show", doi, "--json").json["status"] == "tombstone"


def test_an_unknown_record_is_named(minted: Doitui) -> None:
    done = minted("record", "delete", "nope", "a")

    assert (done.code, "no record 'nope'" in done.err) == (1, True)


def test_publishing_says_which_doi_it_made_and_why(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("setting", "set", "auto_mint", "1")
    archive("record", "import", "--unpublished", write("a"))
    would = archive("record", "publish", "a", "--dry-run").out
    done = archive("record", "publish", "a")
    doi = archive("record", "show", "a", "--json").json["doi"]
    assert would == f"a would be published; DOI {doi} created (auto_mint), to be queued (auto_mint)\n"
    assert done.out == f"a is published; DOI {doi} created (auto_mint), queued as job 1 (auto_mint)\n"


def test_json_names_the_doi_its_job_and_the_settings(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("setting", "set", "auto_create", "1")
    archive("record", "import", "--unpublished", write("a"))
    (found,) = archive("record", "publish", "a", "--json").json["results"]
    assert found == {
        "object_id": "a",
        "changed": True,
        "doi": archive("record", "show", "a", "--json").json["doi"],
        "created_by": "auto_create",
        "registered_by": None,
        "job": None,
    }


def test_a_doi_that_cannot_be_registered_is_an_error_and_the_record_is_published(
    archive: Doitui, write: Callable[..., Path]
) -> None:
    archive("setting", "set", "auto_mint", "1")
    archive("record", "import", "--unpublished", write("a", creators=[]))
    done = archive("record", "publish", "a")
    assert (done.code, "creator_missing" in done.complaint) == (1, True)
    assert archive("record", "show", "a", "--json").json["published"] is True


def test_an_import_counts_the_dois_it_made(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("setting", "set", "auto_mint", "1")
    found = archive("record", "import", write("a", "b"), "--json").json
    assert (found["dois_created"], found["dois_queued"], found["not_registered"]) == (2, 2, [])
    assert "DOI" not in archive("record", "import", write("a", "b")).out


def test_values_set_by_hand_are_shown_and_taken_back(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a", url="https://a.example.org/1"))
    options = ("--auto-create", "false", "--url", "https://b.example.org/1", "--owner-email", "ida@example.org")
    done = archive("record", "set", "a", *options, "--json").json
    assert done == {
        "object_id": "a",
        "set": {"auto_create": "false", "url": "https://b.example.org/1", "owner_email": "ida@example.org"},
        "changed": ["auto_create", "owner_email", "url"],
    }
    shown = archive("record", "show", "a", "--json").json
    assert shown["set_by_hand"] == ["url", "owner_email", "auto_create"]
    assert (shown["auto_create"], shown["url"]) == ("false", "https://b.example.org/1")
    assert archive("record", "set", "a", "--url", "", "--auto-create", "default").code == 0
    archive("record", "import", write("a", url="https://a.example.org/1"))
    shown = archive("record", "show", "a", "--json").json
    assert (shown["auto_create"], shown["url"], shown["set_by_hand"]) == (
        "default",
        "https://a.example.org/1",
        ["owner_email"],
    )


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ((), 2, "give --auto-create"),
        (("--owner-email", "nobody"), 2, "'nobody' is not a mail address"),
        (("--url", "nowhere"), 2, "nowhere"),
        (("--auto-create", "perhaps"), 2, "perhaps"),
    ],
)
def test_what_cannot_be_set_is_named(
    archive: Doitui, write: Callable[..., Path], options: tuple[str, ...], code: int, words: str
) -> None:
    archive("record", "import", write("a"))
    done = archive("record", "set", "a", *options)
    assert (done.code, words in done.complaint) == (code, True)
