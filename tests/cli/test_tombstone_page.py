"""`doitui doi tombstone-page`: the page on stdout, in a file, in JSON; other DOIs are refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]


@pytest.fixture
def dead(minted: Doitui, doi_of: Callable[[str], str]) -> str:
    """The DOI of a tombstone."""
    doi = doi_of("a")
    done = minted("doi", "deactivate", doi, "--reason", "withdrawn <b>", "--successor", doi_of("b"), "--now")
    assert done.code == 0, done.err
    return doi


@pytest.fixture
def page(minted: Doitui, dead: str) -> Callable[..., Any]:
    return lambda *arguments: minted("doi", "tombstone-page", dead, *arguments)


def test_the_page_goes_to_stdout(page: Callable[..., Any], dead: str, doi_of: Callable[[str], str]) -> None:
    done = page()
    assert (done.code, done.err, done.out.startswith("<!DOCTYPE html>")) == (0, "", True)
    expected = ("Record a", "Brandt, Ida", "Hollin Archive", "withdrawn &lt;b&gt;", dead, doi_of("b"))
    assert [words for words in expected if words not in done.out] == []


def test_the_page_goes_to_a_file(page: Callable[..., Any], tmp_path: Path) -> None:
    place = tmp_path / "pages" / "gone.html"
    place.parent.mkdir()
    done = page("--out", place)
    assert (done.code, done.out.count("\n"), os.listdir(place.parent)) == (0, 1, ["gone.html"])
    assert place.read_text(encoding="utf-8") == page().out


def test_json_has_doi_and_page(page: Callable[..., Any], dead: str) -> None:
    assert page("--json").json == {"doi": dead, "html": page().out}


def test_a_file_that_is_there_is_replaced_whole(page: Callable[..., Any], tmp_path: Path) -> None:
    place = tmp_path / "gone.html"
    place.write_text("x" * 100_000)
    page("--out", place)
    assert place.read_text(encoding="utf-8") == page().out


def test_a_web_server_can_read_the_file(page: Callable[..., Any], tmp_path: Path) -> None:
    before = os.umask(0o022)
    page("--out", tmp_path / "gone.html")
    os.umask(before)
    assert stat.S_IMODE((tmp_path / "gone.html").stat().st_mode) == 0o644


def test_a_link_to_the_file_stays_one(page: Callable[..., Any], tmp_path: Path) -> None:
    link = tmp_path / "link.html"
    link.symlink_to(tmp_path / "gone.html")
    page("--out", link)
    assert (link.is_symlink(), (tmp_path / "gone.html").is_file()) == (True, True)


@pytest.mark.parametrize("place", ["", ".", "nowhere/gone.html", "file/gone.html", "/dev/null"])
def test_a_place_that_is_none_is_named_and_nothing_is_left_there(
    page: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "file").write_text("")
    monkeypatch.chdir(here)
    done = page("--out", place)
    assert (done.code, done.complaint != "", os.listdir(here)) == (2, True, ["file"])


def test_a_dry_run_writes_nothing(page: Callable[..., Any], tmp_path: Path) -> None:
    done = page("--out", tmp_path / "gone.html", "--dry-run")
    assert (done.code, "would be written" in done.out, (tmp_path / "gone.html").exists()) == (0, True, False)


def test_what_is_no_tombstone_is_refused(minted: Doitui, doi_of: Callable[[str], str], tmp_path: Path) -> None:
    done = minted("doi", "tombstone-page", doi_of("b"), "--out", tmp_path / "gone.html")
    assert (done.code, done.out, (tmp_path / "gone.html").exists()) == (1, "", False)
    assert "is findable, not a tombstone" in done.complaint


def test_a_doi_that_nobody_knows_is_wrong_usage(minted: Doitui) -> None:
    assert minted("doi", "tombstone-page", "10.5072/nope").code == 2


def test_a_deactivation_warns_that_the_doi_still_leads_to_its_old_page(
    minted: Doitui, doi_of: Callable[[str], str]
) -> None:
    done = minted("doi", "deactivate", doi_of("a"), "--reason", "withdrawn", "--now")
    assert (done.code, "still leads to https://archive.example.org/a: set tombstone_page_base" in done.complaint) == (
        0,
        True,
    )


def test_with_a_tombstone_page_it_does_not(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    minted("setting", "set", "tombstone_page_base", "https://archive.example.org/gone")
    done = minted("doi", "deactivate", doi_of("a"), "--reason", "withdrawn", "--now")
    assert (done.code, done.err) == (0, "")
