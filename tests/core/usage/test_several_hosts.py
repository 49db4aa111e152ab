"""Several hosts, each with a spool of its own, drain into one database and count at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from doitui_core.db.models import Doi, UsageHit
from doitui_core.usage import recount

LINES = 600

DRAINING = """
from pathlib import Path
from doitui_core.db import database
from doitui_core.usage import drain
from doitui_core.usage import recount
drain.BATCH = 50
database.open(sys.argv[1])
go()
for place in sorted(Path(sys.argv[2]).glob("host-*")):
    done = drain.drain(place)
    recount.due()
print("done")
"""


def test_every_hit_is_counted_once(
    store: str,
    tmp_path: Path,
    seen: Callable[..., bytes],
    a_minted_doi: Callable[..., Doi],
    at_once: Callable[..., list[str]],
    counts: Callable[[], Any],
    reasons: Callable[[], Counter[str]],
) -> None:
    a_minted_doi("a")
    a_minted_doi("b")
    for host in range(4):
        place = tmp_path / f"host-{host}"
        place.mkdir(mode=0o700)
        # Each visitor comes to all hosts within thirty seconds: the last click counts, whoever drains it when.
        lines = [seen(number * 17 + host, "ab"[number % 2], actor=str(number)) for number in range(LINES)]
        (place / f"host{host}-1-{host}-ab.spool").write_bytes(b"".join(lines))
    at_once(DRAINING, store, str(tmp_path))
    recount.due()
    assert UsageHit.select().count() == 4 * LINES
    assert reasons() == {"counted": LINES, "double_click": 3 * LINES}
    half = LINES // 2
    assert counts() == {(f"10.5072/h/2026/{name}", "regular"): [half, half, 0, 0] for name in "ab"}
