"""DOIs as parts of addresses: which are refused, wherever one is made, read in or looked up."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_core.domain import doi_generators, doi_paths, identifiers
from doitui_core.domain.doi_generators import GeneratorSetup
from doitui_core.errors import InvalidDoi

DOTTED = (
    "..",
    ".",
    "x/../victim",
    "x/./victim",
    "x/..",
    "x/.",
    "../victim",
    "z/../../../events/e1",
    "x/%2e%2e/victim",
    "x/%2E./victim",
    "x/.%2e/victim",
    "x%2F..%2Fvictim",
    "x%2f%2E%2e%2fvictim",
    "x/%252e%252e/victim",
    "x/%25252E./victim",
    "%2e",
    r"x\..\victim",
    "x%5c..%5cvictim",
    "x/..;a=1/victim",
)
EMPTY = ("x//victim", "/x", "x/", "x%2F%2Fvictim", "x%2f", r"x\\victim")
HARMLESS = (
    "a.b",
    "a..b",
    "..a",
    "a..",
    "...",
    "a/...",
    "x/.well-known/y",
    "v1.0/a",
    "a;..",
    "a:..:b",
    "(..)",
    "a/..b/c",
)


def test_dot_segments_and_empty_ones_are_refused_plain_escaped_and_escaped_twice() -> None:
    taken = [suffix for suffix in (*DOTTED, *EMPTY) if not doi_paths.refusal(f"10.5072/{suffix}")]
    assert taken == []


def test_dots_that_are_no_segment_are_part_of_a_doi_like_any_other_character() -> None:
    refused = {suffix: doi_paths.refusal(f"10.5072/{suffix}") for suffix in HARMLESS}
    assert {suffix: reason for suffix, reason in refused.items() if reason} == {}
    assert [identifiers.validate(f"10.5072/{suffix}") for suffix in HARMLESS] == [f"10.5072/{s}" for s in HARMLESS]


@pytest.mark.parametrize("wrapping", ["", "doi:", "https://doi.org/", "http://dx.doi.org/"])
def test_no_spelling_of_a_doi_with_such_segments_is_a_doi(wrapping: str) -> None:
    taken = []
    for suffix in (*DOTTED, *EMPTY):
        try:
            taken.append(identifiers.validate(f"{wrapping}10.5072/{suffix}"))
        except InvalidDoi:
            continue
    assert taken == []


def test_the_error_names_the_doi_the_segment_and_what_to_do() -> None:
    with pytest.raises(InvalidDoi, match=r"'10\.5072/x/\.\./victim' cannot be used: the segment '\.\.' .* choose"):
        identifiers.validate("10.5072/x/../victim")
    with pytest.raises(InvalidDoi, match=r"'10\.5072/x/' cannot be used: an empty segment .* choose"):
        identifiers.validate("10.5072/x/")


@pytest.mark.parametrize(
    ("pattern", "object_id"),
    [
        ("{object_id}", ".."),
        ("{object_id}", "x/../victim"),
        ("{repository_code}/{object_id}", "."),
        ("{repository_code}/{object_id}", "a/./b"),
        ("{object_id}/../x", "a"),
        ("{object_id}/", "a"),
        ("{object_id}", "a//b"),
        ("{local_prefix}/{object_id}", "a"),
    ],
)
def test_no_pattern_makes_a_doi_with_such_segments_of_an_object_id(pattern: str, object_id: str) -> None:
    parts = {"prefix": "10.5072", "repository_code": "h", "year": 2026, "object_id": object_id, "id": object_id}
    with pytest.raises(InvalidDoi):
        identifiers.generate(pattern, parts)


def climbing(_pattern: str, parts: dict[str, Any]) -> str:
    """A plug-in that trusts object ids."""
    return f"{parts['prefix']}/{parts['object_id']}"


def test_a_plug_in_cannot_make_one_either() -> None:
    made = doi_generators.load(f"{__name__}.climbing", GeneratorSetup(prefix="10.5072")).generate
    assert made({"prefix": "10.5072", "object_id": "a/b"}) == "10.5072/a/b"
    for suffix in (*DOTTED, *EMPTY):
        with pytest.raises(InvalidDoi):
            made({"prefix": "10.5072", "object_id": suffix})


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40), st.sampled_from(["", "/"]))
def test_an_escaped_doi_reads_as_exactly_that_doi_and_holds_nothing_a_client_would_change(
    suffix: str, safe: str
) -> None:
    doi = f"10.5072/{suffix}"
    try:
        escaped = doi_paths.escaped(doi, safe=safe)
    except InvalidDoi:
        return
    assert unquote(escaped) == doi
    assert not {".", "..", ""} & set(escaped.split("/"))
    assert escaped.isascii()
    assert not set("?#;\\ \t\r\n") & set(escaped)


def test_what_is_no_doi_is_not_escaped() -> None:
    for text in ("10.5072", "10.5072/", "", "nonsense", "../events/e1", "10.5072/\ud800"):
        with pytest.raises(InvalidDoi):
            doi_paths.escaped(text)
