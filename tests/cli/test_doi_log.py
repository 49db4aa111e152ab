"""The log of DOIs: its default path, its lines, and that a failure to write it stops nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox
from doitui_core.dois import log_file

Doitui = Callable[..., Any]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def log(home: Path) -> Callable[[], list[str]]:
    """The lines of the default log, without times."""
    place = home / "state" / "doitui" / "log" / "doi.log"
    return lambda: [line[24:] for line in place.read_text().splitlines()] if place.exists() else []


def test_without_any_setting_it_is_in_the_users_log_directory(
    minted: Doitui, doi_of: Callable[[str], str], log: Callable[[], list[str]]
) -> None:
    doi = doi_of("a")
    assert f"INFO: DOI {doi} was generated for document a" in log()
    assert f"INFO: DOI {doi} of document a was registered successfully" in log()


def test_the_doctor_shows_where_it_is(archive: Doitui, home: Path) -> None:
    assert f"OK    log           {home}/state/doitui/log/doi.log" in archive("doctor").out


def test_a_worker_shows_the_same_lines_on_stderr(
    archive: Doitui, write: Callable[..., Path], log: Callable[[], list[str]], start: Start
) -> None:
    archive("record", "import", write("a"))
    archive("batch", "mint")
    worker = start("work", "--every", "0.1")
    assert worker.stderr is not None
    shown = worker.stderr.readline()
    worker.terminate()
    worker.communicate()
    assert log()[-1] in shown.replace("INFO DOI", "INFO: DOI")
    assert "was registered successfully" in shown


FAILING = {
    "a generator that is gone": (
        ("doi", "reserve", "d"),
        (),
        r"ERROR: could not generate a DOI for document d: generator 'nowhere.function' cannot be loaded",
    ),
    "a string that is taken": (
        ("doi", "reserve", "d"),
        ("repository", "set", "h", "--suffix-pattern", "same"),
        r"ERROR: could not generate a DOI for document d: record d cannot have 10.5072/same",
    ),
    "metadata": (
        ("doi", "mint", "bad"),
        (),
        r"ERROR: could not generate the DataCite metadata for DOI registration of document bad: .*creators",
    ),
    "a deactivation that is refused": (
        ("doi", "deactivate", "{e}", "--reason", "gone"),
        (),
        r"ERROR: an error occurred while deregistering DOI 10.5072/h/\d+/e of document e: .*not registered or findable",
    ),
    "a URL that is refused": (
        ("doi", "set-url", "{gone}", "https://new.example.org/1"),
        (),
        r"ERROR: could not update landing page URL of DOI 10.5072/h/\d+/gone of document gone"
        r" to https://new.example.org/1: .*abandoned",
    ),
}


@pytest.mark.parametrize("kind", FAILING)
def test_what_fails_before_anything_is_sent_is_logged(
    minted: Doitui,
    write: Callable[..., Path],
    doi_of: Callable[[str], str],
    log: Callable[[], list[str]],
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    minted("record", "import", write("d", "e", "same", "gone"))
    minted("record", "import", write("bad", creators=[]))
    dois = {}
    for name in ("e", "gone"):
        minted("doi", "reserve", name)
        dois[name] = doi_of(name)
    minted("doi", "abandon", dois["gone"])
    command, before, line = FAILING[kind]
    if before:
        assert minted(*before).code == 0
    if kind == "a generator that is gone":
        monkeypatch.setenv("DOITUI_GENERATOR", "nowhere.function")
    if kind == "a string that is taken":
        minted("doi", "reserve", "same")
    done = minted(*(word.format(**dois) for word in command))
    assert (done.code != 0, bool(re.fullmatch(f"{line}.*", log()[-1]))) == (True, True), log()[-1]


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        (
            ("deactivate", "{a}", "--reason", "gone"),
            ["ERROR: an error occurred while deregistering DOI {a} of document a: HTTP 422"],
        ),
        (
            ("set-url", "{a}", "https://new.example.org/1"),
            [
                "ERROR: an error occurred while updating DOI {a} of document a: HTTP 422",
                "ERROR: could not update landing page URL of DOI {a} of document a to https://new.example.org/1: HTTP",
            ],
        ),
        (("update", "{a}"), ["ERROR: an error occurred while updating DOI {a} of document a: HTTP 422"]),
    ],
)
def test_what_datacite_refuses_is_logged(
    minted: Doitui,
    doi_of: Callable[[str], str],
    log: Callable[[], list[str]],
    sandbox: Sandbox,
    command: tuple[str, ...],
    lines: list[str],
) -> None:
    doi = doi_of("a")
    sandbox.faults.replace(["PUT /dois/* status status=422"])
    minted("doi", *(word.format(a=doi) for word in command))
    before = len(log())
    minted("work", "--drain")
    found = log()[before:]
    wanted = [line.format(a=doi) for line in lines]
    assert [line.startswith(start) for line, start in zip(found, wanted, strict=True)] == [True] * len(wanted), found


def test_a_dry_run_logs_nothing(minted: Doitui, write: Callable[..., Path], log: Callable[[], list[str]]) -> None:
    minted("record", "import", write("bad", creators=[]))
    before = log()
    minted("batch", "mint", "--dry-run")
    assert log() == before


def test_a_log_directory_that_cannot_be_made_is_a_warning_of_the_doctor_and_stops_nothing(
    archive: Doitui, write: Callable[..., Path], home: Path
) -> None:
    (home / "state").write_text("in the way")
    archive("record", "import", write("a"))
    done = archive("batch", "mint")
    assert (done.code, done.err) == (0, "")
    assert "WARN  log" in archive("doctor").out


@pytest.mark.parametrize("place", ["/nowhere/doi.log", "{tmp}", "{tmp}/file/doi.log", "{tmp}/pipe"])
def test_a_log_that_was_asked_for_and_cannot_be_written_is_reported_once(
    archive: Doitui,
    write: Callable[..., Path],
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    (tmp_path / "file").write_text("in the way")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("DOITUI_LOG", place.format(tmp=tmp_path))
    archive("record", "import", write("a", "b"))
    process = start("batch", "mint")
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err.count("\n"), "cannot be written" in err) == (0, 1, True)


def test_a_log_that_was_moved_away_is_begun_anew(
    minted: Doitui, write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "doi.log"
    monkeypatch.setenv("DOITUI_LOG", str(place))
    minted("record", "import", write("d", "e"))
    minted("doi", "reserve", "d")
    place.rename(tmp_path / "old.log")
    minted("doi", "reserve", "e")
    assert [len(path.read_text().splitlines()) for path in (place, tmp_path / "old.log")] == [1, 1]


def test_a_full_log_is_put_aside_and_five_are_kept(
    minted: Doitui, write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "doi.log"
    monkeypatch.setenv("DOITUI_LOG", str(place))
    names = [f"n{number}" for number in range(7)]
    minted("record", "import", write(*names))
    for name in names:
        with place.open("a") as file:
            file.truncate(log_file.LARGEST_FILE)
        minted("doi", "reserve", name)
    kept = sorted(path.name for path in tmp_path.glob("doi.log.?"))
    assert kept == [f"doi.log.{number}" for number in range(1, 6)]
    assert [line.rpartition(" ")[2] for line in place.read_text().splitlines()] == ["n6"]


def test_the_program_starts_without_the_library_that_finds_the_directory(start: Start) -> None:
    code = "import sys, doitui.cli.main, doitui_core.dois.activity_log; print('platformdirs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
