"""DOI strings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_core.errors import DoituiError, InvalidDoi, Misconfigured
from doitui_core.identifiers import bare, check_prefix, fold, generate, generator, is_local, validate

HERATIO = "{repository_code}/{year}/{object_id}"
OPUS = "{prefix}/{local_prefix}-{id}"


def parts(**given: Any) -> dict[str, Any]:
    standard = {"prefix": "10.5072", "repository_code": "h", "year": 2026, "object_id": "ms-1", "id": "ms-1"}
    return {**standard, "local_prefix": "", **given}


@pytest.mark.parametrize(
    ("pattern", "given", "doi"),
    [
        (HERATIO, {}, "10.5072/h/2026/ms-1"),
        (OPUS, {"local_prefix": "opustest"}, "10.5072/opustest-ms-1"),
        (OPUS, {"local_prefix": "opustest-"}, "10.5072/opustest-ms-1"),
        (OPUS, {"local_prefix": ""}, "10.5072/ms-1"),
        (OPUS, {"local_prefix": "  "}, "10.5072/ms-1"),
        (OPUS, {"prefix": "10.5072/", "id": 146}, "10.5072/146"),
        ("{local_prefix}-{id}", {"local_prefix": "opus"}, "10.5072/opus-ms-1"),
        ("{object_id}", {"object_id": "a b"}, "10.5072/a-b"),
        ("{object_id}", {"object_id": "ä+ö/#<x>"}, "10.5072/-/-x-"),
        ("{object_id}", {"object_id": "10.5072/old"}, "10.5072/10.5072/old"),
        ("x(y):{id}", {}, "10.5072/x-y-ms-1"),
        ("{{{id}}}", {}, "10.5072/-ms-1-"),
    ],
)
def test_a_pattern_makes_a_doi(pattern: str, given: dict[str, Any], doi: str) -> None:
    assert generate(pattern, parts(**given)) == doi


@pytest.mark.parametrize(
    "pattern",
    ["{nonsense}", "{", "}", "{}", "{0}", "{id.__class__}", "{id[0]}", "{id!r}", "{id:>99999999999}", "{prefix}/{x}"],
)
def test_a_pattern_may_name_nothing_but_its_placeholders(pattern: str) -> None:
    with pytest.raises(Misconfigured, match=r"suffix_pattern .*\{object_id\}"):
        generate(pattern, parts())


@pytest.mark.parametrize("pattern", ["", "{prefix}/", "{local_prefix}-"])
def test_a_pattern_that_leaves_nothing_is_no_doi(pattern: str) -> None:
    with pytest.raises(InvalidDoi):
        generate(pattern, parts())


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=10))
def test_a_generated_doi_is_valid_or_the_error_is_ours(pattern: str, object_id: str, local_prefix: str) -> None:
    try:
        made = generate(pattern, parts(object_id=object_id, id=object_id, local_prefix=local_prefix))
    except DoituiError:
        return
    assert validate(made) == made


SEGMENTS = st.text(min_size=1, max_size=20).filter(lambda text: not set(text) & set("./%;\\"))


@given(st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join))
def test_any_object_id_has_a_doi_unless_a_segment_of_it_is_empty_or_of_dots(object_id: str) -> None:
    assert generate(HERATIO, parts(object_id=object_id)).startswith("10.5072/h/2026/")


@given(SEGMENTS, SEGMENTS)
def test_what_we_make_is_local(object_id: str, local_prefix: str) -> None:
    given = parts(id=object_id, local_prefix=local_prefix)
    assert is_local(generate("{local_prefix}-{id}x", given), "10.5072", "") is True


@pytest.mark.parametrize(
    "prefix", ["", " ", "/", "10.12345", "10.12345/", "12.3456", "10.123", "10.123456", "10.5072.1"]
)
def test_a_prefix_that_is_not_ones_own_is_not_usable(prefix: str) -> None:
    with pytest.raises(Misconfigured, match="doitui repository set CODE --prefix"):
        check_prefix(prefix)


@pytest.mark.parametrize("digits", ["١٢٣٤", "１２３４"])
def test_digits_of_other_scripts_make_no_prefix(digits: str) -> None:
    with pytest.raises(Misconfigured):
        check_prefix(f"10.{digits}")


@pytest.mark.parametrize("prefix", ["10.5072", "10.5072/", " 10.5072 ", "10.82433"])
def test_a_prefix_is_kept_without_slash_and_blanks(prefix: str) -> None:
    assert check_prefix(prefix) == prefix.strip(" /")


@pytest.mark.parametrize(
    ("doi", "prefix", "local_prefix", "local"),
    [
        ("10.5072/", "10.5072", "", True),
        ("10.5072", "10.5072", "", False),
        ("10.5072/146", "10.5072", "", True),
        ("10.5072/146", "10.5072/", "", True),
        ("10.50721/146", "10.5072", "", False),
        ("10.5072/opustest", "10.5072", "opustest", False),
        ("10.5072/opustest-", "10.5072", "opustest", True),
        ("10.5072/opustest-146", "10.5072", "opustest-", True),
        ("10.5072/OPUSTEST-146", "10.5072", "opustest", True),
        ("10.5072/other-146", "10.5072", "opustest", False),
        ("https://doi.org/10.5072/146", "10.5072", "", True),
        ("10.5072/146", "", "", False),
        ("10.5072/146", "  ", "opustest", False),
        ("", "10.5072", "", False),
    ],
)
def test_a_doi_is_local_when_it_begins_as_ours_do(doi: str, prefix: str, local_prefix: str, local: bool) -> None:
    assert is_local(doi, prefix, local_prefix) is local


@pytest.mark.parametrize(
    "written",
    [
        "10.5072/aB",
        " 10.5072/aB\n",
        "doi:10.5072/aB",
        "DOI: 10.5072/aB",
        "https://doi.org/10.5072/aB",
        "http://dx.doi.org/10.5072/aB",
        "https://www.doi.org/10.5072/aB",
        "HTTPS://DOI.ORG/10.5072/aB",
        "doi.org/10.5072/aB",
        "info:doi/10.5072/aB",
    ],
)
def test_wrapping_is_taken_off_and_the_case_kept(written: str) -> None:
    assert bare(written) == "10.5072/aB"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.5072/ABC", "10.5072/abc", True),
        ("https://doi.org/10.5072/ABC", "doi:10.5072/abc", True),
        ("10.5072/Ä", "10.5072/ä", False),
        ("10.5072/\u0130", "10.5072/i", False),
        ("10.5072/a", "10.5072/a/", False),
    ],
)
def test_dois_are_compared_without_the_case_of_ascii_letters(one: str, other: str, same: bool) -> None:
    assert (fold(one) == fold(other)) is same


@pytest.mark.parametrize("suffix", ["a", "A-b.c_d;e(f)/g:h", "*~$=", "-", "a" * 300])
def test_what_datacite_takes_is_valid(suffix: str) -> None:
    assert validate(f"10.5072/{suffix}") == f"10.5072/{suffix}"


@pytest.mark.parametrize("character", [*"+<>#[]{}|\\^\"'&?!@%, äß\u200b\u2028\n\x00é漢", "\ud800"])
def test_what_datacite_refuses_is_invalid(character: str) -> None:
    with pytest.raises(InvalidDoi):
        validate(f"10.5072/a{character}b")


@pytest.mark.parametrize(
    "text",
    ["", "10.5072", "10.5072/", "11.5072/a", "10.123/a", "10.123456/a", "10.5072.9/a", "x10.5072/a", "١٠.٥٠٧٢/a"],
)
def test_what_is_no_doi_is_invalid(text: str) -> None:
    with pytest.raises(InvalidDoi):
        validate(text)


PLUG_IN = """
def good(pattern, parts): return f"{parts['prefix']}/{pattern}.{parts['object_id']}"
def nothing(pattern, parts): return None
def raising(pattern, parts): raise ZeroDivisionError("over nought")
def leaving(pattern, parts): raise KeyError("x")
def elsewhere(pattern, parts): return "10.9999/x"
number = 7
"""


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site_dois.py").write_text(PLUG_IN)
    (tmp_path / "broken_dois.py").write_text("def (")
    (tmp_path / "failing_dois.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("site_dois", "broken_dois", "failing_dois"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("path", ["site_dois.good", "site_dois:good"])
def test_a_plug_in_gets_the_pattern_and_the_parts(plug_in: None, path: str) -> None:
    assert generator(path)("p", parts()) == "10.5072/p.ms-1"


@pytest.mark.parametrize(
    "path",
    [
        "nodots",
        "no.such.module",
        "site_dois.missing",
        "site_dois.number",
        ".",
        ":",
        "..x",
        "broken_dois.f",
        "failing_dois.f",
    ],
)
def test_a_wrong_path_to_a_plug_in_is_named(plug_in: None, path: str) -> None:
    with pytest.raises(Misconfigured, match="generator"):
        generator(path)


@pytest.mark.parametrize("name", ["raising", "leaving", "elsewhere"])
def test_a_plug_in_that_fails_is_named(plug_in: None, name: str) -> None:
    with pytest.raises(Misconfigured, match=f"generator 'site_dois.{name}'"):
        generator(f"site_dois.{name}")("p", parts())


def test_a_plug_in_that_makes_nonsense_makes_no_doi(plug_in: None) -> None:
    with pytest.raises(InvalidDoi, match="None"):
        generator("site_dois.nothing")("p", parts())


def test_without_a_plug_in_the_built_in_generator_is_used() -> None:
    assert generator("") is generate
