"""doitui, watched from within: `python stalls.py FILE ARGUMENTS…` writes into FILE how long its event loop stood still.

The longest time, in milliseconds, by which a timer of 10 ms was late: so long no key could be heard. FILE is begun anew
whenever it disappears.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

EVERY = 0.01


class _Watched(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop = super().new_event_loop()
        loop.call_soon(_look, loop, loop.time(), 0.0)
        return loop


def _look(loop: asyncio.AbstractEventLoop, due: float, worst: float) -> None:
    late = loop.time() - due
    if not FILE.exists():
        worst = 0.0
    if late > worst or not worst:
        worst = late
        whole = FILE.with_suffix(".new")
        whole.write_text(f"{worst * 1000:.1f}\n", encoding="utf-8")
        whole.replace(FILE)
    loop.call_later(EVERY, _look, loop, loop.time() + EVERY, worst)


if __name__ == "__main__":
    FILE = Path(sys.argv.pop(1))
    asyncio.set_event_loop_policy(_Watched())

    from doitui.cli.main import run

    run()
