"""A bar chart beside a table; the table tells the same in numbers."""

from __future__ import annotations

from collections.abc import Sequence

from textual_plotext import PlotextPlot


class Plot(PlotextPlot):
    """Drawn again only for other numbers."""

    def __init__(self, *, id: str, classes: str) -> None:
        super().__init__(id=id, classes=classes)
        self._shown: tuple[tuple[str, ...], tuple[int, ...]] = ((), ())

    def show(self, names: Sequence[str], values: Sequence[int]) -> None:
        """One bar for each name."""
        shown = (tuple(names), tuple(values))
        if shown == self._shown:
            return
        self._shown = shown
        self.plt.clear_data()
        self.plt.clear_figure()
        places: list[float] = list(range(len(names)))
        self.plt.bar(places, list(values), width=0.6)
        every = max(len(names) // 4, 1)  # labels that overlap are dropped, and not always the same ones
        self.plt.xticks(places[::every], [name[:10] for name in names[::every]])
        most = max([*values, 1])
        step = _step(most)
        ticks: list[float] = list(range(0, most + step, step))
        self.plt.yticks(ticks, [f"{tick:,}" for tick in ticks])
        self.plt.ylim(0, ticks[-1])
        self.refresh()


def _step(most: int) -> int:
    """A round number that goes into `most` a handful of times."""
    size = int("1" + "0" * (len(str(most)) - 1))
    return next((step for step in (size // 5, size // 2, size, 2 * size) if step and most / step <= 6), size)
