"""`doitui demo` as a newcomer meets it: the screens on a living archive, and an outage at a key."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

#: Seconds until a stage is set, an outage is noticed, and everything is over, on a busy machine.
PATIENCE = 60


def living(folder: Path) -> list[int]:
    """The processes whose database, state or spool is in that folder."""
    found = []
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            process_text = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            if process.name.isdecimal() and str(folder).encode() in process_text and b"tmux" not in process_text[-20:]:
                found.append(int(process.name))
    return found


def test_an_outage_is_started_seen_and_ended_and_nothing_is_left(world: Any, tmux: Callable[..., Any]) -> None:
    folder = world.folder / "demo"
    screen = tmux("demo", "--dir", str(folder))
    screen.until("Newest DOIs", "oOutage", "This is the demo", patience=PATIENCE)
    screen.until("+ findable   10.5072/", patience=PATIENCE)
    screen.keys("o")
    screen.until("DataCite unavailable", "OUT since", patience=PATIENCE)
    screen.keys("o")
    screen.until("DataCite is back", patience=PATIENCE)
    assert len(living(folder / "demo.db")) >= 2, "a worker and a site"
    screen.keys("q")
    screen.wait(PATIENCE)
    assert living(folder / "demo.db") == []
