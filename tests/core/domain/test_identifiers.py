"""DOI strings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_core.domain.doi_spelling import bare
from doitui_core.domain.identifiers import check_prefix, fold, generate, is_local, parse_doi, validate
from doitui_core.errors import DoituiError, InvalidDoi, Misconfigured

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
        ("{object_id}", {"object_id": "a+b/#<x>"}, "10.5072/a-b/-x-"),
        ("{object_id}", {"object_id": "10.5072/old"}, "10.5072/10.5072/old"),
        ("x(y):{id}", {}, "10.5072/x(y):ms-1"),
        ("{id}", {"id": "a(b);c:d~e$f=g*h"}, "10.5072/a(b);c:d~e$f=g*h"),
        ("{local_prefix}-{id}", {"local_prefix": "a:b"}, "10.5072/a:b-ms-1"),
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


@pytest.mark.parametrize("pattern", ["", "{prefix}/", "{local_prefix}-", "-", "ä/"])
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


@given(st.text(alphabet=st.characters(min_codepoint=128), min_size=1, max_size=40))
def test_any_object_id_beyond_ascii_has_a_doi(object_id: str) -> None:
    assert generate(HERATIO, parts(object_id=object_id)).startswith("10.5072/h/2026/")


@given(SEGMENTS, SEGMENTS)
def test_what_we_make_is_local(object_id: str, local_prefix: str) -> None:
    given = parts(id=f"x{object_id}x", local_prefix=local_prefix)
    try:
        made = generate("{local_prefix}-{id}x", given)
    except InvalidDoi:  # segments of dots
        return
    assert is_local(made, "10.5072", "") is True


ALIKE = [
    ("記録1", "文書1"),
    ("запись/1", "записи/1"),
    ("запись/1", "Запись/1"),
    ("سجل-٧", "ملف-٧"),
    ("Müller 1", "Muller 1"),
    ("Müller 1", "Mu\u0308ller 1"),
    ("a\u2013b", "a\u2014b"),
    ("漢", "字"),
    ("ä/..", "ä/."),
    ("ä//b", "ä/b"),
]


def test_two_object_ids_beyond_ascii_never_make_one_doi() -> None:
    made = [(generate("{object_id}", parts(object_id=one)), generate("{id}", parts(id=other))) for one, other in ALIKE]
    assert [pair for pair, (one, other) in zip(ALIKE, made, strict=True) if fold(one) == fold(other)] == []


@given(
    st.sets(st.text(alphabet="aбвяé語 -/.", min_size=1, max_size=6).filter(lambda text: not text.isascii()), min_size=2)
)
def test_object_ids_beyond_ascii_are_reported_apart(object_ids: set[str]) -> None:
    made = {fold(generate("{object_id}", parts(object_id=object_id))) for object_id in object_ids}
    assert len(made) == len(object_ids)


def test_what_is_made_of_an_object_id_is_the_same_for_ever() -> None:
    made = {one: generate("{id}", parts(id=one)) for one in ("Müller 1", "記録1", "запись/1")}
    assert made == {
        "Müller 1": "10.5072/Muller-1-3euwfdsy",
        "記録1": "10.5072/1-lwgb2npx",
        "запись/1": "10.5072/1-kyby3i5m",
    }


@pytest.mark.parametrize("object_id", ["", "-", "---", "###", " ?!", "&/&", "/"])
@pytest.mark.parametrize("pattern", [HERATIO, "{id}", "{object_id}"])
def test_an_object_id_that_leaves_only_hyphens_is_refused_by_name(pattern: str, object_id: str) -> None:
    with pytest.raises(InvalidDoi, match="leaves nothing") as raised:
        generate(pattern, parts(object_id=object_id, id=object_id))
    assert repr(object_id) in str(raised.value)


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


SPELLINGS = [
    "10.5072/a/B",
    " 10.5072/a/B\n",
    "\u00a010.5072/a/B\u200b",
    "\ufeff10.5072/a/B",
    "10.5072/a\u00ad/B",
    "10.5072%2Fa%2fB",
    "10.5072/a/%42%20",
    "10.5072%252Fa%252FB",
    "doi:10.5072/a/B",
    "DOI: 10.5072/a/B",
    "DOI 10.5072/a/B",
    "doi:\u00a010.5072/a/B",
    "Doi:doi:10.5072/a/B",
    "hdl:10.5072/a/B",
    "urn:doi:10.5072/a/B",
    "URN:DOI:10.5072%2Fa%2FB",
    "info:doi/10.5072/a/B",
    "info:doi/10.5072/a/B#page=2",
    "info:hdl/10.5072/a/B",
    "https://doi.org/10.5072/a/B",
    "http://doi.org/10.5072/a/B",
    "HTTPS://DOI.ORG/10.5072/a/B",
    "https:/doi.org/10.5072/a/B",
    "//doi.org/10.5072/a/B",
    "doi.org/10.5072/a/B",
    "https://doi.org:443/10.5072/a/B",
    "https://doi.org//10.5072/a/B",
    "http://dx.doi.org/10.5072/a/B",
    "https://www.doi.org/10.5072/a/B ",
    "https://doi.org/10.5072%2Fa%2FB",
    "https://doi.org/doi:10.5072/a/B",
    "doi:https://doi.org/10.5072/a/B",
    "https%3A%2F%2Fdoi.org%2F10.5072%2Fa%2FB",
    "https://doi.org/10.5072/a/B?utm_source=x",
    "https://doi.org/10.5072/a/B#section",
    "https://doi.org/10.5072/a/B?x=https://doi.org/10.5072/c#y",
    "https://hdl.handle.net/10.5072/a/B",
    "http://hdl.handle.net/10.5072/a/B?noredirect",
    "https://handle.test.datacite.org/10.5072/a/B",
    "https://handle.stage.datacite.org/10.5072/a/B",
    "http://HANDLE.test.datacite.org/10.5072%2fa/B",
]


def test_every_spelling_of_a_doi_is_that_doi_in_the_case_it_was_written() -> None:
    assert [written for written in SPELLINGS if bare(written) != "10.5072/a/B"] == []
    assert [written for written in SPELLINGS if parse_doi(written) != "10.5072/a/B"] == []
    assert [written for written in SPELLINGS if fold(written) != "10.5072/a/b"] == []


OTHER_TEXTS = [
    "ms-1",
    "a%2Fb",
    "https://archive.example.org/10.5072/a%2Fb?x=1#y",
    "https://doi.org.example.org/10.5072/a",
    "https://notdoi.org/10.5072/a",
    "https://doi.org/",
    "https://doi.org/11.5072/a",
    "doi:none",
    "doi",
    "info:ofi/x",
    "x 10.5072/a",
    "%",
]


def test_any_other_text_is_no_doi_and_stays_as_it_is() -> None:
    assert [text for text in OTHER_TEXTS if (bare(f" {text} "), parse_doi(text)) != (text, "")] == []


@pytest.mark.parametrize("text", ["10.5072/a%00", "10.5072/a%0A", "10.5072/a%ff", "10.5072/100%", "10.5072/%zz"])
def test_escapes_that_are_no_text_stay(text: str) -> None:
    assert bare(f"https://doi.org/{text}") == text


def test_a_prefix_alone_is_no_doi() -> None:
    prefixes = ("10.5072", "10.5072/", "https://doi.org/10.5072", "doi:10.5072/ ")
    assert [text for text in prefixes if parse_doi(text)] == []


@given(
    st.lists(
        st.sampled_from(["10.5072/a", "doi:", "https://doi.org/", "%25", "%2F", "2F", " ", "?", "#", "\u200b", "é"])
    )
)
def test_a_bare_doi_is_its_own_bare_doi(pieces: list[str]) -> None:
    found = bare("".join(pieces))
    assert (bare(found), fold(fold(found))) == (found, fold(found))


@pytest.mark.parametrize("layer", ["doi:", "%25", "https://doi.org/"])
def test_layers_without_end_take_no_time_without_end(layer: str) -> None:
    text = layer * 1_000_000
    assert bare(text) == text


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


@pytest.mark.parametrize("suffix", ["a", "A-b.c_d;e(f)/g:h", "*~$=", "-", "a" * 247])
def test_what_datacite_takes_is_valid(suffix: str) -> None:
    assert validate(f"10.5072/{suffix}") == f"10.5072/{suffix}"


def test_a_doi_has_at_most_the_length_of_datacites_column() -> None:
    with pytest.raises(InvalidDoi, match="256 characters, DataCite takes 255"):
        validate("10.5072/" + "a" * 248)
    with pytest.raises(InvalidDoi, match="DataCite takes 255"):
        generate("{object_id}", {"prefix": "10.5072", "object_id": "a" * 248})
    spelled = "https://doi.org/10.5072/" + "a" * 247
    assert len(validate(spelled)) == 255


@pytest.mark.parametrize("character", [*"+<>#[]{}|\\^\"'&?!@%, äß\u2028\n\x00é漢", "\ud800"])
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
