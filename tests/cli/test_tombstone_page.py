"""`doitui doi tombstone-page`: the page on stdout, in a file, in JSON; other DOIs are refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

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
    expected = ("Record a", "Brandt, Ida", "2020", "withdrawn &lt;b&gt;", dead, doi_of("b"))
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


def test_dry_runs_and_deletions_of_records_warn_too(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    def check(*command: str) -> None:
        done = minted(*command)
        assert (done.code, "still leads to https://archive.example.org/" in done.complaint) == (0, True)

    dry, delete = ("doi", "deactivate", doi_of("a"), "--reason", "withdrawn", "--dry-run"), ("record", "delete", "a")
    for command in (dry, (*delete, "--dry-run"), delete):
        check(*command)


@pytest.fixture
def served(tmp_path: Path) -> Path:
    place = tmp_path / "gone"
    place.mkdir()
    return place


def test_all_pages_go_into_a_directory(minted: Doitui, dead: str, page: Callable[..., Any], served: Path) -> None:
    def run(*options: str) -> dict[str, int]:
        found = minted("doi", "tombstone-page", "--all", "--out", served, "--json", *options).json
        return {name: found[name] for name in ("written", "unchanged", "removed", "failed")}

    none = {"written": 0, "unchanged": 0, "removed": 0, "failed": 0}
    assert (run("--dry-run"), os.listdir(served)) == (none | {"written": 1}, [])
    assert (run(), run()) == (none | {"written": 1}, none | {"unchanged": 1})
    assert (served / dead / "index.html").read_text(encoding="utf-8") == page().out


def test_all_pages_are_counted_in_a_line_and_failures_named(minted: Doitui, dead: str, served: Path) -> None:
    without = minted("doi", "tombstone-page", "--all")
    minted("setting", "set", "tombstone_page_directory", served)
    dry = minted("doi", "tombstone-page", "--all", "--dry-run")
    (served / "10.5072").write_text("in the way")
    done = minted("doi", "tombstone-page", "--all")
    assert (without.code, "--out DIR, or set tombstone_page_directory" in without.complaint) == (2, True)
    assert dry.out == "tombstone pages: would be 1 written, 0 unchanged, 0 removed\n"
    assert (done.code, done.out) == (1, "tombstone pages: 0 written, 0 unchanged, 0 removed, 1 failed\n")
    assert done.complaint.startswith(f"{dead}: ")


def test_a_doi_and_all_are_one_too_many(doitui: Doitui) -> None:
    assert [doitui("doi", "tombstone-page", *given).code for given in ((), ("10.5072/a", "--all"))] == [2, 2]


def test_a_worker_keeps_the_pages_that_a_web_server_serves(
    minted: Doitui, doi_of: Callable[[str], str], served: Path
) -> None:
    """Deactivated, the DOI leads to a page that is there; restored, the page is gone."""
    doi = doi_of("a")
    with serving(served) as base:
        minted("setting", "set", "tombstone_page_base", base)
        minted("setting", "set", "tombstone_page_directory", served)
        done = minted("doi", "deactivate", doi, "--reason", "lost", "--successor", doi_of("b"), "--now")
        address = minted("doi", "show", doi, "--json").json["url"]
        answer = requests.get(address, timeout=5)
        minted("doi", "restore", doi, "--reason", "found", "--now")
        after = requests.get(address, timeout=5)
    assert (done.code, done.err, address.startswith(f"{base}/")) == (0, "", True)
    assert (answer.status_code, answer.headers["content-type"], after.status_code) == (200, "text/html", 404)
    assert [text for text in ("lost", f"https://doi.org/{doi_of('b')}") if text not in answer.text] == []


@contextmanager
def serving(directory: Path) -> Iterator[str]:
    """A web server for a directory, and its address."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(directory))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
