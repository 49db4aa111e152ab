"""`doitui usage-report build`, `validate` and `list` on the command line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

MONTH = ("--month", "2025-05")
HEAD = "doi,month,metric_type,access_method,count\n"
NAME = "usage-report-h-2025-05"


@pytest.fixture
def counted(minted: Any, tmp_path: Path, doi_of: Callable[[str], str]) -> Any:
    """`doitui` with counts of May 2025 for the findable records a and b."""
    path = tmp_path / "counts.csv"
    rows = [f"{doi_of(name)},2025-05,total-dataset-requests,machine,7\n" for name in ("a", "b")]
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    assert minted("usage", "import-counts", path).code == 0
    return minted


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_build_writes_what_validate_takes(counted: Any, out: Path) -> None:
    built = counted("usage-report", "build", *MONTH, "--out", out)
    checked = counted("usage-report", "validate", out / f"{NAME}.json")
    assert (built.code, built.err, built.out.splitlines()) == (
        0,
        "",
        ["h: 2 datasets of 2025-05, 1 file written", str(out / f"{NAME}.json")],
    )
    assert (checked.code, checked.out) == (0, f"{out / NAME}.json: valid, 2 datasets\n")


def test_build_prints_its_result_as_json(counted: Any, out: Path) -> None:
    (row,) = counted("usage-report", "build", *MONTH, "--out", out, "--json").json["reports"]
    result = {name: row[name] for name in ("repository", "month", "parts", "datasets", "left_out", "partial", "totals")}
    assert result == {
        "repository": "h",
        "month": "2025-05",
        "parts": 1,
        "datasets": 2,
        "left_out": 0,
        "partial": False,
        "totals": {"total-dataset-requests-machine": 14},
    }


def test_build_compresses_when_asked(counted: Any, out: Path) -> None:
    counted("usage-report", "build", *MONTH, "--out", out, "--gzip")
    document = json.loads(gzip.decompress((out / f"{NAME}.json.gz").read_bytes()))
    assert [one["code"] for one in document["report-header"]["exceptions"]] == [69]


def test_build_writes_here_by_default(counted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    counted("usage-report", "build", *MONTH)
    assert (tmp_path / f"{NAME}.json").exists()


def test_build_writes_a_table(counted: Any, out: Path) -> None:
    counted("usage-report", "build", *MONTH, "--out", out, "--format", "tsv")
    lines = (out / f"{NAME}.tsv").read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[11].split("\t")[-1], len(lines)) == ("Report_Name\tDataset Master Report", "May-2025", 14)


@pytest.mark.parametrize("form", ["json", "tsv"])
def test_a_dry_build_writes_nothing(counted: Any, out: Path, form: str) -> None:
    done = counted("usage-report", "build", *MONTH, "--out", out, "--format", form, "--dry-run")
    assert (done.code, done.out, out.exists()) == (0, "h: 2 datasets of 2025-05, 1 file would be written\n", False)


def test_build_prints_how_many_dois_are_excluded(counted: Any, out: Path) -> None:
    counted("record", "unpublish", "b")
    done = counted("usage-report", "build", *MONTH, "--out", out, "--json")
    assert (done.json["reports"][0]["datasets"], done.complaint.startswith("h: 1 DOI left out")) == (1, True)


def test_a_build_of_nothing_but_what_is_left_out_has_failed(counted: Any, out: Path) -> None:
    counted("record", "unpublish", "a", "b")
    done = counted("usage-report", "build", *MONTH, "--out", out)
    assert (done.code, list(out.iterdir())) == (1, [])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--month", "2025-13"), "'2025-13' is not a month"),
        (("--month", "May"), "'May' is not a month"),
        (("--month", "2199-01"), "2199-01 has not begun yet"),
        (("--month", "2025-06"), "no usage of 2025-06 was counted"),
        ((*MONTH, "--repository", "no"), "there is no repository 'no'"),
        ((*MONTH, "--gzip", "--format", "tsv"), "--gzip needs --format json"),
        ((), "--month"),
    ],
)
def test_what_cannot_be_built_is_wrong_usage(counted: Any, arguments: tuple[str, ...], complaint: str) -> None:
    done = counted("usage-report", "build", *arguments)
    assert (done.code, complaint in done.complaint) == (2, True)


def test_a_month_that_is_not_over_is_partial(minted: Any, tmp_path: Path, doi_of: Any, out: Path) -> None:
    path, month = tmp_path / "counts.csv", f"{datetime.now(UTC):%Y-%m}"
    path.write_text(f"{HEAD}{doi_of('a')},{month},total-dataset-requests,machine,7\n", encoding="utf-8")
    minted("usage", "import-counts", path)
    done = minted("usage-report", "build", "--month", month, "--out", out)
    assert (done.code, "partial: not over" in done.out) == (0, True)


def test_a_folder_that_cannot_be_written_to_is_wrong_usage(counted: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = counted("usage-report", "build", *MONTH, "--out", tmp_path / "file")
    assert (done.code, "cannot be written to" in done.complaint) == (2, True)


def test_a_folder_of_somebody_else_is_wrong_usage(counted: Any, start: Any, as_anybody: Any, tmp_path: Path) -> None:
    place = tmp_path / "closed"
    place.mkdir(mode=0o500)
    process = start("usage-report", "build", *MONTH, "--out", place, before=as_anybody)
    _, complaint = process.communicate(timeout=30)
    assert (process.returncode, complaint) == (2, f"doitui: {place} cannot be written to: Permission denied\n")


def test_validate_needs_no_database(doitui: Any, shared: Path, file: Path) -> None:
    done = doitui("usage-report", "validate", *sorted((shared / "data" / "sashimi" / "reports").glob("*.json")))
    assert (done.code, done.out.count(": valid, "), file.exists()) == (0, 4, False)


def test_validate_says_what_is_wrong_line_by_line(doitui: Any, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text('{"report-header": {"release": "rd1"}, "report-datasets": [{}]}', encoding="utf-8")
    done = doitui("usage-report", "validate", path)
    first, *others = done.out.splitlines()
    assert (done.code, first, all(line.startswith(f"{path}: ") for line in others), len(others) > 5) == (
        1,
        f"{path}: {len(others)} errors, 1 dataset",
        True,
        True,
    )


def test_validate_prints_the_errors_as_json(doitui: Any, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("{}", encoding="utf-8")
    (row,) = doitui("usage-report", "validate", path, "--json").json["files"]
    assert (row["valid"], row["errors"]) == (False, ["report-header: is missing", "report-datasets: can't be blank"])


@pytest.mark.parametrize("content", ["", "nonsense", "[1]", '{"a": '])
def test_a_file_that_is_no_report_is_wrong_usage(doitui: Any, tmp_path: Path, content: str) -> None:
    path = tmp_path / "r.json"
    path.write_text(content, encoding="utf-8")
    done = doitui("usage-report", "validate", path)
    assert (done.code, done.complaint.startswith(f"{path} is no report: "), done.out) == (2, True, "")


def test_one_file_of_two_that_cannot_be_read_is_a_failure(doitui: Any, shared: Path, tmp_path: Path) -> None:
    good = shared / "data" / "sashimi" / "reports" / "report_3.json"
    done = doitui("usage-report", "validate", good, tmp_path / "nowhere")
    assert (done.code, "nowhere cannot be read: No such file" in done.complaint) == (1, True)


def test_a_report_cannot_send_control_characters_to_the_terminal(doitui: Any, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"\x1b[2J": 1, "report-datasets": [{"yop": "\x1b]0;x\x07"}]}), encoding="utf-8")
    assert "\x1b" not in doitui("usage-report", "validate", path).out


def test_without_reports_the_list_says_so(archive: Any) -> None:
    assert archive("usage-report", "list").complaint == "no reports"
