"""The settings of which DOIs are made: refused where no DOI could be made, and named by the doctor if they go bad."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]
Write = Callable[..., Path]

PLUG_IN = """
class Shelf:
    def __init__(self, setup): self.setup = setup
    def generate(self, parts): return f"{parts['prefix']}/shelf.{parts['object_id']}"
    def generation_pattern(self): return f"{self.setup.prefix}/shelf.N"
    def is_local(self, doi): return "/shelf." in doi
"""


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "shelf_dois.py"
    place.write_text(PLUG_IN)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("shelf_dois", None)
    return place


@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("setting", "set", "suffix_pattern", "{shelf}"), "names {shelf}: it may name"),
        (("setting", "set", "suffix_pattern", "{object_id"), "cannot be read"),
        (("setting", "set", "suffix_pattern", "ä"), "makes no DOI"),
        (("setting", "set", "suffix_pattern", "{shelf}", "--repository", "h"), "names {shelf}"),
        (("repository", "set", "h", "--suffix-pattern", "{year}//{object_id}"), "makes no DOI"),
        (("repository", "set", "new", "--suffix-pattern", "{shelf}"), "names {shelf}"),
        (("setting", "set", "generator", "no_such.module"), "'no_such.module' cannot be loaded"),
        (("setting", "set", "generator", "shelf_dois.PLUG", "--repository", "h"), "'shelf_dois.PLUG' cannot be loaded"),
    ],
)
def test_what_makes_no_doi_is_refused_when_it_is_set(
    archive: Doitui, plug_in: Path, command: tuple[str, ...], words: str, dry_run: tuple[str, ...]
) -> None:
    done = archive(*command, *dry_run)
    assert (done.code, words in done.complaint) == (2, True), done.err
    assert (
        archive("setting", "get", "suffix_pattern", "--repository", "h").out == "{repository_code}/{year}/{object_id}\n"
    )
    assert archive("setting", "get", "generator", "--repository", "h").out == "\n"


def test_a_plug_in_makes_the_dois_and_may_have_a_pattern_of_its_own(
    archive: Doitui, write: Write, plug_in: Path
) -> None:
    assert archive("setting", "set", "generator", "shelf_dois.Shelf").code == 0
    assert archive("setting", "set", "suffix_pattern", "{shelf}").code == 0
    archive("record", "import", write("a"))
    assert archive("doi", "reserve", "a", "--json").json["results"][0]["doi"] == "10.5072/shelf.a"
    assert archive("repository", "show", "h", "--json").json["generation_pattern"] == "10.5072/shelf.N"


@pytest.mark.parametrize(("doi", "foreign"), [("10.5072/shelf.7", False), ("10.5072/other-7", True)])
def test_a_plug_in_says_which_dois_are_ours(
    archive: Doitui, write: Write, plug_in: Path, doi: str, foreign: bool
) -> None:
    archive("setting", "set", "generator", "shelf_dois.Shelf")
    archive("record", "import", write("a", doi=doi))
    shown = archive("record", "show", "a", "--json").json
    assert (shown["doi"], shown["foreign_doi"]) == ((None, doi) if foreign else (doi, None))


@pytest.mark.parametrize("whose", [(), ("--repository", "h")])
def test_the_doctor_names_a_plug_in_that_is_gone_and_the_command_that_fixes_it(
    archive: Doitui, write: Write, plug_in: Path, whose: tuple[str, ...]
) -> None:
    archive("setting", "set", "generator", "shelf_dois.Shelf", *whose)
    plug_in.unlink()
    sys.modules.pop("shelf_dois")
    found = [row for row in archive("doctor", "--json").json["checks"] if "generator" in row["message"]]
    assert [(row["name"], row["level"]) for row in found] == [("repository h", "FAIL")]
    remedy = " ".join(("doitui setting unset generator", *whose))
    assert found[0]["fix"] == remedy
    assert "cannot be made" in archive("repository", "show", "h").out
    archive("record", "import", write("a"))
    assert archive("doi", "reserve", "a").complaint.startswith("generator 'shelf_dois.Shelf' cannot be loaded")
    assert archive(*remedy.split()[1:]).code == 0
    assert archive("doi", "reserve", "a").code == 0


def test_the_doctor_names_a_variable_that_makes_no_doi(archive: Doitui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOITUI_SUFFIX_PATTERN", "{shelf}")
    found = [row for row in archive("doctor", "--json").json["checks"] if "{shelf}" in row["message"]]
    assert [(row["level"], row["fix"]) for row in found] == [("FAIL", "unset DOITUI_SUFFIX_PATTERN")]


def test_the_doctor_warns_of_a_pattern_that_is_the_same_for_all_records(archive: Doitui) -> None:
    archive("repository", "set", "h", "--suffix-pattern", "{year}/same")
    found = [row for row in archive("doctor", "--json").json["checks"] if "only one record" in row["message"]]
    remedy = "doitui setting unset suffix_pattern --repository h"
    assert [(row["level"], row["fix"]) for row in found] == [("WARN", remedy)]


def test_a_local_prefix_alone_makes_opuss_dois(archive: Doitui, write: Write) -> None:
    archive("repository", "set", "h", "--local-prefix", "opus4")
    archive("record", "import", write("146"))
    assert archive("doi", "reserve", "146", "--json").json["results"][0]["doi"] == "10.5072/opus4-146"
