"""The mint list says of each record what DataCite would reject, counts it, filters and sorts by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.db.models import Record
from doitui_core.operations import change_settings
from doitui_core.records import records

Mint = Callable[..., str]

COMPLETE: dict[str, Any] = {
    "creators": [{"name": "Curie, Marie"}],
    "publisher": {"name": "Archive"},
    "publicationYear": 1902,
    "titles": [{"title": "Not complete"}],
    "types": {"resourceTypeGeneral": "Text"},
}


@pytest.fixture
def mint(house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str]) -> Mint:
    """`mint(*keys)`: the mint screen after these keys."""
    records.save("ms-7", metadata={**COMPLETE, "creators": []}, repository="h")
    dates = [{"date": "the war", "dateType": "Created"}]
    records.save("ms-8", metadata={**COMPLETE, "dates": dates}, repository="h")

    def run(*keys: str, size: tuple[int, int] = (80, 24)) -> str:
        async def script(pilot: Any) -> str:
            await press(pilot, *keys)
            return seen(pilot)

        return str(operate(script, start="mint", size=size))

    return run


def checks(shown: str) -> list[tuple[str, str]]:
    """Object id and check of the rows that are shown."""
    rows = [line for line in shown.splitlines() if line[2:].startswith(("ms-", "unpub"))]
    return [(line[2:19].strip(), line[19:40].strip()) for line in rows]


def test_each_row_has_its_check_and_the_line_above_counts_them(mint: Mint) -> None:
    shown = mint()
    assert checks(shown) == [
        ("ms-7", "refused: creators"),
        ("ms-8", "ready, 1 warning"),
        ("ms-9", "ready"),
        ("ms-10", "ready"),
        ("unpublished", "ready"),
    ]
    assert "4 ready, 1 refused   all records" in shown


@pytest.mark.parametrize(("word", "expected"), [("refused", ["ms-7"]), ("ready", ["ms-8", "ms-9", "ms-10"])])
def test_the_filter_shows_some_and_the_counts_stay_those_of_the_list(
    mint: Mint, word: str, expected: list[str]
) -> None:
    shown = mint("slash", *f"check:{word} published:yes", "enter")
    assert ([name for name, _ in checks(shown)], "3 ready, 1 refused" in shown) == (expected, True), shown


@pytest.mark.parametrize(("keys", "expected"), [(("A",), "all records   ALL 5 MATCHING"), (("space",), "1 marked")])
def test_what_is_chosen_has_the_room_of_the_counts(mint: Mint, keys: tuple[str, ...], expected: str) -> None:
    shown = mint(*keys)
    assert (expected in shown, "ready, 1 refused" in shown) == (True, False), shown


def test_s_sorts_by_the_refused_field_and_capital_s_reverses(mint: Mint) -> None:
    assert checks(mint("s"))[0] == ("ms-7", "refused: creators")
    assert checks(mint("s", "S"))[-1] == ("ms-7", "refused: creators")


def test_rows_without_a_valid_check_are_checked_while_they_are_seen(mint: Mint) -> None:
    change_settings.save_repository("h", {"default_publisher": "Archive"})
    shown = mint()
    assert checks(shown)[0] == ("ms-7", "refused: creators")
    assert "0 ready, 0 refused, 5 unchecked" in shown
    assert {row.check_basis for row in Record.select()} == {Record.get().check_basis}  # nothing was stored


def test_a_changed_record_has_its_new_check_at_the_next_look(
    mint: Mint, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str], store: str
) -> None:
    async def script(pilot: Any) -> str:
        def change() -> None:
            records.save("ms-7", metadata=COMPLETE, repository="h")

        pilot.app.slow.ask("change", change, lambda _: None, lambda _: None)
        await press(pilot)
        await press(pilot, "r")
        return seen(pilot)

    shown = operate(script, start="mint", write=True)
    assert (checks(shown)[0], "5 ready, 0 refused" in shown) == (("ms-7", "ready"), True), shown


@pytest.mark.parametrize("word", ["check:", "check:x", "check:ready check:refused", "check"])
def test_wrong_filters_end_nothing(mint: Mint, word: str) -> None:
    shown = mint("slash", *word, "enter")
    assert ("could not be read" in shown, "5 Mint" in shown or "5Mint" in shown) == (False, True), shown


def test_an_unknown_word_is_named(mint: Mint) -> None:
    assert 'Unknown check "x". Use: ready, refused, unchecked' in mint("slash", *"check:x", "enter")
