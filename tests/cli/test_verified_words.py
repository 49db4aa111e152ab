"""What `doi show` and `doi verify` say of a verification that did not fetch the landing page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui_core.views import verification_words

WORDS = {
    ("verified", "https://a.org/1 answers 200"): "verified",
    (
        "verified",
        "leads to x; x is not visited: a rehearsal stays on this machine",
    ): "verified (sandbox: page not fetched)",
    ("verified", "leads to ftp://a; ftp://a is not visited: only web pages are"): "verified (page not fetched)",
    ("mismatch", "x is not visited: a rehearsal stays on this machine"): "mismatch",
    ("unverified", ""): "unverified",
}


@pytest.mark.parametrize(("verdict", "detail"), WORDS)
def test_words(verdict: str, detail: str) -> None:
    assert verification_words.words(verdict, detail) == WORDS[verdict, detail]


def test_a_rehearsal_says_that_it_did_not_fetch_the_page(
    minted: Callable[..., Any], doi_of: Callable[[str], str]
) -> None:
    doi, words = doi_of("a"), "verified (sandbox: page not fetched)"
    assert minted("doi", "verify", doi, "--now").out.strip() == f"{doi}: is findable, {words}"
    assert words in minted("doi", "show", doi).out
    assert minted("doi", "show", doi, "--json").json["verification"] == "verified"
