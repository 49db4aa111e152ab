"""Every screen as a terminal shows it, at both sizes: full, empty, where a part cannot be read, and with the link lost.

`DOITUI_TEST_SNAPSHOTS=write` keeps what is there now; then look at the difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from doitui.tui import actions
from doitui_core.db import database
from doitui_core.errors import DatabaseUnavailable

SCREENS = (*actions.ALL, "doi")
SIZES = {"80x24": (80, 24), "140x40": (140, 40)}

#: What each screen cannot do without.
NEEDS = {"dashboard": "upstream", "queue": "job", "dois": "doi", "doi": "attempt", "mint": "record", "reports": "doi"}

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.parametrize("size", SIZES),
]

ON_EVERY_SCREEN = pytest.mark.parametrize("screen", SCREENS)


def same_everywhere(text: str) -> str:
    """Without what differs from one machine, or one version of the schema, to another."""
    text = re.sub(r"\bschema \d\d, \d\.\d MB", "schema NN, N.N MB", text)
    lines = ["…" if re.search(r"\b(disk|clock|log|terminal) {3}", line) else line for line in text.splitlines()]
    return "\n".join(lines)


@pytest.fixture
def picture(
    operate: Callable[..., Any],
    press: Callable[..., Any],
    seen: Callable[..., str],
) -> Callable[..., str]:
    def take(screen: str, size: str, then: Callable[[Any], object] = lambda _: None) -> str:
        async def look(pilot: Any) -> str:
            if screen == "doi":
                await press(pilot, "j", "j", "enter")
            then(pilot.app)
            await press(pilot)
            return same_everywhere(seen(pilot))

        return str(
            operate(look, start="dois" if screen == "doi" else screen, size=SIZES[size], url="sqlite:///doitui.db")
        )

    return take


@ON_EVERY_SCREEN
def test_full(house: str, picture: Callable[..., str], snapshots: Callable[..., str], screen: str, size: str) -> None:
    text = picture(screen, size)
    assert text == snapshots(f"{screen}-{size}-full", text)


@pytest.mark.parametrize("screen", actions.ALL)  # the page of a DOI is there only for a DOI
def test_empty(store: str, picture: Callable[..., str], snapshots: Callable[..., str], screen: str, size: str) -> None:
    text = picture(screen, size)
    assert text == snapshots(f"{screen}-{size}-empty", text)


def test_cited(
    house: str,
    press: Callable[..., Any],
    operate: Callable[..., Any],
    seen: Callable[..., str],
    snapshots: Any,
    size: str,
) -> None:
    """The events of a DOI that others cite."""

    async def look(pilot: Any) -> str:
        await press(pilot, "j", "j", "enter", *["right_square_bracket"] * 6)
        return same_everywhere(seen(pilot))

    text = str(operate(look, start="dois", size=SIZES[size], url="sqlite:///doitui.db"))
    assert text == snapshots(f"doi-{size}-cited", text)


@pytest.fixture
def broken(house: str, screen: str) -> Iterator[None]:
    """The table that the screen needs is gone for the time of the test."""
    table = NEEDS.get(screen, "notice")
    database.current().db.execute_sql(f"ALTER TABLE {table} RENAME TO away")
    yield
    database.current().db.execute_sql(f"ALTER TABLE away RENAME TO {table}")


@ON_EVERY_SCREEN
def test_error(
    broken: None, picture: Callable[..., str], snapshots: Callable[..., str], screen: str, size: str
) -> None:
    text = picture(screen, size)
    assert text == snapshots(f"{screen}-{size}-error", text)


@ON_EVERY_SCREEN
def test_lost(house: str, picture: Callable[..., str], snapshots: Callable[..., str], screen: str, size: str) -> None:
    def lose(app: Any) -> None:
        app.lost(DatabaseUnavailable("postgresql://db/doitui cannot be used: connection refused"))

    text = picture(screen, size, lose)
    assert text == snapshots(f"{screen}-{size}-lost", text)
