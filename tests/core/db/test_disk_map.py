"""A mapping in a temporary file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_core.db.disk_map import DiskMap

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(TEXTS, TEXTS)))
def test_it_is_a_mapping(entries: list[tuple[str, str]]) -> None:
    found, expected = DiskMap(), dict(entries)
    for name, value in entries:
        found[name] = value
    assert (dict(found), len(found)) == (expected, len(expected))
    for name in expected:
        del found[name]
    assert not found


def test_a_key_that_is_not_there_is_an_error_as_of_a_dict() -> None:
    with pytest.raises(KeyError):
        DiskMap()["a"]
    with pytest.raises(KeyError):
        del DiskMap()["a"]
