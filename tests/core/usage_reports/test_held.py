"""The store is read back after the last part: what it holds must be what was sent."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from base64 import b64encode
from typing import Any

import pytest

from doitui_core.errors import UnreadableDocument
from doitui_core.usage_reports import stored_report


def answer(*parts: Any, plain: Any = ()) -> io.BytesIO:
    packed = [gzip.compress(json.dumps({"report-datasets": part}).encode(), mtime=0) for part in parts]
    subsets = [{"gzip": b64encode(one).decode(), "checksum": "whatever they say"} for one in packed]
    report = {"id": "x", "report-header": {}, "report-datasets": list(plain), "report-subsets": subsets}
    return io.BytesIO(json.dumps({"report": report}).encode())


def test_checksums_are_made_from_what_came() -> None:
    (told,) = stored_report.checksums(answer([1]))
    assert told == hashlib.sha256(gzip.compress(b'{"report-datasets": [1]}', mtime=0)).hexdigest()


def test_a_plain_report_has_no_parts() -> None:
    assert stored_report.checksums(answer(plain=[1, 2])) == []


def test_datasets_are_those_of_all_parts() -> None:
    assert list(stored_report.datasets(answer([1, 2], [3]))) == [1, 2, 3]


def test_datasets_of_a_plain_report_are_its_own() -> None:
    assert list(stored_report.datasets(answer(plain=[1, 2]))) == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        '{"report": {"report-subsets": [{"gzip": "???"}]}}',
        '{"report": {"report-subsets": [{"gzip": "AA=="}]}}',
    ],
)
def test_what_cannot_be_read_is_reported(text: str) -> None:
    with pytest.raises(UnreadableDocument, match="the report store's answer cannot be read"):
        list(stored_report.datasets(io.BytesIO(text.encode())))
