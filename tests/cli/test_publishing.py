"""`doitui record publish`, `unpublish`, `delete`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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

    assert (done.code, "nope" in done.complaint) == (1, True)
