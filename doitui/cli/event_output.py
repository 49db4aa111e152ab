"""Events of a query as a table, CSV or JSON, printed page by page: no more memory than one page needs."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from doitui.cli.output import json_text, say
from doitui.cli.tables import table
from doitui_core.datacite.event_query import EventPage
from doitui_core.datacite.event_statistics import COLUMNS as STATISTIC_COLUMNS
from doitui_core.datacite.event_statistics import statistic_rows
from doitui_core.domain import spreadsheets
from doitui_core.text import plain

#: Of a table, and of CSV.
COLUMNS = ("subj_id", "relation_type_id", "obj_id", "source_id", "total", "occurred_at")
CSV_COLUMNS = (*COLUMNS, "id")

Parts = Iterator[str]


def table_parts(pages: Iterable[EventPage]) -> Parts:
    """A table; on stderr how many events of how many."""
    read = total = 0

    def events() -> Iterator[Mapping[str, Any]]:
        nonlocal read, total
        for page in pages:
            read, total = read + len(page.events), page.total
            yield from page.events

    yield from (f"{line}\n" for line in table(events(), COLUMNS, "no events"))
    say(f"{read} of {total}")


def csv_parts(pages: Iterable[EventPage]) -> Parts:
    """A header, then a line for each event. Cells that a spreadsheet would run as a formula are guarded."""
    yield spreadsheets.csv_text([CSV_COLUMNS])
    for page in pages:
        yield spreadsheets.csv_text([_cell(event.get(name)) for name in CSV_COLUMNS] for event in page.events)


def json_parts(pages: Iterable[EventPage]) -> Parts:
    """`{"events": […], "total", "complete"}`. What stops it midway closes the document with `complete` false."""
    read = total = 0
    try:
        for page in pages:
            for event in page.events:
                yield f"{',' if read else OPENING}\n{textwrap.indent(json_text(event), '    ')}"
                read += 1
            total = page.total
    except GeneratorExit:
        raise
    except BaseException:
        if read:
            yield _closing(read, total, complete=False)
        raise
    yield _closing(read, total, complete=True)


OPENING = '{\n  "events": ['


def _closing(read: int, total: int, *, complete: bool) -> str:
    start = "\n  ]" if read else f"{OPENING}]"
    return f'{start},\n  "total": {total},\n  "complete": {str(complete).lower()}\n}}\n'


#: By the word of `--format`.
EVENTS: dict[str, Callable[[Iterable[EventPage]], Parts]] = {
    "table": table_parts,
    "csv": csv_parts,
    "json": json_parts,
}


def statistics_text(statistics: Mapping[str, Any], form: str) -> str:
    """The counts of a query in one of the formats."""
    if form == "json":
        return json_text({"events": [], "total": statistics["total"], "statistics": statistics}) + "\n"
    rows = list(statistic_rows(statistics))
    if form == "csv":
        cells = [[_cell(value) for value in row.values()] for row in rows]
        return spreadsheets.csv_text([STATISTIC_COLUMNS, *cells])
    return "".join(f"{line}\n" for line in table(rows, STATISTIC_COLUMNS, ""))


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float) else plain(str(value))
