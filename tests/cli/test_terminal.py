"""Control characters never reach the terminal; unusual terminals, pipes and locales work."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]

ESCAPE = "\x1b[31mred\x1b]0;title\x07 \x9b2J"
HOSTILE = {
    "an escape sequence": ESCAPE,
    "lines of its own": "one\r\nDOIs: 0 total\x85\u2028more",
    "a change of direction": "abc\u202edef\u2066",
    "ten kilobytes": "x" * 10_240,
    "tabs and bells": "a\tb\ac",
}

SHOWING = (
    "record list",
    "record show a",
    "doi list",
    "doi show {doi}",
    "doi history {doi}",
    "queue list",
    "queue show 1",
)


def steering(text: str) -> list[str]:
    return [character for character in text if not character.isprintable() and character not in "\n\t\u200c\u200d"]


@pytest.fixture
def hostile(archive: Doitui, write: Callable[..., Path], request: pytest.FixtureRequest) -> Doitui:
    title = getattr(request, "param", ESCAPE)
    archive("record", "import", write("a", titles=[{"title": title}], version=title))
    archive("doi", "mint", "a", "--now")
    return archive


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE, indirect=True)
def test_a_title_cannot_steer_the_terminal(
    hostile: Doitui, doi_of: Callable[[str], str], check_all: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    doi = doi_of("a")
    monkeypatch.setenv("NO_COLOR", "1")

    def check(command: str, options: tuple[str, ...], terminal: int) -> None:
        done = hostile(*command.format(doi=doi).split(), *options, terminal=terminal)
        assert (done.code, steering(done.out + done.err)) == (0, [])

    check_all(check, SHOWING, [(), ("--json",)], [0, 80])


def test_json_keeps_what_it_may_not_show(hostile: Doitui) -> None:
    found = hostile("record", "show", "a", "--json").json["metadata"]["titles"]
    assert found == [{"title": ESCAPE}]


def test_an_object_id_cannot_steer_the_terminal(archive: Doitui) -> None:
    assert steering(archive("doi", "mint", ESCAPE).err) == []


def test_an_argument_cannot_steer_the_terminal(archive: Doitui) -> None:
    assert steering(archive("queue", "cancel", ESCAPE).err) == []


def test_words_that_need_joiners_keep_them(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a", titles=[{"title": "می\u200cخواهم"}]))
    assert "می\u200cخواهم" in archive("record", "list").out


def test_columns_stand_below_each_other_in_every_script(
    archive: Doitui, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    archive("record", "import", write("気候", "abcd"))
    lines = archive("record", "list", terminal=200).out.splitlines()
    assert [line.index(" h ") + len(line.encode("gbk")) - len(line) for line in lines[1:]] == [
        lines[0].index(" repository"),
        lines[0].index(" repository") + 2,
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_json_is_json_where_the_terminal_knows_few_letters(
    archive: Doitui, write: Callable[..., Path], encoding: str
) -> None:
    archive("record", "import", write("a", titles=[{"title": "気候変動 é"}]))
    assert archive("record", "show", "a", "--json", encoding=encoding).json["title"] == "気候変動 é"


def test_lines_are_printed_where_the_terminal_knows_few_letters(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a", titles=[{"title": "気候"}]))
    assert "\\u6c17" in archive("record", "list", encoding="latin-1").out


def test_a_file_name_that_is_no_text_is_named(archive: Doitui) -> None:
    done = archive("record", "import", os.fsdecode(b"bad\xffname.xml"), "--json")
    assert (done.code, done.json["rejected"][0]["place"], "name.xml" in done.complaint) == (
        2,
        "bad\udcffname.xml",
        True,
    )


@pytest.mark.parametrize(
    "line",
    ["doi list --query {}", "doi show {}", "repository set {}", "setting set default_publisher {}", "doi mint {}"],
)
def test_an_argument_that_is_no_text_is_2(archive: Doitui, line: str) -> None:
    done = archive(*line.format(os.fsdecode(b"\xff")).split())
    assert (done.code, bool(done.complaint)) == (2, True)


@pytest.mark.parametrize("typed_in", [b"a\xffb", b"a\0b"])
def test_a_value_on_stdin_that_is_no_text_is_2(archive: Doitui, typed_in: bytes) -> None:
    done = archive("setting", "set", "default_publisher", "--stdin", stdin=typed_in)
    assert (done.code, bool(done.complaint)) == (2, True)


def test_an_empty_secret_is_2(archive: Doitui) -> None:
    done = archive("setting", "set", "datacite_password", "--stdin", stdin=b"\n")
    assert (done.code, bool(done.complaint)) == (2, True)


def test_nothing_is_coloured(minted: Doitui) -> None:
    assert "\x1b" not in minted("doi", "list").out


def test_a_closed_stdin_is_an_empty_one(doitui: Doitui, start: Callable[..., subprocess.Popen[str]]) -> None:
    doitui("init")
    process = start("setting", "set", "lease_seconds", "--stdin", stdin=None, preexec_fn=lambda: os.close(0))
    _, err = process.communicate()
    assert (process.returncode, err.count("\n")) == (2, 1)


def test_a_reader_that_has_seen_enough_is_no_error(doitui: Doitui, start: Callable[..., subprocess.Popen[str]]) -> None:
    doitui("init")
    reading, writing = os.pipe()
    os.close(reading)
    process = start("setting", "list", "--json", stdout=writing)
    os.close(writing)
    _, err = process.communicate()
    assert (process.returncode, err) == (0, "")


def test_what_failed_is_reported_to_a_reader_that_has_gone(
    minted: Doitui, start: Callable[..., subprocess.Popen[str]]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = start("doi", "verify", "10.5072/nope", stdout=writing)
    os.close(writing)
    process.communicate()
    assert process.returncode == 2


def test_watching_ends_when_nobody_reads(doitui: Doitui, start: Callable[..., subprocess.Popen[str]]) -> None:
    doitui("init")
    process = start("status", "--watch")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("DOIs: 0")
    process.stdout.close()
    assert process.wait(30) == 0


def test_a_full_disk_is_one_line(doitui: Doitui, start: Callable[..., subprocess.Popen[str]]) -> None:
    doitui("init")
    with Path("/dev/full").open("w") as full:
        process = start("setting", "list", stdout=full)
        _, err = process.communicate()
    assert (process.returncode, err) == (1, "doitui: No space left on device\n")


def test_a_narrow_terminal_loses_nothing(minted: Doitui, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = minted("doi", "list").out
    monkeypatch.setenv("COLUMNS", "20")
    assert minted("doi", "list").out == wide


def test_json_is_printed_for_machines_of_any_locale(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a", titles=[{"title": "気候"}]))
    assert json.dumps("気候", ensure_ascii=False) in archive("record", "show", "a", "--json").out
