"""Text to read: lines that wrap, scroll by key, and are painted again only where they have changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from doitui.tui.state_symbols import Cell
from doitui.tui.text import harmless
from doitui.tui.widgets.pane import Pane


@dataclass(frozen=True, slots=True)
class Rule:
    """The line that begins a part of a screen, as wide as that: `── Work ─────`."""

    title: str
    right: str = ""

    def __str__(self) -> str:
        return self.title

    def drawn(self, width: int) -> str:
        """The rule as text of `width` columns."""
        right = f" {self.right} ──" if self.right else ""
        left = f"── {harmless(self.title)} "
        room = width - cell_len(left) - len(right)
        return left + "─" * room + right if room > 0 else left.ljust(width, "─")[:width]


#: One line: a cell, or cells one after another; what is too long goes on below where its last cell began.
Line = Cell | Sequence[Cell] | Rule

#: Values by their labels; see `labelled`.
Labelled = Mapping[str, Cell | None]

LONGEST = 20_000


class Lines(Pane):
    """A column of text. Tones are those of `state_symbols`, and head and strong."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"lines--{tone}" for tone in ("plain", "good", "busy", "warn", "bad", "quiet", "head", "strong")
    }

    class LaidOut(Message):
        """It has a place on the screen now, or one of another width."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "page(1)", "Next page", show=False)]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._given: list[Line] = []
        self._wrapped: list[list[tuple[str, str]]] = []
        self._wide = 0
        self.top = 0

    def show(self, lines: Iterable[Line], *, from_top: bool = False) -> None:
        """Show these lines, scrolled as before."""
        given = list(lines)
        if from_top:
            self.top = 0
        if given != self._given:
            before, self._given = self._wrapped, given
            self._wrap(before)
            if not self._wide:  # not laid out yet, and as long as its text gets no place it never is
                self.refresh(layout=True)

    @property
    def text(self) -> str:
        """All of it, as it is read."""
        return "\n".join("".join(part for part, _ in line).rstrip() for line in self._wrapped)

    def _wrap(self, before: list[list[tuple[str, str]]]) -> None:
        self._wide = self.size.width
        self._wrapped = [part for line in self._given for part in wrapped(line, self._wide)] if self._wide else []
        self.top = min(self.top, max(len(self._wrapped) - self.size.height, 0))
        if len(before) != len(self._wrapped):
            self.refresh(layout=str(self.styles.height) == "auto")
            return
        rows = range(self.top, min(self.top + self.size.height, len(before)))
        changed = [row - self.top for row in rows if before[row] != self._wrapped[row]]
        if changed:
            self.refresh(*(Region(0, row, self._wide, 1) for row in changed))

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        if self.size.width != self._wide:
            self._wrap([])
            self.post_message(self.LaidOut())

    def on_show(self) -> None:
        """Report the layout for the first time."""
        self.post_message(self.LaidOut())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Lines after wrapping to `width`."""
        return sum(len(wrapped(line, width)) for line in self._given)

    def render_line(self, y: int) -> Strip:
        """Line `y` of the widget, from the cache where it is unchanged."""
        index, width = self.top + y, self.size.width
        parts = self._wrapped[index] if index < len(self._wrapped) else []
        strip = Strip([Segment(text, self._style(tone)) for text, tone in parts])
        strip = strip.adjust_cell_length(width, self._style("plain")).simplify()
        return strip.apply_style(Style(dim=True)) if self.stale else strip

    def _style(self, tone: str) -> Style:
        return self.get_component_rich_style(f"lines--{tone or 'plain'}")

    def action_move(self, by: int) -> None:
        """Scroll by `by` lines."""
        top = min(max(self.top + by, 0), max(len(self._wrapped) - self.size.height, 0))
        if top != self.top:
            self.top = top
            self.refresh()

    def action_page(self, by: int) -> None:
        """Scroll by `by` pages."""
        self.action_move(by * self.size.height)


def wrapped(line: Line, width: int) -> list[list[tuple[str, str]]]:
    """`line` as one or more lines of at most `width` columns."""
    if isinstance(line, Rule):
        return [[(line.drawn(width), "head")]]
    cells = [line] if isinstance(line, str) or _is_toned(line) else list(line)
    parts: list[tuple[str, str]] = []
    for cell in cells:
        text, tone = cell if isinstance(cell, tuple) else (cell, "")
        parts.append((harmless(text, LONGEST), tone))
    if sum(cell_len(text) for text, _ in parts) <= width or not parts:
        return [parts]
    *front, (text, tone) = parts
    used = sum(cell_len(before) for before, _ in front)
    if used > width - 10:
        return [[(_cut(parts, width), tone)]]
    indent = used or len(text) - len(text.lstrip(" "))
    broken = _broken(text if used else text.lstrip(" "), max(width - indent, 1))
    first = [*front, (broken[0], tone)] if used else [(" " * indent + broken[0], tone)]
    return [first, *([(" " * indent + piece, tone)] for piece in broken[1:])]


def _is_toned(line: Line) -> bool:
    return isinstance(line, tuple) and len(line) == 2 and all(isinstance(part, str) for part in line)


def _cut(parts: Sequence[tuple[str, str]], width: int) -> str:
    return chop_cells("".join(text for text, _ in parts), max(width - 1, 1))[0] + "…"


def _broken(text: str, width: int) -> list[str]:
    """`text` in pieces of at most `width` columns, at spaces where there are some."""
    pieces, here = [], ""
    for word in text.split(" "):
        joined = f"{here} {word}" if here else word
        if cell_len(joined) <= width:
            here = joined
            continue
        if here:
            pieces.append(here)
        *full, here = chop_cells(word, width) or [""]
        pieces += full
    return [*pieces, here]


def labelled(values: Labelled, width: int = 10, indent: str = "") -> list[Line]:
    """A line for each value, behind its label of `width` columns; values that are None have no line."""
    return [[(f"{indent}{label:<{width}}", "quiet"), value] for label, value in values.items() if value is not None]
