"""Log files in, counts out, and nothing stored: `usage count`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from doitui_core import gc_pause
from doitui_core.domain import identifiers
from doitui_core.domain.counter_terms import MACHINE, METRICS, REGULAR, ROBOT
from doitui_core.usage import access_log, log_lines
from doitui_core.usage.access_log import Entry, Read, ReadOptions
from doitui_core.usage.agents import Agents
from doitui_core.usage.counter import DOUBLE_CLICK, HOUR, Counting, Hit, Reason, Tally, judge
from doitui_core.usage.hour_store import REQUEST, TAKES_BACK, HourStore
from doitui_core.usage.log_lines import BadLine
from doitui_core.usage.shared_address import Addresses
from doitui_core.usage.zone import hours_of_month
from doitui_middleware import spool_line

FORMATS = ("auto", *access_log.FORMATS, "spool")

#: Bad lines that are named; the rest is only counted.
NAMED = 5

#: Lines between two reports of progress.
STEP = 10_000


@dataclass(frozen=True, kw_only=True)
class CountOptions(ReadOptions):
    """How logs are counted. `month`: the only month that counts, `YYYY-MM`; empty for all."""

    month: str = ""


@dataclass
class CountResult:
    """`counts` by DOI, access method and metric type, without zeros; `lines` by what became of them; `bad`: place, why.
    `warning`: what makes all of it doubtful, empty for nothing.

    What was named by an object id only stands under that.
    """

    counts: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    lines: Counter[str] = field(default_factory=Counter)
    bad: list[tuple[str, str]] = field(default_factory=list)
    warning: str = ""


def count(
    paths: Sequence[Path], agents: Agents, options: CountOptions, step: Callable[[int], None] = lambda _: None
) -> CountResult:
    """Count `paths` together, in whatever order their lines come. `step` is called with the number of bytes read.

    Raises `BadInput` for files or options that cannot be used; a line that cannot be read stops nothing.
    """
    result = CountResult()
    with closing(HourStore()) as store, gc_pause.paused():
        reading = _Reading(store, agents, result)

        def stepped(length: int) -> None:
            reading.addresses.sum_up()
            step(length)

        for path in paths:
            for entry in _entries(path, options, result, stepped):
                reading.take(entry)
        result.warning = reading.addresses.warning()
        _tally(store, reading, options.month, result)
    return result


def _entries(path: Path, options: CountOptions, result: CountResult, step: Callable[[int], None]) -> Iterator[Entry]:
    with log_lines.opened(path) as file:
        read: Read | None = None
        length = 0
        for number, line in enumerate(log_lines.lines(file), start=1):
            length += len(line)
            if number % STEP == 0:
                step(length)
                length = 0
            if line.startswith(b"#"):  # a comment says nothing, not even of the format
                continue
            try:
                read = read or _reader(line, options)
                entry = read(line)
            except BadLine as error:
                result.lines["bad"] += 1
                if len(result.bad) < NAMED:
                    result.bad.append((f"{path}:{number}", str(error)))
                continue
            if entry is not None:
                yield entry
        step(length)


def _reader(line: bytes, options: CountOptions) -> Read:
    """How to read the lines that begin with this one."""
    form = options.form_of(line)
    return _spool_entry if form == "spool" else access_log.reader(form, options)


def _spool_entry(line: bytes) -> Entry | None:
    """A line of the middleware's spool as an entry of a log. The wall clock of a spool is UTC."""
    if line == b"\n":
        return None
    try:
        hit = spool_line.decode(line)
    except spool_line.BadLine as error:
        raise BadLine(str(error)) from error
    return Entry(
        time=hit.time,
        wall=hit.time,
        # The hash of an address has the hour in it already.
        kind=f"spool {hit.actor_kind}",
        who=hit.actor,
        address="",
        agent=hit.agent,
        url=hit.url,
        key=hit.key,
        is_doi=hit.key_kind == spool_line.DOI,
        request=hit.kind == spool_line.DOWNLOAD,
        takes_back=hit.taken_back,
        repository=hit.repository,
    )


class _Reading:
    """Entries become hits in the store: places and spellings numbered, robots and other pages left out."""

    def __init__(self, store: HourStore, agents: Agents, result: CountResult) -> None:
        self._store = store
        self._agents = agents
        self._lines = result.lines
        self._shift: int | None = None
        self.addresses = Addresses()
        self._came_from = self.addresses.came_from
        #: How many hours a wall clock was ahead of the one by which the store is divided. More than 0 only where a log
        #: changes its offset (daylight saving), or several logs have several.
        self.ahead = 0
        self.places: list[tuple[str, str]] = []
        self._numbers: dict[str, dict[str, int]] = {REGULAR: {}, MACHINE: {}}
        self._spellings: dict[str, str] = {}

    def take(self, entry: Entry) -> None:
        time, wall, kind, who, address, user_agent, url, key, _, request, takes_back, _ = entry
        if request is None:
            self._lines["other"] += 1
            return
        agent = self._agents.classify(user_agent)
        if agent == ROBOT:
            self._lines[Reason.ROBOT] += 1
            return
        self._came_from(address)
        hour = wall // HOUR
        if self._shift is None:
            self._shift = wall - time
        bucket = (time + self._shift) // HOUR
        if hour - bucket > self.ahead:
            self.ahead = hour - bucket
        if kind == "address":  # COUNTER divides what is known by address alone into hours.
            who = f"{who}|{user_agent}|{hour}"
        number = self._numbers[agent].get(key)
        if number is None:
            number = self._new_number(key, agent)
        self._store.add(bucket, time, hour, (kind, who), url, number, REQUEST * request | TAKES_BACK * takes_back)

    def _new_number(self, key: str, agent: str) -> int:
        number = self._numbers[agent][key] = len(self.places)
        self.places.append((self._spellings.setdefault(identifiers.fold(key), key), agent))
        return number


def _tally(store: HourStore, reading: _Reading, month: str, result: CountResult) -> None:
    counting, counted = Counting(), Reason.COUNTED
    within = hours_of_month(month) if month else None
    context: list[Hit] = []
    for bucket, hits, taken_back in store.hours():
        reasons = judge([*hits, *context], taken_back)[: len(hits)]
        for reason in (counted, Reason.DOUBLE_CLICK, Reason.TAKEN_BACK):
            result.lines[reason] += reasons.count(reason)
        counting.add(
            hit
            for hit, reason in zip(hits, reasons, strict=True)
            if reason is counted and (within is None or hit.hour in within)
        )
        counting.forget(bucket + reading.ahead)
        context = _first_seconds(hits, reasons)
    for (number, _), tally in counting.tallies.items():
        assert isinstance(number, int)
        doi, agent = reading.places[number]
        _put(result.counts.setdefault(doi, {}).setdefault(agent, {}), tally)
    result.counts = {doi: dict(sorted(methods.items())) for doi, methods in sorted(result.counts.items())}


def _first_seconds(hits: Sequence[Hit], reasons: Sequence[Reason]) -> list[Hit]:
    """What can make the last hits of the hour before double clicks."""
    found = []
    for hit, reason in zip(hits, reasons, strict=True):
        if hit.time - hits[0].time > DOUBLE_CLICK:
            break
        if reason is not Reason.TAKEN_BACK:
            found.append(hit)
    return found


def _put(into: dict[str, int], tally: Tally) -> None:
    """Add to what is there: one DOI may have been written in two ways."""
    for metric, number in zip(METRICS, tally, strict=True):
        if number:
            into[metric] = into.get(metric, 0) + number
