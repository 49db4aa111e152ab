"""`doitui usage` on the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from doitui_middleware import spool_files, spool_line

METRICS = {f"{kind}-dataset-{what}" for kind in ("total", "unique") for what in ("investigations", "requests")}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:60.0) Gecko/20100101 Firefox/60.0"
VIEWS = r"^/records/(?P<object_id>\w+)$"
DOI = "10.5072/h/2026/a"

NOON = int(datetime(2026, 11, 20, 12, 1, tzinfo=UTC).timestamp()) * 1_000_000


def combined(minute: int = 1, path: str = "/records/a", day: int = 20) -> str:
    return f'1.1.1.1 - - [{day}/Nov/2026:10:{minute:02}:00 +0000] "GET {path} HTTP/1.1" 200 512 "-" "{FIREFOX}"\n'


@pytest.fixture
def minted(archive: Any, write: Callable[..., Path]) -> Any:
    """`doitui` with the record `a`, whose DOI is findable."""
    for command in (("record", "import", write("a")), ("doi", "mint", "a", "--now")):
        done = archive(*command)
        assert done.code == 0, done.err
    return archive


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text(combined() + combined(5), encoding="utf-8")
    return path


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """A spool with one view of record `a`."""
    place = tmp_path / "spool"
    place.mkdir()
    line = spool_line.encode(
        spool_line.Hit(NOON, "h", "view", "object_id", "a", "/records/a", 200, "address", "x", FIREFOX)
    )
    (place / spool_files.new_name(1, 1)).write_bytes(line)
    return place


@pytest.mark.parametrize(
    ("log_name", "expected_name"),
    [
        ("syn_1k.log", "syn_1k.expected.json"),
        ("cdl_counter_2018-05-01.pseudo.log", "cdl_2018-05-01.expected.json"),
    ],
)
def test_count_gives_the_official_counts(doitui: Any, shared: Path, log_name: str, expected_name: str) -> None:
    place = shared / "data" / "counter"
    lists = ("--robots", place / "ua_lists" / "mdc_robot.txt", "--machines", place / "ua_lists" / "mdc_machine.txt")
    form = ("--log-format", "counter-processor", "--month", "2018-05")
    done = doitui("usage", "count", place / log_name, *form, *lists, "--json")
    expected = json.loads((place / expected_name).read_text(encoding="utf-8"))
    four = {
        doi: {method: {m: n for m, n in numbers.items() if m in METRICS and n} for method, numbers in methods.items()}
        for doi, methods in expected.items()
    }
    assert (done.code, done.json, done.err) == (0, four, "")


def test_count_needs_no_database(doitui: Any, log: Path, file: Path) -> None:
    done = doitui("usage", "count", log, "--view-pattern", VIEWS)
    assert (done.code, file.exists()) == (0, False)
    assert done.out.splitlines()[1].split() == ["a", "regular", "2", "1", "0", "0"]


def test_count_reads_a_spool(doitui: Any, spool: Path) -> None:
    (path,) = spool.iterdir()
    done = doitui("usage", "count", path, "--log-format", "spool", "--json")
    assert done.json == {"a": {"regular": {"total-dataset-investigations": 1, "unique-dataset-investigations": 1}}}


def test_an_unreadable_line_is_reported_with_its_place(doitui: Any, log: Path) -> None:
    log.write_text(combined() + "nonsense\n", encoding="utf-8")
    done = doitui("usage", "count", log, "--view-pattern", VIEWS, "--json")
    assert (done.code, done.complaint) == (1, f"{log}:2: is not in the combined format")


PROXIED = (
    '203.0.113.{}, 10.0.0.1 - - [10/Mar/2026:10:00:00 +0000] "GET /records/7 HTTP/1.1" 200 5 "-" "Firefox/128.0"\n'
)


def test_lists_of_addresses_are_rejected_by_number_unless_the_proxies_are_named(doitui: Any, log: Path) -> None:
    log.write_text("".join(PROXIED.format(number) for number in range(7)), encoding="utf-8")
    count = ("usage", "count", log, "--view-pattern", VIEWS, "--json")
    rejected, read = doitui(*count), doitui(*count, "--trusted-hops", 2)
    *lines, more = rejected.err.splitlines()
    assert (rejected.code, rejected.json, more) == (1, {}, "… and 2 more unreadable lines")
    assert [line.partition(": ")[0] for line in lines] == [f"{log}:{number}" for number in range(1, 6)]
    assert all("'203.0.113." in line and "--trusted-hops N" in line for line in lines)
    assert (read.code, read.err, read.json["7"]["regular"]["unique-dataset-investigations"]) == (0, "", 7)


def test_nginx_logs_the_visitor_in_its_last_field(doitui: Any, log: Path) -> None:
    lines = [f'{combined(number).strip()} "203.0.113.{number}"\n' for number in range(3)]
    log.write_text("".join(lines), encoding="utf-8")
    done = doitui("usage", "count", log, "--view-pattern", VIEWS, "--log-format", "combined-forwarded", "--json")
    assert done.json["a"]["regular"]["unique-dataset-investigations"] == 3


def test_count_and_import_warn_of_one_address_for_everybody(minted: Any, doitui: Any, log: Path) -> None:
    log.write_text("".join(combined(number % 60) for number in range(120)), encoding="utf-8")
    pattern = ("--view-pattern", VIEWS, "--json")
    counted, imported = doitui("usage", "count", log, *pattern), minted("usage", "import-log", log, *pattern)
    result = "warning: 100% of the visits come from one address, 1.1.1.1"
    assert (counted.code, counted.complaint.startswith(result), list(counted.json)) == (0, True, ["a"])
    (warning,) = imported.json["warnings"]
    assert (imported.code, warning.startswith(f"{log}: {result}"), imported.complaint) == (0, True, warning)


def test_import_prints_the_place_of_a_rejected_line(minted: Any, log: Path) -> None:
    pattern = ("--view-pattern", VIEWS, "--json")
    minted("usage", "import-log", log, *pattern)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"# a comment\n{combined(7)}{PROXIED.format(1)}")
    done = minted("usage", "import-log", log, *pattern)
    (result,) = done.json["files"]
    assert (done.code, result["rejected"], result["rejected_lines"][0]["place"]) == (1, 1, f"{log}:5")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--view-pattern", "("), "'(' is no regular expression"),
        (("--view-pattern", "^/records/"), "has no group"),
        ((), "say which paths count"),
        (("--month", "May", "--view-pattern", VIEWS), "'May' is not a month"),
        (("--robots", "/nowhere"), "/nowhere cannot be read"),
    ],
)
def test_what_cannot_be_used_is_wrong_usage(doitui: Any, log: Path, arguments: tuple[str, ...], complaint: str) -> None:
    done = doitui("usage", "count", log, *arguments)
    assert (done.code, complaint in done.complaint) == (2, True)


@pytest.mark.parametrize("name", ["nowhere.log", "."])
def test_a_log_that_cannot_be_read_is_wrong_usage(doitui: Any, tmp_path: Path, name: str) -> None:
    done = doitui("usage", "count", tmp_path / name)
    assert (done.code, "cannot be read" in done.complaint) == (2, True)


def test_drain_brings_the_spool_into_the_counts(minted: Any, spool: Path) -> None:
    done = minted("usage", "drain", "--spool", spool, "--json")
    assert done.code == 0
    assert {name: done.json[name] for name in ("files", "lines", "hits", "rejected", "removed", "hours")} == {
        "files": 1,
        "lines": 1,
        "hits": {"new": 1},
        "rejected": 0,
        "removed": 1,
        "hours": 1,
    }
    (row,) = minted("usage", "show", "--month", "2026-11", "--json").json["counts"]
    assert (row["doi"], row["access_method"], row["total-dataset-investigations"]) == (DOI, "regular", 1)


def test_drain_takes_the_spool_of_the_environment(minted: Any, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOITUI_SPOOL", str(spool))
    assert minted("usage", "drain", "--json").json["lines"] == 1


def test_a_dry_run_of_drain_prints_the_files_and_keeps_them(minted: Any, spool: Path) -> None:
    before = sorted(os.listdir(spool))
    done = minted("usage", "drain", "--spool", spool, "--dry-run", "--json")
    assert (done.json["files"], sorted(os.listdir(spool))) == (1, before)


def test_without_a_spool_drain_says_how_to_name_one(archive: Any) -> None:
    done = archive("usage", "drain")
    assert (done.code, "--spool DIR" in done.complaint) == (3, True)


def test_a_spool_that_is_not_there_is_wrong_usage(archive: Any, tmp_path: Path) -> None:
    done = archive("usage", "drain", "--spool", tmp_path / "typo")
    assert (done.code, "typo" in done.complaint) == (2, True)


def test_unreadable_lines_of_the_spool_are_reported(minted: Any, spool: Path) -> None:
    (path,) = spool.iterdir()
    path.write_bytes(path.read_bytes() + b"nonsense\n")
    done = minted("usage", "drain", "--spool", spool)
    assert (done.code, "1 line unreadable: moved to files *.rejected" in done.complaint) == (1, True)


def test_a_log_is_imported_once(minted: Any, log: Path) -> None:
    command = ("usage", "import-log", log, "--view-pattern", VIEWS, "--json")
    first, second = minted(*command), minted(*command)
    assert (first.code, first.json["files"][0]["hits"], first.json["hours"]) == (0, {"new": 2}, 1)
    assert (second.code, second.json["files"][0]["lines"], second.json["hours"]) == (0, 0, 0)


def test_ids_that_do_not_count_are_named_and_their_hits_found_after_the_mint(
    archive: Any, log: Path, write: Any
) -> None:
    command = ("usage", "import-log", log, "--view-pattern", VIEWS)
    first = archive(*command)
    assert (first.code, first.err) == (0, "")
    assert "  2 unknown id: a (2)\nhits of these ids are kept, and counted when their DOIs are minted\n" in first.out
    for step in (("record", "import", write("a")), ("doi", "mint", "a", "--now")):
        assert archive(*step).code == 0
    second = archive(*command)
    assert "2 earlier hits found for DOIs minted since\n" in second.out
    (row,) = archive("usage", "show", "--json").json["counts"]
    assert (row["doi"], row["total-dataset-investigations"]) == (DOI, 2)


def test_an_id_cannot_control_the_terminal(archive: Any, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(combined(path="/records/%1b[31mred"), encoding="utf-8")
    done = archive("usage", "import-log", log, "--view-pattern", "^/records/(?P<object_id>.+)$")
    assert "unknown id" in done.out
    assert "\x1b" not in done.out


def test_a_dry_import_changes_nothing(minted: Any, log: Path, home: Path) -> None:
    done = minted("usage", "import-log", log, "--view-pattern", VIEWS, "--dry-run", "--json")
    assert done.json["files"][0]["hits"] == {"new": 2}
    assert minted("usage", "show", "--json").json["counts"] == []
    assert list(home.rglob("usage-log.key")) == []


def test_a_day_of_the_middleware_is_refused(minted: Any, log: Path, spool: Path) -> None:
    minted("usage", "drain", "--spool", spool)
    before = minted("usage", "show", "--json").out
    done = minted("usage", "import-log", log, "--view-pattern", VIEWS)
    assert (done.code, "2 lines of 2026-11-20 rejected" in done.complaint) == (1, True)
    assert minted("usage", "show", "--json").out == before


def test_counts_from_elsewhere_are_shown_as_such(minted: Any, tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    head, row = "doi,month,metric_type,access_method,count", f"{DOI},2025-05,total-dataset-requests,machine,7"
    path.write_text(f"{head}\n{row}\n{row.replace('7', 'x')}\n", encoding="utf-8")
    done = minted("usage", "import-counts", path, "--json")
    assert (done.code, done.json["imported"], len(done.json["rejected"])) == (1, 1, 1)
    (shown,) = minted("usage", "show", "--doi", DOI, "--json").json["counts"]
    assert (shown["source"], shown["total-dataset-requests"]) == ("import", 7)


def test_show_draws_a_bar_for_each_month(minted: Any, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    minted("usage", "import-log", log, "--view-pattern", VIEWS)
    first, legend, _, head, row = minted("usage", "show", terminal=120).out.splitlines()
    assert (first.split(), legend.split()[:2]) == (["2026-11", "-" * 40, "2"], ["=", "requests,"])
    assert (head.split()[:3], row.split()) == (["doi", "by", "source"], [DOI, "regular", "log", "2", "1", "0", "0"])


def test_show_prints_a_month_by_day(minted: Any, log: Path) -> None:
    log.write_text(combined() + combined(day=21), encoding="utf-8")
    minted("usage", "import-log", log, "--view-pattern", VIEWS)
    days = minted("usage", "show", "--month", "2026-11", "--repository", "h", "--json").json["days"]
    assert [(row["day"], row["total-dataset-investigations"]) for row in days] == [("2026-11-20", 1), ("2026-11-21", 1)]


def test_show_of_nothing_says_so(archive: Any) -> None:
    assert archive("usage", "show").complaint == "nothing was counted"


@pytest.mark.parametrize("option", [("--doi", "10.5072/no"), ("--repository", "no"), ("--month", "2026-13")])
def test_show_of_what_is_not_there_is_wrong_usage(archive: Any, option: tuple[str, str]) -> None:
    done = archive("usage", "show", *option)
    assert (done.code, option[1] in done.complaint) == (2, True)
