"""Whose usage is reported, and until when it counts, as tables."""

from __future__ import annotations

import pytest

from doitui_core.domain.states import Remote, Wanted
from doitui_core.domain.usage_rule import NEVER, counts_until, is_reported

MINTED = {Remote.REGISTERED, Remote.FINDABLE}


@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize("remote", Remote)
@pytest.mark.parametrize("wanted", Wanted)
def test_minted_dois_of_published_records_and_tombstones_are_reported(
    wanted: Wanted, remote: Remote, published: bool
) -> None:
    expected = remote in MINTED and (published or wanted is Wanted.TOMBSTONE)
    assert is_reported(str(wanted), str(remote), published) is expected


@pytest.mark.parametrize(
    ("wanted", "requested", "until"),
    [
        ("findable", None, NEVER),
        ("findable", 5, NEVER),  # restored
        ("registered", None, NEVER),
        ("draft", None, NEVER),
        ("tombstone", 5, 5),
        ("tombstone", None, 0),  # adopted: nobody here knows since when
    ],
)
def test_hits_count_until_the_tombstone_was_requested(wanted: str, requested: int | None, until: int) -> None:
    assert counts_until(wanted, requested) == until
