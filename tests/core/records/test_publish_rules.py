"""Published, unpublished, deleted, and what becomes of the DOI."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doitui_core.db import database
from doitui_core.db.models import Doi, Record
from doitui_core.dois import doi_rows, reservations, tombstone_page
from doitui_core.domain.states import Remote, Wanted, timed_out
from doitui_core.errors import NotFound, Refused
from doitui_core.records import publish_rules, record_lookup

Make = Callable[..., Record]


def facts(doi: str) -> tuple[Wanted, Remote]:
    found = doi_rows.facts(Doi.get(Doi.doi == doi))
    return found.wanted, found.remote


def test_publishing_is_a_mark_and_touches_no_doi(a_record: Make, a_minted_doi: Callable[..., Doi]) -> None:
    row = a_minted_doi()
    assert publish_rules.publish(record_lookup.find("ms-1"), on=False).changed
    assert not publish_rules.publish(record_lookup.find("ms-1"), on=False).changed

    assert (record_lookup.find("ms-1").published, facts(row.doi)) == (False, (Wanted.FINDABLE, Remote.FINDABLE))


def test_a_record_without_a_doi_is_simply_gone(a_record: Make) -> None:
    assert publish_rules.delete(a_record()) == "nothing"
    with pytest.raises(NotFound):
        record_lookup.find("ms-1")


def test_a_reserved_doi_is_burnt_and_the_object_id_is_free_again(a_record: Make) -> None:
    row = reservations.reserve(a_record())
    assert publish_rules.delete(record_lookup.find("ms-1")) == "abandon"

    assert facts(row.doi) == (Wanted.ABANDONED, Remote.NONE)
    a_record("ms-1")
    with pytest.raises(Refused):
        reservations.reserve(record_lookup.find("ms-1"))


def test_a_minted_doi_becomes_a_tombstone_that_still_tells_of_the_record(
    a_record: Make, a_minted_doi: Callable[..., Doi]
) -> None:
    row = a_minted_doi()
    assert publish_rules.delete(record_lookup.find("ms-1"), reason="withdrawn") == "tombstone"

    assert facts(row.doi) == (Wanted.TOMBSTONE, Remote.FINDABLE)
    assert not record_lookup.find("ms-1").published
    assert "Notebooks" in tombstone_page.render(tombstone_page.from_row(Doi.get_by_id(row.id)))


def test_deleting_twice_is_deactivating_once(a_minted_doi: Callable[..., Doi]) -> None:
    a_minted_doi()
    publish_rules.delete(record_lookup.find("ms-1"), reason="first")

    assert publish_rules.delete(record_lookup.find("ms-1"), reason="second") == "nothing"
    assert Doi.get().reason == "first"


def test_while_nobody_knows_what_became_of_its_doi_a_record_stays(a_record: Make) -> None:
    row = reservations.reserve(a_record())
    with database.write():
        locked = doi_rows.lock(row.id)
        doi_rows.write(locked, timed_out(doi_rows.facts(locked)), actor="test", action="mint")

    with pytest.raises(Refused, match="uncertain"):
        publish_rules.delete(record_lookup.find("ms-1"))
    assert record_lookup.find("ms-1").published
