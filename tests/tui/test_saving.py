"""A report is saved where the operator says, and no file is overwritten unless that is confirmed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from doitui.tui.acts.save_dialog import SaveDialog

Save = Callable[..., str]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HEADER = "month,minted,findable"


@pytest.fixture
def save(house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str]) -> Save:
    """`save("enter", …, place="…")`: open the dialog, enter a place, press keys; what is shown then."""

    def run(*keys: str, place: str | None = None, size: tuple[int, int] = (80, 24)) -> str:
        async def script(pilot: Any) -> str:
            await press(pilot, "e")
            assert isinstance(pilot.app.screen, SaveDialog)
            if place is not None:
                pilot.app.screen.query_one(Input).value = place
                await press(pilot)
            await press(pilot, *keys)
            return seen(pilot)

        return str(operate(script, start="reports", size=size))

    return run


@pytest.mark.parametrize("size", [(80, 24), (62, 18)])
def test_a_place_is_proposed_and_nothing_is_written_before_the_answer(
    save: Save, tmp_path: Path, size: tuple[int, int]
) -> None:
    shown = save(size=size)
    assert [
        word for word in ("Save Minted per month", "doitui-minted.csv", "Cancel", "Save") if word not in shown
    ] == []
    assert list(tmp_path.glob("*.csv")) == []


def test_the_proposed_file_is_in_the_directory_where_doitui_was_started(save: Save, tmp_path: Path) -> None:
    save("enter")
    assert (tmp_path / "doitui-minted.csv").read_text(encoding="utf-8").splitlines()[0] == HEADER


@pytest.mark.parametrize("place", ["{tmp}/sub/a report.csv", "sub/a report.csv", "~/sub/a report.csv"])
def test_another_place_can_be_entered(save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "sub").mkdir()
    save("enter", place=place.format(tmp=tmp_path))
    assert (tmp_path / "sub" / "a report.csv").read_text(encoding="utf-8").startswith(HEADER)
    assert list(tmp_path.glob("*.csv")) == []


@pytest.mark.parametrize("keys", [("enter",), ("enter", "enter"), ("enter", "enter", "enter"), ("enter", "escape")])
def test_enter_alone_never_overwrites_a_file(save: Save, tmp_path: Path, keys: tuple[str, ...]) -> None:
    place = tmp_path / "doitui-minted.csv"
    place.write_text("mine")
    save(*keys)
    assert place.read_text() == "mine"


def test_a_file_is_overwritten_when_that_is_chosen(save: Save, tmp_path: Path) -> None:
    place = tmp_path / "doitui-minted.csv"
    place.write_text("mine")
    assert "Replace" in save("enter")
    save("enter", "right", "enter")
    assert place.read_text(encoding="utf-8").startswith(HEADER)


def test_confirming_one_file_confirms_no_other(save: Save, tmp_path: Path) -> None:
    for name in ("doitui-minted.csv", "doitui-minted.csv2"):
        (tmp_path / name).write_text("mine")
    shown = save("enter", "shift+tab", "2", "enter")
    assert ("exists" in shown, (tmp_path / "doitui-minted.csv2").read_text()) == (True, "mine"), shown


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("", "Enter a file name."),
        ("  ", "Enter a file name."),
        ("nowhere/a.csv", "No such file or directory"),
        (".", "is a directory"),
        ("a\x00b", "cannot be written"),
        ("~nobody-of-this-name/a.csv", "home directory"),
    ],
)
def test_a_place_that_cannot_be_written_is_named_and_asked_for_again(
    save: Save, tmp_path: Path, place: str, reason: str
) -> None:
    shown = save("enter", place=place)
    text = " ".join(shown.replace("│", " ").split())
    assert (reason in text, "Cancel" in text, list(tmp_path.glob("**/*.csv"))) == (True, True, []), shown


def test_escape_saves_nothing(save: Save, tmp_path: Path) -> None:
    assert "Minted per month" in save("escape")
    assert list(tmp_path.glob("*.csv")) == []
