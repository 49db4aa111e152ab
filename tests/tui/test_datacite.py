"""A DOI's page beside DataCite: the same, or field by field what differs; and taking over the state it tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from doitui.tui.acts.dialogs import IGNORE_FOR
from doitui.tui.screens.doi import NOT_ASKED
from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_core import errors
from doitui_core.config import repositories
from doitui_core.db.models import Doi, DoiLog
from doitui_core.dois import reservations
from doitui_core.operations import change_settings, comparing, doi_actions, sync
from doitui_core.queue import connection
from doitui_core.records import record_lookup, records
from doitui_core.worker import worker

Operate = Callable[..., Any]
Press = Callable[..., Any]

DOI = "10.5072/h/2026/ms-1"

METADATA: dict[str, Any] = {
    "titles": [{"title": "Letters from the marsh"}, {"title": "Found in 1902", "titleType": "Subtitle"}],
    "creators": [{"name": "Curie, Marie", "nameType": "Personal"}],
    "publisher": {"name": "Archive"},
    "publicationYear": 1902,
    "types": {"resourceTypeGeneral": "Text"},
}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def house(store: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    """A record whose DOI is findable, here and at DataCite."""
    monkeypatch.setenv("PW", "demo")
    settings = {
        "datacite_prefix": "10.5072",
        "datacite_repository_id": "DEMO.REPO",
        "datacite_password": "env:PW",
        "datacite_url": sandbox.url,
        "landing_page": "https://archive.example.org/{object_id}",
    }
    change_settings.save_repository("h", settings)
    records.save("ms-1", metadata=METADATA, repository="h")
    doi_actions.mint("ms-1", actor="bo")
    worker.run(drain=True)
    return store


def account() -> Any:
    return connection.for_repository(repositories.find("h")).client


def differences() -> list[tuple[str, Any, Any]]:
    found = comparing.ask(Doi.get(Doi.folded == DOI).id)
    assert found.message == ""
    return [(one.field, one.here, one.there) for one in found.differences]


def test_what_was_minted_is_the_same(house: str) -> None:
    assert differences() == []


def test_what_somebody_changed_there_is_named_down_to_the_part(house: str) -> None:
    titles = [{"title": "Letters from the fen"}, METADATA["titles"][1]]
    account().replace(DOI, {"titles": titles})
    assert differences() == [("titles.1.title", "Letters from the marsh", "Letters from the fen")]


def test_a_row_that_is_not_there_is_shown_whole(house: str) -> None:
    account().replace(DOI, {"titles": METADATA["titles"][:1]})
    assert differences() == [("titles.2", METADATA["titles"][1], None)]


def test_the_state_is_compared_with_what_is_wanted(house: str) -> None:
    account().replace(DOI, {"event": "hide"})
    assert differences() == [("state", "findable", "registered")]


def test_what_the_record_has_become_since_is_a_difference(house: str) -> None:
    records.save("ms-1", metadata=METADATA | {"publicationYear": 1903}, repository="h")
    assert differences() == [("publicationYear", 1903, 1902)]


def test_a_doi_that_datacite_does_not_have_is_reported(house: str) -> None:
    record = records.save("ms-2", metadata=METADATA, repository="h").record
    reservations.reserve(record)
    assert "does not have 10.5072/h/2026/ms-2" in comparing.ask(Doi.get(Doi.record == record.id).id).message


def test_a_wrong_password_is_reported(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "wrong")
    assert "rejects account DEMO.REPO" in comparing.ask(Doi.get(Doi.folded == DOI).id).message


def test_nobody_at_home_is_reported(house: str) -> None:
    change_settings.save_repository("h", {"datacite_url": "http://127.0.0.1:1"})
    assert "could not be asked" in comparing.ask(Doi.get(Doi.folded == DOI).id).message


# On the screen

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def compared(operate: Operate, press: Press, seen: Callable[..., str], **options: Any) -> str:
    """The page after `c`."""

    async def look(pilot: Any) -> str:
        await press(pilot, "enter", "c")
        return seen(pilot)

    return str(operate(look, start="dois", **options))


@SQLITE
def test_the_page_says_the_same(house: str, operate: Operate, press: Press, seen: Callable[..., str]) -> None:
    assert "The same: state, landing page" in compared(operate, press, seen)


@SQLITE
def test_the_page_shows_both_sides(house: str, operate: Operate, press: Press, seen: Callable[..., str]) -> None:
    account().replace(DOI, {"titles": [{"title": "Letters from the fen"}, METADATA["titles"][1]]})
    told = compared(operate, press, seen)
    wanted = ("1 field is not the same", "titles.1.title", "here      Letters from the marsh", "DataCite  Letters from")
    assert [words for words in wanted if words not in told] == []


@SQLITE
def test_the_page_says_why_nothing_can_be_compared(
    house: str, operate: Operate, press: Press, seen: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PW", "wrong")
    assert "DataCite could not be asked" in compared(operate, press, seen)


@SQLITE
def test_what_was_asked_of_one_doi_is_not_shown_of_the_next(house: str, operate: Operate, press: Press) -> None:
    records.save("other", metadata=METADATA, repository="h")
    reservations.reserve(record_lookup.find("other"))

    async def look(pilot: Any) -> tuple[set[str], str]:
        await press(pilot, "enter")
        page = pilot.app.screen
        first = page.page.row.doi
        page.act_compare()
        pilot.app.pop_screen()
        await press(pilot, "j", "enter")
        return {first, page.page.row.doi}, str(page.compared)

    shown, compared = operate(look, start="dois")
    assert (len(shown), compared) == (2, NOT_ASKED)


@SQLITE
def test_sync_keeps_the_state_that_datacite_tells(house: str, operate: Operate, press: Press) -> None:
    account().replace(DOI, {"event": "hide"})

    async def look(pilot: Any) -> str:
        await press(pilot, "Z")
        await asyncio.sleep(IGNORE_FOR)
        await press(pilot, "enter")
        return str(list(pilot.app._notifications)[-1].message)

    told = operate(look, start="dois", write=True)
    row, entry = Doi.get(Doi.folded == DOI), DoiLog.select().order_by(DoiLog.id.desc()).get()
    assert ("is registered at DataCite, not findable" in told, row.remote) == (True, "registered")
    assert (entry.actor, entry.action) == ("ana", "sync")


def test_sync_leaves_alone_what_a_worker_is_writing(house: str) -> None:
    Doi.update(certainty="uncertain").where(Doi.folded == DOI).execute()
    with pytest.raises(errors.Refused, match="a write is running"):
        sync.sync_one(DOI)
    Doi.update(certainty="confirmed").where(Doi.folded == DOI).execute()
