"""Tables: fitted to a terminal, whole in a pipe. `DOITUI_TEST_SNAPSHOTS=write` writes `snapshots/tables.txt` again."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from doitui.cli import options, tables

Doitui = Callable[..., Any]

SNAPSHOTS = Path(__file__).parent / "snapshots" / "tables.txt"

LISTS = ("doi list", "record list", "queue list", "event list", "repository list")

#: Columns of a terminal; 0: a pipe.
WIDTHS = (80, 120, 200, 0)

TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
TITLE = "Letters of the mills of Hollin, with tables of the water levels of four centuries"


@pytest.fixture
def listed(archive: Doitui, write: Callable[..., Path]) -> Doitui:
    archive("record", "import", write("MS-0001", "MS-0002", titles=[{"title": TITLE}]))
    archive("record", "import", write("気候", titles=[{"title": "気候変動 and \\ a tab"}]))
    archive("record", "import", write("MS-0004", titles=[{"title": "No"}], publicationYear=1), "--owner-name", "Ida")
    archive("doi", "assign", "気候", "10.5072/h/2026/climate-of-the-northern-valleys-1850-1900")
    archive("batch", "mint", "MS-0001", "MS-0002", "気候")
    archive("work", "--drain", "--threads", "1")
    archive("doi", "deactivate", "MS-0002", "--reason", "withdrawn")
    archive("event", "add", "--subject", "MS-0001", "--relation", "is-cited-by", "--object", "10.1000/182")
    return archive


def screens(doitui: Doitui) -> Iterator[str]:
    """Every list at every width, without what differs from day to day."""
    for line in LISTS:
        for width in WIDTHS:
            done = doitui(*line.split(), terminal=width)
            text = TIME.sub("2026-11-20T09:30:00Z", done.out + done.err)
            text = re.sub(r"/20\d\d/", "/2026/", re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8899", text))
            yield f"$ doitui {line}   # {f'{width} columns' if width else 'pipe'}\n{text}"


def test_lists_look_as_they_should(listed: Doitui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    found = "\n".join(screens(listed))
    if os.environ.get("DOITUI_TEST_SNAPSHOTS") == "write":
        SNAPSHOTS.parent.mkdir(exist_ok=True)
        SNAPSHOTS.write_text(found, encoding="utf-8")
    assert found == SNAPSHOTS.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
def test_a_doi_is_whole_at_every_width(listed: Doitui, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    dois = [row["doi"] for row in listed("doi", "list", "--json").json["dois"]]
    lines = listed("doi", "list", terminal=width).out.splitlines()
    first = "".join(line.split("  ")[0].strip() for line in lines)
    assert all(doi in first for doi in dois)


def test_states_have_colours_on_a_terminal_only(listed: Doitui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[32mfindable" in listed("doi", "list", terminal=120).out
    assert "\x1b" not in listed("doi", "list").out


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_switched_off(listed: Doitui, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert "\x1b" not in listed("doi", "list", terminal=120).out


def test_a_pipe_gets_a_header_and_one_line_for_each_row(listed: Doitui) -> None:
    lines = listed("record", "list").out.split("\n")
    assert lines[0] == "object_id\trepository\tdoi\tstatus\tpublished\ttitle"
    assert (len(lines), {line.count("\t") for line in lines[:-1]}, lines[-1]) == (6, {5}, "")
    assert "気候変動 and \\\\ a tab" in lines[2]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "yes"),
        (["failed", "pending"], "failed,pending"),
        ("a\tb\nc\rd\\e", "a\\tb\\nc\\rd\\\\e"),
        ("\x1b[2J\u202e\udcff", "\\u001b[2J\\u202e\\udcff"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_a_cell_of_a_pipe_is_one_line(value: Any, cell: str) -> None:
    assert list(tables.tsv_lines([{"a": value}], ["a"], "")) == ["a", cell]


def test_an_empty_list_is_a_header_in_a_pipe_and_a_message_on_a_terminal(archive: Doitui) -> None:
    piped = archive("doi", "list")
    assert (piped.out.count("\n"), piped.out[:4], piped.err) == (1, "doi\t", "no DOIs\n")
    assert archive("doi", "list", terminal=80).out == "no DOIs\n"


@pytest.mark.parametrize("terminal", [0, 200])
def test_a_list_without_a_limit_is_read_in_pages(
    listed: Doitui, terminal: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "PAGE_ROWS", 2)
    monkeypatch.setattr(tables, "LAYOUT_ROWS", 3)
    monkeypatch.setenv("NO_COLOR", "1")
    lines = listed("record", "list", "--limit", "0", terminal=terminal).out.splitlines()
    assert [line.split()[0] for line in lines] == ["object_id", "MS-0004", "気候", "MS-0002", "MS-0001"]


NATURAL = {"doi": 30, "status": 10, "minted_at": 20, "title": 80}


@pytest.mark.parametrize(
    ("room", "widths"),
    [
        pytest.param(200, NATURAL, id="all fits"),
        pytest.param(100, NATURAL | {"title": 34}, id="a text is cut to what is left"),
        pytest.param(80, {"doi": 30, "status": 10, "title": 36}, id="what matters less is left out"),
        pytest.param(40, {"doi": 13, "status": 10, "title": 13}, id="then all is wrapped"),
        pytest.param(5, {"doi": 10, "status": 10, "title": 10}, id="no terminal is so narrow"),
    ],
)
def test_columns_fit(room: int, widths: dict[str, int]) -> None:
    assert tables.fit(NATURAL, room) == widths
