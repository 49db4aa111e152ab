"""The page of a DOI: its document is saved by the rules of `doitui doi export`, and its fundings are listed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from doitui_core.db.models import Doi, Record
from doitui_core.metadata import from_xml
from doitui_core.records import funding_import, publish_rules, records

Page = Callable[..., str]

NAME = "10.5072-h-2026-ms-10"

FUNDED = {
    "creators": [{"name": "Curie, Marie"}],
    "titles": [{"title": "Plan of the common lands"}],
    "publisher": {"name": "Archive"},
    "publicationYear": 1902,
    "types": {"resourceTypeGeneral": "Text"},
    "fundingReferences": [{"funderName": "Wellcome", "awardNumber": "W 1"}],
}


@pytest.fixture
def page(house: str, operate: Callable[..., Any], press: Callable[..., Any], seen: Callable[..., str]) -> Page:
    """`page("e", "enter", …, name="ms-10")`: open the page of its DOI, press keys; what is shown then."""

    def run(*keys: str, name: str = "ms-10", place: str | None = None, size: tuple[int, int] = (80, 24)) -> str:
        async def script(pilot: Any) -> str:
            pilot.app.show_doi(Doi.get(Doi.folded == f"10.5072/h/2026/{name}").id)
            await press(pilot)
            if place is not None:
                await press(pilot, "e")
                pilot.app.screen.query_one(Input).value = place
            await press(pilot, *keys)
            return seen(pilot) + "\n".join(note.message for note in pilot.app._notifications)

        return str(operate(script, start="dois", size=size))

    return run


@pytest.mark.parametrize("size", [(80, 24), (62, 18)])
def test_the_dialog_proposes_xml_in_a_file_named_like_the_doi(
    page: Page, tmp_path: Path, size: tuple[int, int]
) -> None:
    shown = page("e", size=size)
    assert [
        word for word in ("Export 10.5072/h/2026/ms-10", f"{NAME}.xml", "As JSON", "Save") if word not in shown
    ] == []
    assert list(tmp_path.glob("10.*")) == []


def test_enter_saves_datacite_xml(page: Page, tmp_path: Path) -> None:
    shown = page("e", "enter")
    found = from_xml.read((tmp_path / f"{NAME}.xml").read_bytes()).attributes
    assert (found["doi"], f"{NAME}.xml" in shown) == ("10.5072/h/2026/ms-10", True)


def test_a_button_changes_the_format_and_the_ending(page: Page, tmp_path: Path) -> None:
    shown = page("e", "tab", "tab", "enter", "tab", "enter")
    found = json.loads((tmp_path / f"{NAME}.json").read_text(encoding="utf-8"))
    assert found["titles"] == [{"title": "Plan of the common lands"}], shown


@pytest.mark.parametrize("place", ["a.txt", "a", ".xml", "a.xml.gz"])
def test_a_name_with_another_ending_is_asked_for_again(page: Page, tmp_path: Path, place: str) -> None:
    shown = page("enter", place=place)
    assert ("does not say the format" in shown, list(tmp_path.glob("a*"))) == (True, []), shown


def test_an_existing_file_is_replaced_only_if_confirmed(page: Page, tmp_path: Path) -> None:
    place = tmp_path / f"{NAME}.xml"
    place.write_text("mine")
    assert "exists" in page("e", "enter")
    page("e", "enter", "enter")
    assert place.read_text() == "mine"
    page("e", "enter", "tab", "tab", "enter")
    assert place.read_text(encoding="utf-8").startswith("<?xml")


def test_a_document_with_errors_is_not_exported_and_the_command_that_does_it_is_named(
    house: str, page: Page, tmp_path: Path
) -> None:
    records.save("ms-10", metadata={**FUNDED, "creators": []}, repository="h")
    shown = page("e", "enter")
    command = "doitui doi export 10.5072/h/2026/ms-10 --format xml --no-validate"
    assert ("creator" in shown, command in shown, list(tmp_path.glob("10.*"))) == (True, True, []), shown


def test_an_unpublished_record_warns_against_registering_by_hand(house: str, page: Page) -> None:
    publish_rules.publish(Record.get(Record.object_id == "ms-10"), on=False)
    assert "do not register this document by hand" in page("e")


def test_fundings_are_listed_with_their_source_and_what_datacite_lacks(house: str, page: Page, tmp_path: Path) -> None:
    records.save("ms-10", metadata=FUNDED, repository="h")
    path = tmp_path / "fundings.csv"
    path.write_text("object_id,funder_name,award_number,award_title\nms-10,DFG,A 1,Marsh letters\n")
    assert funding_import.import_fundings([path]).imported == 1
    assert "2, 1 from CSV, 2 not sent yet" in page()
    text = " ".join(page(*["right_square_bracket"] * 3).split())
    assert "Wellcome award W 1 from document not sent yet DFG award A 1 Marsh letters from CSV" in text, text


def test_a_doi_without_funding_has_no_section_for_it(page: Page) -> None:
    assert "unding" not in page(*["right_square_bracket"] * 3)
