"""Dates and check digits, value by value."""

from __future__ import annotations

import subprocess
import sys

import pytest

from doitui_core.metadata.checksums import is_right, is_ror
from doitui_core.metadata.dates import is_date, is_edtf, is_open_range
from doitui_core.metadata.identifier_forms import FORMS, has_form


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
        "2004-03-02/open",
        "2019~",
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
        "2020-01-01/",
        "/2020-01-01",
        "open/2020",
        "2020/",
        "2023-02-29~",
        "2020-1~",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert not is_date(text)


def words(text: str) -> list[str]:
    return text.split()


#: Level by level, as the draft of EDTF of 2012 has them.
EDTF = words(
    """
    2001 2001-02 2001-02-03 -0999 2001-02-03T09:30:01 2004-01-01T10:10:10Z 2004-01-01T10:10:10+05:00 1964/2008
    2004-06/2006-08 2004-02-01/2005-02 1984? 2004-06? 2004-06-11? 1984~ 1984?~ 199u 19uu 1999-uu 1999-01-uu 1999-uu-uu
    unknown/2006 2004-06-01/unknown 2004-01-01/open 1984~/2004-06 1984/2004-06~ 1984?/2004?~ unknown/open
    y170000002 y-170000002 2001-21 2003-24 2004?-06-11 2004-06~-11 2004-(06)?-11 2004-06-(01)~ (2011)-06-04~
    2011-(06-04)~ 156u-12-25 15uu-12-25 15uu-12-uu 1560-uu-25 [1667,1668,1670..1672] [..1760-12-03] [1760-12..]
    {1667,1668} {1960,1961-12} 196x 19xx 2004-06-(01)~/2004-06-(20)~ y17e7 y-17e7 y17101e4p3
    2001-21^southernHemisphere
    """
)

#: Documented or written by many, and lost.
NO_EDTF = words(
    """
    2020-01/ /2020-01 / open open/2004 2020-01-01/open/ 2024-05-31T12:00Z 2020-11-06T21:37:33.12Z 20240501 2004-13
    2023-02-29 2004-06-11?? soon 2004..2005 [] {} [1667,] [soon] 2004-(06-11 y2020 2004-21-01 2019-06-31~ ?2019 196X
    2020-01-01T10:00:00Z/2020-01-02T10:00:00Z
    """
)


def test_edtf_is_what_datacite_s_reader_keeps() -> None:
    assert [text for text in EDTF if not is_edtf(text) or not is_date(text)] == []
    assert [text for text in [*NO_EDTF, "", "2024-05-31 12:00", "2024 "] if is_edtf(text)] == []


def test_a_range_with_an_empty_side_is_reported_from_nonsense() -> None:
    assert [text for text in ("2020-01/", "/2020-01-31", "2020~/") if not is_open_range(text)] == []
    assert [text for text in ("/", "soon/", "2020/2021", "2020", "", "2020//") if is_open_range(text)] == []


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


def test_a_mint_loads_none_of_the_libraries_that_check_numbers_and_languages() -> None:
    code = (
        "import sys, doitui_core.worker.worker; print(sorted({'idutils', 'isbnlib', 'langcodes'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_no_text_makes_the_check_of_a_form_hang() -> None:
    beginnings = [form.example for form in FORMS.values()] + [
        f"swh:1:dir:{'0' * 40}",
        "aaaaa",
        "https://a",
        "urn:lsid:a",
    ]
    repeats = (";", ";a", ".a", "/", ":a", "doi:", "a", "-", "https://doi.org/")
    texts = [f"{start}{repeat * 1000} \n" for start in beginnings for repeat in repeats]
    texts += [text * 20_000 for text in repeats]
    assert [(kind, text[:60]) for kind in FORMS for text in texts if kind != "URL" and has_form(kind, text)] == []


@pytest.mark.parametrize(("kind", "example"), [(kind, form.example) for kind, form in FORMS.items()])
def test_the_example_of_a_form_has_it(kind: str, example: str) -> None:
    written = {
        "DOI": "10.5072/suffix",
        "Crossref Funder ID": "https://doi.org/10.13039/501100000780",
        "SWHID": f"swh:1:dir:{'0a' * 20}",
    }
    assert has_form(kind, written.get(kind, example))
