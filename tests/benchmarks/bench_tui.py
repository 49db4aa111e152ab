"""The screens on a million DOIs, in a pseudo terminal of 140x40: how long until what is asked for is on the wire."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import filling
import stalls
from ground import DOITUI, POSTGRES, Ground, Row, environment, on_both
from ptys import Paint, Terminal
from relay import relayed

from doitui_core.db import database

#: DOIs, jobs, and jobs with `--large`.
DOIS, JOBS, MANY_JOBS = 1_000_000, 1_000_000, 10_000_000

SEEN, MOVES, PAGES, JUMPS = 30, 100, 40, 20

#: Seconds nobody touches anything; rows that change at once while they are looked at.
IDLE, CHANGED = 10.0, 5

#: Seconds between two looks of the screens at the database; seconds of a minute until its first look is painted.
TICK, TOLD = 2.0, 4.0

#: A slow line: 64 kbit/s, 300 ms there and back, and keys as they repeat on it.
SLOW, TRIP, REPEATED, EVERY = 8_000, 0.3, 50, 0.1

#: Screens, and keys that make their lists work.
WALK = (
    *(b"1", b"2", b"j", b"\x1b[6~", b"3", b"j", b"4", b"j", b"\x1b[6~", b"G", b"g", b"\r", b"\x1b"),
    *(b"5", b"6", b"7", b"8"),
)


def rows(ground: Ground) -> list[Row]:
    """Milliseconds, bytes and megabytes, on each database."""
    return on_both(ground, lambda ground, name: list(_screens(ground, name)), "screens on a million DOIs")


def _screens(ground: Ground, name: str) -> Iterator[Row]:
    count, jobs = ground.sized(DOIS), ground.sized(MANY_JOBS if ground.large else JOBS)
    with ground.store(name) as url:
        filling.house(count, jobs)
        command = (DOITUI, "--database", url, "tui", "--no-mouse")
        with Terminal(command, environment()) as screen:
            yield Row(f"DOIs there are, {name}", count, "", beside=f"and {jobs:,} jobs")
            start = screen.until(b"Newest DOIs")
            screen.settle(1.0)
            yield Row(f"process start to the dashboard, {name}", start * 1000, "ms", most=800)
            yield from _opening(screen, name, count, jobs)
            yield from _keys(screen, name)
            yield from _at_rest(screen, name)
            yield from _live(screen, name, count)
            yield from _filters(screen, name, count)
            yield from _memory(screen, name)
        yield from _stalls(command[1:], ground.folder / "stalls", name, count)
        yield from _slow(command, name)
        if name == POSTGRES:
            yield from _lost(url, name)


def _opening(screen: Terminal, name: str, count: int, jobs: int) -> Iterator[Row]:
    """Until the newest row of the list is there."""
    for what, key, newest in (("DOI list", b"4", _doi(count)), ("queue", b"2", _doi((jobs - 1) % count + 1))):
        yield Row(f"{what} opens, {name}", screen.shown(key, newest) * 1000, "ms", most=500)
        screen.settle(0.5)
    screen.press(b"4", 0.5)


def _doi(number: int) -> bytes:
    return f"HO-{number:08}".encode()


def _keys(screen: Terminal, name: str) -> Iterator[Row]:
    for what, keys, most in (
        ("row down", [b"j"] * SEEN, 10),
        ("row down, scrolling", [b"j"] * MOVES, 10),
        ("page down", [b"\x1b[6~"] * PAGES, 50),
        ("last and first row", [b"G", b"g"] * JUMPS, 50),
    ):
        painted = [screen.press(key, 0.12) for key in keys]
        firsts = sorted(paint.first * 1000 for paint in painted if paint.first is not None)
        late = firsts[int(len(firsts) * 0.99) - 1]
        whole = statistics.median(_last(paint) for paint in painted)
        beside = f"p99 {late:.1f}, whole paint {whole:.1f}"
        yield Row(f"key to paint, {what}, p50, {name}", statistics.median(firsts), "ms", most=most, beside=beside)
        size = statistics.median(paint.size for paint in painted)
        yield Row(f"bytes, {what}, p50, {name}", size, "B", most=1_000 if what == "row down" else 20_000)


def _at_rest(screen: Terminal, name: str) -> Iterator[Row]:
    screen.settle(1.0)
    # Once a minute clock and ages are told anew, the clock with the next look at the database.
    if not TOLD <= (second := time.time() % 60) <= 60 - IDLE - 1:
        screen.quiet_for((60 + TOLD - second) % 60)
    before = screen.cpu_seconds()
    sent = screen.quiet_for(IDLE)
    yield Row(f"bytes a second, nothing happens, {name}", sent / IDLE, "B/s", most=0)
    yield Row(f"CPU of a core, nothing happens, {name}", (screen.cpu_seconds() - before) / IDLE * 100, "%", most=0.5)


def _live(screen: Terminal, name: str, count: int) -> Iterator[Row]:
    """Another process commits: some of the rows that are seen get another status."""
    screen.press(b"g", 0.5)
    sizes, waits = [], []
    before, start = screen.cpu_seconds(), time.perf_counter()
    for status in ("registered", "findable") * 3:
        _change(status, count)
        sizes.append(screen.quiet_for(TICK))
    cpu = (screen.cpu_seconds() - before) / (time.perf_counter() - start)
    for number in range(SEEN):
        if number % 10 == 0:
            _change(("registered", "findable")[number // 10 % 2], count)
        waits.append(screen.press(b"j" if number % 2 else b"k", 0.15).first or 0.0)
    yield Row(f"bytes, {CHANGED} rows changed, {name}", statistics.median(sizes), "B", most=4_000)
    yield Row(f"CPU of a core, rows change every {TICK:g} s, {name}", cpu * 100, "%", most=2)
    yield Row(f"longest wait for a key while rows change, {name}", max(waits) * 1000, "ms", most=30)


def _change(status: str, count: int) -> None:
    with database.write():
        filling.execute(f"UPDATE doi SET status = '{status}' WHERE id > {count - CHANGED}")


def _filters(screen: Terminal, name: str, count: int) -> Iterator[Row]:
    """Until the first of the rows is there: of a text that few have, among the newest, and at the very end."""
    half = count // 2
    for what, typed, first, most in (
        ("prefix filter", b"doi:10.5072/hollin/2026/" + _doi(half)[:-3].lower(), _doi(half), 150),
        ("contains filter, found soon", _doi(count - 1)[:-3], _doi(count - 1), 1_000),
        ("contains filter, found last", _doi(0)[:-3], _doi(999), 1_000),
        ("contains filter, found nowhere", b"nowhere", b"takes the filter away", 1_000),
    ):
        screen.press(b"/", 0.5)
        # Pasted, and Enter at once: the list follows what is typed by itself a moment later.
        pasted = b"\x1b[200~" + typed + b"\x1b[201~\r"
        yield Row(f"{what}, to its rows, {name}", screen.shown(pasted, first) * 1000, "ms", most=most)
        screen.settle(5.0)  # until all of them are counted
        screen.press(b"\x1b", 1.5)


def _stalls(arguments: Sequence[str], place: Path, name: str, count: int) -> Iterator[Row]:
    """How long the event loop stands still, once the screens are there: on each of them, and while rows change."""
    launched = (sys.executable, str(Path(stalls.__file__)), str(place), *arguments)
    with Terminal(launched, environment()) as screen:
        screen.until(b"Newest DOIs")
        screen.settle(1.0)
        for what, keys in (
            ("each screen opened", WALK),
            ("again", WALK),
            ("rows change", [b"4", *[b"j", b"k"] * SEEN]),
        ):
            place.unlink(missing_ok=True)
            for at, key in enumerate(keys):
                if what == "rows change" and at % 10 == 0:
                    _change(("registered", "findable")[at // 10 % 2], count)
                screen.press(key, 0.15)
            worst = float(place.read_text(encoding="utf-8"))
            most = None if what == "each screen opened" else 30
            yield Row(f"event loop stands still at most, {what}, {name}", worst, "ms", most=most)


def _slow(command: Sequence[str], name: str) -> Iterator[Row]:
    with Terminal(command, environment(SSH_TTY="/dev/pts/0")) as screen:
        screen.until(b"Newest DOIs")
        screen.settle(1.0)
        screen.press(b"4", 0.5)
        took = screen.over_a_slow_line([b"j"] * REPEATED, EVERY, SLOW, TRIP)
        yield Row(f"backlog of a key held down, SSH at 64 kbit/s, 300 ms, {name}", took, "s", most=1)


def _memory(screen: Terminal, name: str) -> Iterator[Row]:
    before = screen.memory_mb()
    yield Row(f"memory after all that, {name}", before, "MB", most=80)
    for key in (b"\x1b[6~", b"\x1b[5~") * 500:
        screen.press(key, 0.01)
    screen.settle(1.0)
    yield Row(f"memory grown by a thousand pages, {name}", screen.memory_mb() - before, "MB", most=5)


def _lost(url: str, name: str) -> Iterator[Row]:
    """The wire to the database is cut, and restored as soon as the screen says so."""
    with relayed(url) as (relay, through), Terminal((DOITUI, "--database", through, "tui"), environment()) as screen:
        screen.until(b"Newest DOIs")
        screen.settle(1.0)
        for what, act, marker in (("cut", relay.cut, b"LOST"), ("restored", relay.restore, b"live")):
            screen.seen = b""
            start = time.perf_counter()
            act()
            screen.until(marker)
            yield Row(f"link {what} to the screen saying so, {name}", time.perf_counter() - start, "s", most=3)


def _last(paint: Paint) -> float:
    return (paint.last or 0.0) * 1000
