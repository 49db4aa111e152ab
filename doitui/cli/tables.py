"""Tables: fitted to a terminal and coloured by state; in a pipe tab-separated, with all columns and full values.

On a terminal an identifier is never cut. In a table that is too wide texts are cut to what is left; then columns of
less importance are left out, and named; then everything but texts is wrapped.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from doitui.cli.output import SafeLine, say, value
from doitui.tui import state_symbols
from doitui_core.text import list_names, replace_unprintable

Row = Mapping[str, Any]

#: Columns that may be cut on a terminal: `show` commands, pipes and --json have the whole text.
TEXTS = frozenset({"title", "last_error", "detail", "help"})

#: The narrowest of them, and the narrowest of a column that is wrapped.
SHORTEST_TEXT, NARROWEST = 16, 10

#: Columns that are left out of a table that does not fit, the first ones first.
LEFT_OUT = (
    *("unit", "finished_at", "http_status", "response_status", "parts", "source_id", "event", "target"),
    *("verification", "minted_at", "occurred_at", "submitted_at", "scheduled_at", "attempts", "total", "repository"),
)

#: Columns with states; their colours, by the tones of the screens.
STATES = frozenset({"status", "state", "to_status", "verification", "marks", "outcome"})
COLOURS = {"good": "green", "busy": "cyan", "warn": "yellow", "bad": "red", "quiet": "bright_black"}
TONES = {
    word: tone
    for symbols in (state_symbols.MARK, state_symbols.EVENT, state_symbols.JOB, state_symbols.VERIFICATION)
    for word, (_, tone) in (symbols | state_symbols.DOI).items()
}

#: Spaces between two columns; rows that are laid out at once, of which the first ones say how wide the columns are.
GAP, LAYOUT_ROWS = 2, 1000

TSV_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def table(rows: Iterable[Row], columns: Sequence[str], empty: str) -> Iterator[str]:
    """The lines of a table with a header, as the rows come. Without rows: `empty`, in a pipe on stderr."""
    if on_terminal():
        has_colours = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return terminal_lines(rows, columns, empty, shutil.get_terminal_size().columns, has_colours)
    return tsv_lines(rows, columns, empty)


def on_terminal() -> bool:
    """Whether stdout is a terminal: people read it."""
    return sys.stdout is not None and sys.stdout.isatty()


def tsv_lines(rows: Iterable[Row], columns: Sequence[str], empty: str) -> Iterator[str]:
    """A header and a line for each row. Backslash, tab, line breaks and what may not be printed are escaped."""
    yield _tsv_line(columns)
    found = False
    for row in rows:
        found = True
        yield _tsv_line([_tsv_value(row.get(column)) for column in columns])
    if not found and empty:
        say(empty)


def _tsv_line(values: Iterable[str]) -> str:
    return SafeLine("\t".join(map(_escaped, values)))


def _escaped(text: str) -> str:
    def escape(character: str) -> str:
        return TSV_ESCAPES.get(character) or json.dumps(character)[1:-1]

    return replace_unprintable(text.replace("\\", "\\\\"), escape)


def _tsv_value(found: Any) -> str:
    if found is None:
        return ""
    if isinstance(found, bool):
        return "yes" if found else "no"
    return ",".join(map(str, found)) if isinstance(found, list) else str(found)


def terminal_lines(
    rows: Iterable[Row], columns: Sequence[str], empty: str, width: int, has_colours: bool
) -> Iterator[str]:
    """The lines of a table that fits `width` columns of a terminal."""
    from rich.cells import cell_len  # only here: Rich takes 40 ms

    left = iter(rows)
    chunk = list(itertools.islice(left, LAYOUT_ROWS))
    if not chunk and empty:
        yield empty
        return
    natural = {name: max([cell_len(name), *(cell_len(value(row.get(name))) for row in chunk)]) for name in columns}
    widths = fit(natural, width)
    yield from _layout(chunk, widths, has_colours, with_header=True)
    while chunk := list(itertools.islice(left, LAYOUT_ROWS)):
        yield from _layout(chunk, widths, has_colours, with_header=False)
    if missing := [name for name in columns if name not in widths]:
        say(f"not shown at {width} columns: {list_names(missing, len(missing))}")


def fit(natural: Mapping[str, int], room: int) -> dict[str, int]:
    """The widths of the columns that are shown, by their `natural` widths, in a terminal of `room` columns."""
    kept = dict(natural)
    for name in ("", *LEFT_OUT):
        kept.pop(name, None)
        floors = {name: min(width, SHORTEST_TEXT) if name in TEXTS else width for name, width in kept.items()}
        if _total(floors) <= room:
            return _shrink(kept, floors, room)
    return _shrink(_shrink(kept, floors, room), {name: min(width, NARROWEST) for name, width in kept.items()}, room)


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


def _shrink(widths: Mapping[str, int], floors: Mapping[str, int], room: int) -> dict[str, int]:
    """`widths` that fit into `room`: the widest column that is above its floor gives way."""
    found = {name: min(width, max(room, floors[name])) for name, width in widths.items()}
    while _total(found) > room and (above := [name for name in found if found[name] > floors[name]]):
        found[max(above, key=lambda name: found[name])] -= 1
    return found


def _layout(rows: Sequence[Row], widths: Mapping[str, int], has_colours: bool, *, with_header: bool) -> Iterator[str]:
    """The lines of `rows` in columns of these widths."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    laid_out = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, show_header=with_header, header_style="bold")
    for name, width in widths.items():
        is_text = name in TEXTS
        laid_out.add_column(Text(name), width=width, no_wrap=is_text, overflow="ellipsis" if is_text else "fold")
    for row in rows:
        laid_out.add_row(*[Text(value(row.get(name)), _colour(name, row)) for name in widths])
    file = io.StringIO()
    console = Console(
        file=file,
        width=_total(widths) + GAP,
        force_terminal=True,
        color_system="standard" if has_colours else None,
    )
    console.print(laid_out)
    yield from (SafeLine(line.rstrip()) for line in file.getvalue().split("\n")[:-1])


def _colour(name: str, row: Row) -> str:
    """The style of a cell: of a state, by the word."""
    found = row.get(name) if name in STATES else None
    word = found[0] if isinstance(found, list) and found else found
    return COLOURS.get(TONES.get(word, ""), "") if isinstance(word, str) else ""
