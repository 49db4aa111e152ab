"""The filter language: what is typed, what it means, and what it says of nonsense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_core import filters
from doitui_core.errors import BadInput
from doitui_core.filters import Filter

MEANT = {
    "": Filter(),
    "salt marsh": Filter({}, "salt marsh"),
    "state:failed": Filter({"state": "failed"}),
    "STATE:Failed marsh": Filter({"state": "failed"}, "marsh"),
    "10.5072/h/1": Filter({"doi": "10.5072/h/1"}),
    "doi:10.5072/h": Filter({"doi": "10.5072/h"}),
    "repo:h opus:verified": Filter({"repo": "h", "opus": "verified"}),
    "it's": Filter({}, "it's"),
    "https://example.org/1": Filter({}, "https://example.org/1"),
    "state:": Filter({}, "state:"),
}


@pytest.mark.parametrize("typed", MEANT)
def test_what_is_typed_means(typed: str) -> None:
    assert filters.parse(typed, "dois") == MEANT[typed]


@pytest.mark.parametrize("typed", MEANT)
def test_a_filter_can_be_typed_again(typed: str) -> None:
    assert filters.parse(str(MEANT[typed]), "dois") == MEANT[typed]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("state:nonsense", 'Unknown state "nonsense". Use: reserved'),
        ("owner:ana", 'Unknown field "owner"'),
        ("published:maybe", "yes, no"),
    ],
)
def test_nonsense_is_told_with_what_there_is(typed: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        filters.parse(typed, "dois")


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_filter_or_told(typed: str) -> None:
    try:
        found = filters.parse(typed, "jobs")
    except BadInput:
        return
    assert filters.parse(str(found), "jobs").fields == found.fields
