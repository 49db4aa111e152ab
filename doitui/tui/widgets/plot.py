"""A bar chart next to a table that has the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.text import Text
from textual.geometry import Size
from textual_plotext import PlotextPlot

from doitui.tui.widgets.pane import Hosted


class _Figure(NamedTuple):
    """What is drawn, and how."""

    size: Size
    theme: str
    names: tuple[str, ...]
    values: tuple[int, ...]


#: Seconds a screen is looked at before its plot is drawn: whoever only passes by is not held up.
REST = 0.3


class Plot(Hosted, PlotextPlot):
    """Drawn in a thread: it would block the event loop for 20 to 90 ms. Until then the last drawing stays.

    `drawing`: another drawing is on its way.
    """

    def __init__(self, *, id: str, classes: str) -> None:
        super().__init__(id=id, classes=classes)
        self._bars: tuple[tuple[str, ...], tuple[int, ...]] = ((), ())
        self._asked: _Figure | None = None
        self._drawn = Text()
        self.drawing = False

    def show(self, names: Sequence[str], values: Sequence[int]) -> None:
        """Draw one bar for each name."""
        bars = (tuple(names), tuple(values))
        if bars != self._bars or self._asked is None:
            self._bars = bars
            self.refresh()

    def render(self) -> Text:
        """What the widget shows."""
        figure = _Figure(self.size, self._get_plotext_theme_name(self.app.theme), *self._bars)
        if figure != self._asked and not self.drawing:
            self._asked, self.drawing = figure, True
            self.set_timer(REST, lambda: self._ask(figure))
        return self._drawn

    def _ask(self, figure: _Figure) -> None:
        if self.screen.is_current:
            self.doitui.slow.ask(f"plot {id(self)}", lambda: self._draw(figure), self._take, self._fail)
        else:
            self._asked, self.drawing = None, False  # `show` asks again when it is seen again

    def _take(self, drawn: Text) -> None:
        self._drawn, self.drawing = drawn, False
        self.refresh()

    def _fail(self, error: Exception) -> None:
        self.drawing = False
        self.doitui.lost(error)

    def _draw(self, figure: _Figure) -> Text:
        """In the thread, which alone has to do with `plt`."""
        plot, (width, height) = self.plt, figure.size
        plot.clear_data()
        plot.clear_figure()
        places: list[float] = list(range(len(figure.names)))
        plot.bar(places, list(figure.values), width=0.6)
        every = max(len(figure.names) // 4, 1)  # labels that overlap are dropped, and not always the same ones
        plot.xticks(places[::every], [name[:10] for name in figure.names[::every]])
        most = max([*figure.values, 1])
        step = _step(most)
        ticks: list[float] = list(range(0, most + step, step))
        plot.yticks(ticks, [f"{tick:,}" for tick in ticks])
        plot.ylim(0, ticks[-1])
        plot.theme(figure.theme)
        plot.plotsize(width, height)
        plot._set_size(width, height)  # else it keeps its old size (textual-plotext #5)
        return Text.from_ansi(plot.build())


def _step(most: int) -> int:
    """A round number that goes into `most` a handful of times."""
    size = int("1" + "0" * (len(str(most)) - 1))
    return next((step for step in (size // 5, size // 2, size, 2 * size) if step and most / step <= 6), size)
