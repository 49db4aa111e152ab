"""Dates and check digits, value by value."""

from __future__ import annotations

import pytest

from doitui_core.metadata.checksums import is_right, is_ror
from doitui_core.metadata.dates import is_date


@pytest.mark.parametrize(
    "text",
    [
        "2024",
        "2024-02",
        "2024-02-29",
        "2024-05-31T12:00Z",
        "2024-05-31T12:00:00+02:00",
        "2024-05-31T12:00:00.25Z",
        "2004-03-02/2005-06-02",
        "2020-01-01/",
        "/2020-01-01",
        "-0054",
        "-0024/-0022",
        "0000",
        ":unav",
        "(:unav)",
    ],
)
def test_a_date_of_the_documentation_is_one(text: str) -> None:
    assert is_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "soon",
        "2024-13",
        "2023-02-29",
        "2024-5-1",
        "20240501",
        "2024-05-01T25:00Z",
        "1/2/2024",
        "2024/2025/2026",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert not is_date(text)


@pytest.mark.parametrize("text", ["04wxnsj81", "https://ror.org/03yrm5c26", "http://ror.org/043kfff89/", "04WXNSJ81"])
def test_a_registered_ror_id_passes(text: str) -> None:
    assert is_ror(text)


@pytest.mark.parametrize("text", ["04wxnsj82", "https://ror.org/12abcde34", "https://example.org/04wxnsj81", ""])
def test_a_ror_id_with_wrong_digits_does_not(text: str) -> None:
    assert not is_ror(text)


@pytest.mark.parametrize(
    ("scheme", "value", "right"),
    [
        ("ISSN", "2049-3630", True),
        ("ISSN", "1234-5678", False),
        ("ISBN", "978-3-905673-82-1", True),
        ("orcid", "0000-0001-5727-2427", True),
        ("ORCID", "0000-0001-5727-2428", False),
        ("GND", "whatever", True),
    ],
)
def test_a_number_is_judged_by_its_scheme(scheme: str, value: str, right: bool) -> None:
    assert is_right(scheme, value) == right
