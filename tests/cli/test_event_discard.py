"""`doitui event discard` asks for the number of events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_discarding_asks_for_the_number(minted: Any, doi_of: Callable[[str], str]) -> None:
    for number in range(3):
        minted("event", "add", "--subject", doi_of("a"), "--relation", "cites", "--object", f"10.1234/{number}")

    assert minted("event", "discard", "--dry-run").out == "3 events would be discarded\n"
    done = minted("event", "discard")
    assert (done.code, "give --count 3 to confirm" in done.complaint) == (2, True)
    done = minted("event", "discard", "--count", 2)
    assert (done.code, done.complaint) == (1, "doitui: there are 3 events, not 2: nothing was discarded")
    assert minted("event", "discard", "--count", 3, "--json").json == {"discarded": 3}
    assert minted("status", "--json").json["events"] == {
        "pending": 0,
        "submitted": 0,
        "failed": 0,
        "uncertain": 0,
        "discarded": 3,
    }
