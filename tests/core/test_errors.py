"""The exception tree."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from doitui_core import errors
from doitui_core.errors import AmbiguousId, DoiTaken, DoituiError, InvalidMetadata, TombstoneStays
from doitui_core.metadata.validate import Finding


def drawn() -> dict[str, str]:
    """{class: base} as the module's docstring draws them."""
    bases: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"([│├└─ ]*)(\w+)(?: {2,}|$)", line):
            depth = len(match[1]) // 4
            path[depth:] = [match[2]]
            if depth:
                bases[match[2]] = path[depth - 1]
    return bases


def real(root: type[Exception]) -> dict[str, str]:
    bases = {}
    for branch in root.__subclasses__():
        if branch.__module__ == errors.__name__:
            bases |= {branch.__name__: root.__name__} | real(branch)
    return bases


def test_the_tree_in_the_docstring_is_the_real_one() -> None:
    assert drawn() == real(DoituiError)


def test_every_error_says_what_it_stands_for(check_all: Callable[..., None]) -> None:
    def check(name: str) -> None:
        assert getattr(errors, name).__doc__

    check_all(check, sorted(drawn()))


def test_an_ambiguous_id_names_the_ways_to_say_which() -> None:
    assert "use a:1 or b:1" in str(AmbiguousId("1", ["a:1", "b:1"]))


def test_invalid_metadata_names_every_code() -> None:
    findings = [Finding("title_missing", "error", "titles", "no title"), Finding("x", "error", "y", "z")]
    assert str(InvalidMetadata(findings)) == "no title (title_missing); z (x)"


@pytest.mark.parametrize(
    ("error", "cause"),
    [(DoiTaken("taken"), "doi_taken"), (TombstoneStays("10.5072/a"), "tombstone"), (InvalidMetadata([]), "metadata")],
)
def test_a_refusal_has_a_stable_word_for_scripts(error: errors.Refused, cause: str) -> None:
    assert error.cause == cause
