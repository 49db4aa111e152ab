"""Published, unpublished, deleted, and what becomes of the DOI."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doitui_core import database, dois, ledger, publishing, records, tombstones
from doitui_core.errors import NotFound, Refused
from doitui_core.models import Doi, Record
from doitui_core.states import Remote, Wanted, timed_out

Make = Callable[..., Record]


def facts(doi: str) -> tuple[Wanted, Remote]:
    found = ledger.facts(Doi.get(Doi.doi == doi))
    return found.wanted, found.remote


def test_publishing_is_a_mark_and_touches_no_doi(a_record: Make, a_minted_doi: Callable[..., Doi]) -> None:
    row = a_minted_doi()
    assert publishing.publish(records.find("ms-1"), on=False)
    assert not publishing.publish(records.find("ms-1"), on=False)

    assert (records.find("ms-1").published, facts(row.doi)) == (False, (Wanted.FINDABLE, Remote.FINDABLE))


def test_a_record_without_a_doi_is_simply_gone(a_record: Make) -> None:
    assert publishing.delete(a_record()) == "nothing"
    with pytest.raises(NotFound):
        records.find("ms-1")


def test_a_reserved_doi_is_burnt_and_the_object_id_is_free_again(a_record: Make) -> None:
    row = dois.reserve(a_record())
    assert publishing.delete(records.find("ms-1")) == "abandon"

    assert facts(row.doi) == (Wanted.ABANDONED, Remote.NONE)
    a_record("ms-1")
    with pytest.raises(Refused):
        dois.reserve(records.find("ms-1"))


def test_a_minted_doi_becomes_a_tombstone_that_still_tells_of_the_record(
    a_record: Make, a_minted_doi: Callable[..., Doi]
) -> None:
    row = a_minted_doi()
    assert publishing.delete(records.find("ms-1"), reason="withdrawn") == "tombstone"

    assert facts(row.doi) == (Wanted.TOMBSTONE, Remote.FINDABLE)
    assert not records.find("ms-1").published
    assert "Notebooks" in tombstones.render(tombstones.of(Doi.get_by_id(row.id)))


def test_deleting_twice_is_deactivating_once(a_minted_doi: Callable[..., Doi]) -> None:
    a_minted_doi()
    publishing.delete(records.find("ms-1"), reason="first")

    assert publishing.delete(records.find("ms-1"), reason="second") == "nothing"
    assert Doi.get().reason == "first"


def test_while_nobody_knows_what_became_of_its_doi_a_record_stays(a_record: Make) -> None:
    row = dois.reserve(a_record())
    with database.write():
        locked = ledger.lock(row.id)
        ledger.write(locked, timed_out(ledger.facts(locked)), actor="test", action="mint")

    with pytest.raises(Refused, match="uncertain"):
        publishing.delete(records.find("ms-1"))
    assert records.find("ms-1").published
