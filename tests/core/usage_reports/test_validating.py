"""Reports in files, ours and anybody's: would DataCite take them?"""

from __future__ import annotations

import copy
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui_core.errors import UnreadableDocument
from doitui_core.usage_reports import rules
from doitui_core.usage_reports.validating import Checked, validate

DAYS = {"begin-date": "2026-05-01", "end-date": "2026-05-31"}
INSTANCE = {"metric-type": "total-dataset-investigations", "access-method": "regular", "count": 3}
DATASET = {
    "dataset-title": "T",
    "dataset-id": [{"type": "doi", "value": "10.5072/x"}],
    "platform": "P",
    "publisher": "U",
    "publisher-id": [{"type": "client-id", "value": "u.p"}],
    "data-type": "dataset",
    "performance": [{"period": DAYS, "instance": [INSTANCE]}],
}
HEADER = {
    "report-name": "dataset report",
    "report-id": "DSR",
    "release": "rd1",
    "created": "2026-06-01",
    "created-by": "demo",
    "reporting-period": DAYS,
    "exceptions": [],
}
PACKED = {**HEADER, "exceptions": [{"code": 69}]}


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., Checked]:
    """`check(datasets, header, packed=True)`: what is found in such a file."""

    def run(datasets: Any = (DATASET,), header: Any = HEADER, packed: bool = False, **more: Any) -> Checked:
        text = json.dumps({"report-header": header, "report-datasets": datasets, **more}).encode()
        path = tmp_path / "report"
        path.write_bytes(gzip.compress(text) if packed else text)
        return validate(path)

    return run


@pytest.mark.parametrize("name", ["report_3", "report_7", "report_11", "report_repeat"])
def test_an_official_sample_is_valid(shared: Path, name: str) -> None:
    found = validate(shared / "data" / "sashimi" / "reports" / f"{name}.json")
    assert (found.errors, found.warnings) == ([], [])


def test_our_own_report_is_valid(house: Any, tmp_path: Path) -> None:
    house.dois([f"{number}" for number in range(450)])
    for compress in (False, True):
        (part,) = house.report().parts(compress=compress)
        path = tmp_path / "report"
        path.write_bytes(part.body)
        found = validate(path)
        assert (found.errors, found.warnings, found.datasets, found.compressed) == ([], [], 450, compress)


def test_a_compressed_report_with_exception_69_is_valid(check: Callable[..., Checked]) -> None:
    assert check(header=PACKED, packed=True).valid


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"packed": True}, "exceptions: a compressed report needs exception 69"),
        ({"header": PACKED}, "exceptions: 69 is for compressed reports"),
        ({"header": None}, "report-header: is missing"),
        ({"header": {**HEADER, "created-by": ""}}, "created-by: can't be blank"),
        ({"header": {**HEADER, "report-name": 5}}, 'report-name: 5 is not of type "string"'),
        ({"header": {**HEADER, "customer": 5}}, "found unpermitted parameter: :customer"),
        ({"datasets": []}, "report-datasets: can't be blank"),
        ({"datasets": None}, 'report-datasets/0: null is not of type "object"'),
        ({"datasets": [DATASET] * 450 + [{}]}, "report-datasets/450: "),
        ({"datasets": [{**DATASET, "volume": 5}]}, "found unpermitted parameter: :volume"),
        ({"datasets": [{**DATASET, "publisher": "\ud800"}]}, None),
        ({"report": 5}, "found unpermitted parameter: :report"),
    ],
)
def test_an_error_says_where_and_what(check: Callable[..., Checked], changes: dict[str, Any], told: str | None) -> None:
    found = check(**changes)
    assert found.errors == [] if told is None else found.errors[0].startswith(told), found.errors


@pytest.mark.parametrize("size", [1, 200, 201, 400])
def test_what_is_wrong_is_the_same_as_for_the_whole_report(check: Callable[..., Checked], size: int) -> None:
    datasets = [copy.deepcopy(DATASET) for _ in range(size)]
    datasets[-1]["performance"] = [{"period": DAYS, "instance": [{**INSTANCE, "count": -1}]}]
    whole = rules.errors({"report-header": HEADER, "report-datasets": datasets})
    assert check(datasets).errors == whole


def test_more_than_50000_datasets_are_refused(check: Callable[..., Checked]) -> None:
    found = check([DATASET] * 50_001, PACKED, packed=True)
    assert found.errors == ["report-datasets: 50001 are more than 50000: send parts, compressed"]


@pytest.mark.parametrize(
    ("dataset", "told"),
    [
        ({**DATASET, "dataset-id": [{"type": "uri", "value": "x"}, *DATASET["dataset-id"]]}, "no DOI is first"),
        ({**DATASET, "performance": DATASET["performance"] * 2}, "reads the first of 2 performances only"),
        ({**DATASET, "performance": [{"period": DAYS, "instance": [INSTANCE] * 9}]}, "9 instances are too many"),
    ],
)
def test_what_datacite_makes_no_events_of_is_a_warning(
    check: Callable[..., Checked], dataset: dict[str, Any], told: str
) -> None:
    found = check([DATASET, dataset])
    assert (found.valid, len(found.warnings), told in found.warnings[0]) == (True, 1, True)
    assert found.warnings[0].startswith("report-datasets/1: ")


def test_a_large_plain_report_is_a_warning(check: Callable[..., Checked]) -> None:
    assert "wants it compressed" in check([{**DATASET, "dataset-title": "x" * 900_000}] * 12).warnings[0]


def test_sentences_are_reported_up_to_a_number(check: Callable[..., Checked]) -> None:
    found = check([None] * 1000)
    assert (len(found.errors), found.more > 0) == (100, True)


@pytest.mark.parametrize("is_lenient", [False, True])
def test_names_with_underscores_are_named(tmp_path: Path, is_lenient: bool) -> None:
    path = tmp_path / "r"
    header = {name.replace("-", "_"): value for name, value in HEADER.items()}
    path.write_text(json.dumps({"report_header": header, "report_datasets": [DATASET]}), encoding="utf-8")
    found = validate(path, is_lenient=is_lenient)
    named = found.warnings if is_lenient else found.errors
    assert (found.valid, len(named)) == (is_lenient, 6)
    assert "found unpermitted parameter: :report_header (write report-header)" in named


def test_a_small_file_that_inflates_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    text = b'{"report-datasets": [' + b" " * 200_000_000
    path.write_bytes(gzip.compress(text))
    with pytest.raises(UnreadableDocument, match="it holds more than 134217728 bytes"):
        validate(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no report: { is missing"),
        (b"nonsense", "is no report"),
        (gzip.compress(b"{}", mtime=0)[:-4], "cannot be read"),
        (b"\x1f\x8b\x08nonsense-nonsense", "cannot be read|is no report"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "report"
    path.write_bytes(content)
    with pytest.raises(UnreadableDocument, match=told):
        validate(path)


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_what_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableDocument, match="cannot be read"):
        validate(tmp_path / name)


def test_a_device_without_end_is_refused() -> None:
    with pytest.raises(UnreadableDocument):
        validate(Path(os.devnull).with_name("zero"))
