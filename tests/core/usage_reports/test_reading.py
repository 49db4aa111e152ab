"""A report read back: anybody's JSON, member by member."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from doitui_core.usage_reports import json_stream


class Slow(io.BytesIO):
    """A file that gives a few bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(7, size) if size and size > 0 else 7)


def members(text: str | bytes, **options: int) -> list[json_stream.Member]:
    return list(json_stream.members(Slow(text if isinstance(text, bytes) else text.encode()), **options))


def expected(document: dict[str, Any]) -> Iterator[json_stream.Member]:
    for name, value in document.items():
        if isinstance(value, list):
            yield from ((name, one) for one in value)
        else:
            yield name, value


TEXT = st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(TEXT, VALUES, max_size=4), st.sampled_from([None, 2]))
def test_it_reads_what_json_reads(document: dict[str, Any], indent: int | None) -> None:
    assume(not isinstance(document.get("report"), dict))  # an answer
    for ascii_only in (True, False):
        text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
        assert members(text.encode("utf-8", "surrogatepass")) == list(expected(document))


def test_an_answer_is_read_as_its_report() -> None:
    assert members('{"report": {"id": "x", "report-datasets": [1, 2]}}') == [
        ("id", "x"),
        ("report-datasets", 1),
        ("report-datasets", 2),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "{ is missing at character 1"),
        ("[]", "{ is missing at character 1, before ["),
        ('"x"', "{ is missing"),
        ("{", "a name is missing at character 2"),
        ('{"a"', ": is missing at character 5"),
        ('{"a": ', "Expecting value at character 7"),
        ('{"a": nul', "Expecting value at character 7"),
        ('{"a": "x', "Unterminated string starting at at character 7"),
        ('{"a": [1, 2', "] is missing at character 12"),
        ('{"a": [1 2]}', "] is missing at character 10, before 2"),
        ('{"a": 1,}', "a name is missing at character 9"),
        ('{"a": 1} x', "something follows its end, at character 10"),
        ('{"a": NaN}', "NaN is no number in JSON"),
        ('{"a": -Infinity}', "-Infinity is no number in JSON"),
        ('{"a": [1e999]}', "1e999 is too large for a number"),
        ('{"a": ' + "1" * 5000 + "}", "Exceeds the limit"),
        ('{"a": ' + "[" * 200_000, "nested too deeply|no JSON of less than"),
        (b'{"a": "\xff"}', "can't decode byte"),
        (b"\xef\xbb\xbf{}", "{ is missing"),
        (b'{"a": "\xc3', "unexpected end of data"),
        (b"\0" * 100, "{ is missing"),
    ],
)
def test_what_is_no_json_is_reported_with_its_place(text: str | bytes, told: str) -> None:
    with pytest.raises(ValueError, match=told if "|" in told else re.escape(told)):
        members(text)


def test_a_member_has_a_largest_size() -> None:
    with pytest.raises(ValueError, match="no JSON of less than 1000 characters at character 7"):
        members('{"a": "' + "x" * 600_000 + '"}', largest_member=1000)


def test_a_list_may_be_larger_than_a_member() -> None:
    text = json.dumps({"a": ["x" * 900] * 100})
    assert len(members(text, largest_member=1000)) == 100


def test_a_report_has_a_largest_size() -> None:
    with pytest.raises(ValueError, match="it holds more than 1000 bytes"):
        members(json.dumps({"a": ["x" * 90] * 100}), largest=1000)
