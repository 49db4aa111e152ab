"""The filter language: what is typed, what it means, and what it says of nonsense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_core.errors import BadInput
from doitui_core.views import filters
from doitui_core.views.filters import Filter

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
    "https://doi.org/10.5072/H/1": Filter({"doi": "10.5072/H/1"}),
    "doi:https://dx.doi.org/10.5072%2Fh state:failed": Filter({"doi": "10.5072/h", "state": "failed"}),
    "DOI 10.5072/h/1 marsh": Filter({"doi": "10.5072/h/1"}, "marsh"),
    "info:doi/10.5072/h": Filter({"doi": "10.5072/h"}),
    "urn:doi:10.5072/h": Filter({"doi": "10.5072/h"}),
    "https://handle.test.datacite.org/10.5072/h?x=1": Filter({"doi": "10.5072/h"}),
    "https://doi.org/10.5072": Filter({"doi": "10.5072"}),
}


@pytest.mark.parametrize("typed", MEANT)
def test_what_is_typed_means(typed: str) -> None:
    assert filters.parse(typed, "dois") == MEANT[typed]


@pytest.mark.parametrize("typed", MEANT)
def test_a_filter_can_be_typed_again(typed: str) -> None:
    assert filters.parse(str(MEANT[typed]), "dois") == MEANT[typed]


def test_a_list_without_a_field_for_dois_is_searched_for_the_bare_one() -> None:
    for typed in ("https://doi.org/10.5072/h/1", "doi:10.5072/h/1", "info:doi/10.5072%2Fh/1", "DOI 10.5072/h/1"):
        assert filters.parse(typed, "records") == Filter({}, "10.5072/h/1")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("state:nonsense", 'Unknown state "nonsense". Use: reserved'),
        ("owner:ana", 'Unknown field "owner"'),
        ("published:maybe", "yes, no"),
    ],
)
def test_nonsense_is_reported_with_what_there_is(typed: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        filters.parse(typed, "dois")


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_filter_or_reported(typed: str) -> None:
    try:
        found = filters.parse(typed, "jobs")
    except BadInput:
        return
    assert filters.parse(str(found), "jobs").fields == found.fields
