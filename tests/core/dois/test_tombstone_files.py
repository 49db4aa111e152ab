"""Tombstone pages in a directory: where they are, who can read them, and what hostile DOIs cannot do."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Doi
from doitui_core.dois import doi_rows, tombstone_files
from doitui_core.domain import states
from doitui_core.domain.states import Remote
from doitui_core.errors import BadInput
from doitui_core.operations import change_settings, doi_actions
from doitui_core.views import doctor_tombstones

Minted = Callable[..., Doi]

DOI = "10.5072/h/2026/ms-1"

PLACES = {
    DOI: "10.5072/h/2026/ms-1/index.html",
    "10.5072/A;(b)~$=*:c": "10.5072/A;(b)~$=*:c/index.html",
    "10.5072/../../etc/passwd": "10.5072/%2E./%2E./etc/passwd/index.html",
    "10.5072/.htaccess": "10.5072/%2Ehtaccess/index.html",
    "10.5072/Index.html": "10.5072/%49ndex.html/index.html",
    "10.5072//a/": "10.5072/%/a/%/index.html",
    "10.5072/a\\b\x00\n<i>%2e": "10.5072/a%5Cb%00%0A%3Ci%3E%252e/index.html",
    "/etc/cron.d/x": "%/etc/cron.d/x/index.html",
    "10.5072/ü\ud800": "10.5072/%C3%BC%ED%A0%80/index.html",
}


def test_a_page_is_where_a_web_server_finds_it_and_never_elsewhere(check_all: Callable[..., None]) -> None:
    def check(doi: str) -> None:
        assert tombstone_files.place(Path("/srv/gone"), doi) == Path("/srv/gone", PLACES[doi])

    check_all(check, PLACES)


@pytest.fixture
def served(tmp_path: Path) -> Path:
    place = tmp_path / "gone"
    place.mkdir()
    return place


@pytest.fixture
def a_tombstone(a_minted_doi: Minted, served: Path) -> Doi:
    """A deactivation that DataCite has confirmed; the repository has a directory for its page."""
    row = doi_actions.deactivate(a_minted_doi().doi, reason="withdrawn").doi
    change_settings.save_repository("h", {tombstone_files.SETTING: str(served)})
    return confirmed(row, Remote.REGISTERED)


def confirmed(row: Doi, remote: Remote) -> Doi:
    with database.write():
        row = doi_rows.lock(row.id)
        doi_rows.write(row, states.answered(doi_rows.facts(row), remote), actor="worker", action="deactivate")
    return row


def follow(row: Doi) -> None:
    tombstone_files.follow(row, repositories.config(row.repository))


def pages(served: Path) -> list[str]:
    return sorted(str(path.relative_to(served)) for path in served.rglob("*") if path.is_file())


@pytest.fixture
def strict_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("strict_umask")
def test_a_web_server_can_read_the_page_whatever_the_umask(a_tombstone: Doi, served: Path) -> None:
    follow(a_tombstone)
    page = tombstone_files.place(served, a_tombstone.doi)
    assert pages(served) == [f"{a_tombstone.doi}/index.html"]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (page, *page.parents) if served in path.parents]
    assert modes == [0o644] + [0o755] * (len(modes) - 1)


def test_a_restored_doi_has_no_page(a_tombstone: Doi, served: Path) -> None:
    follow(a_tombstone)
    row = doi_actions.restore(a_tombstone.doi, reason="by mistake").doi
    follow(confirmed(row, Remote.FINDABLE))
    assert (pages(served), tombstone_files.place(served, a_tombstone.doi).parent.exists()) == ([], False)


def test_a_page_that_cannot_be_written_is_logged_and_stops_nothing(
    a_tombstone: Doi, served: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (served / "10.5072").write_text("in the way")
    follow(a_tombstone)
    assert f"{a_tombstone.doi}: its tombstone page was not written" in caplog.text
    assert "doitui doi tombstone-page --all" in caplog.text


def test_a_directory_that_is_gone_is_not_made_again(
    a_tombstone: Doi, served: Path, caplog: pytest.LogCaptureFixture
) -> None:
    served.rmdir()
    follow(a_tombstone)
    assert (served.exists(), "No such file or directory" in caplog.text) == (False, True)


def test_all_pages_are_written_once_and_those_of_restored_dois_removed(a_tombstone: Doi, served: Path) -> None:
    counts: list[Any] = []

    def run(**options: Any) -> None:
        found = tombstone_files.write_all(**options)
        counts.append((found.written, found.unchanged, found.removed, found.failed))

    run(dry_run=True)
    assert (counts, pages(served)) == ([(1, 0, 0, 0)], [])
    run()
    run()
    assert counts[1:] == [(1, 0, 0, 0), (0, 1, 0, 0)]
    Doi.update(reason="another").where(Doi.id == a_tombstone.id).execute()
    run()
    assert "another" in tombstone_files.place(served, a_tombstone.doi).read_text()
    confirmed(doi_actions.restore(a_tombstone.doi, reason="by mistake").doi, Remote.FINDABLE)
    run(dry_run=True)
    run()
    run()
    assert counts[3:] == [(1, 0, 0, 0), (0, 0, 1, 0), (0, 0, 1, 0), (0, 0, 0, 0)]
    assert pages(served) == []


def test_a_page_that_fails_does_not_stop_the_others(a_tombstone: Doi, served: Path) -> None:
    (served / "10.5072").write_text("in the way")
    found = tombstone_files.write_all()
    assert (found.failed, found.written, [doi for doi, _ in found.failures]) == (1, 0, [a_tombstone.doi])


def test_without_a_directory_nothing_is_written(a_tombstone: Doi, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not a directory"):
        tombstone_files.write_all(tmp_path / "nowhere")
    change_settings.unset_setting(tombstone_files.SETTING, a_tombstone.repository_id)
    with pytest.raises(BadInput, match="--out DIR, or set tombstone_page_directory"):
        tombstone_files.write_all()


def test_missing_pages_are_counted_up_to_a_limit(a_tombstone: Doi, served: Path) -> None:
    def missing(most: int) -> int:
        return tombstone_files.missing(a_tombstone.repository_id, served, most)

    assert (missing(9), missing(0)) == (1, 0)
    tombstone_files.write_all()
    assert missing(9) == 0


def test_the_doctor_names_what_is_missing(a_tombstone: Doi, served: Path) -> None:
    def found() -> list[tuple[str, str, str]]:
        return [(check.level, check.message, check.remedy) for check in doctor_tombstones.tombstones()]

    old, write = "still leading to the old page: 1 tombstone of h", "doitui doi tombstone-page --all"
    missing = ("WARN", f"1 tombstone page of h missing in {served}", write)
    to_set = "doitui setting set tombstone_page_base https://… --repository h"
    assert found() == [("WARN", f"{old} (no tombstone_page_base)", to_set), missing]
    change_settings.save_repository("h", {"tombstone_page_base": "https://archive.example.org/gone"})
    assert found() == [("WARN", old, f"doitui doi update {a_tombstone.doi}"), missing]
    Doi.update(url=f"https://archive.example.org/gone/{a_tombstone.doi}").execute()
    assert found() == [missing]
    tombstone_files.write_all()
    assert found() == [("OK", "1 tombstone", "")]
    change_settings.save_repository("h", {tombstone_files.SETTING: str(served / "nowhere")})
    assert [remedy for *_, remedy in found()] == [f"mkdir -p {served}/nowhere"]
