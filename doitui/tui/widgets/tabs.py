"""A line of tabs; where there is no room for all, those around the one that is open."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text

from doitui.tui.widgets.bars import Bar


class Tabs(Bar):
    """One line: `[pending 3]  failed 1`."""

    DEFAULT_CSS = "Tabs { height: 1; width: 100%; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._words: tuple[str, ...] = ()
        self._open = 0

    def show_labels(self, labels: Sequence[str], opened: int) -> None:
        """Show `labels`; `opened` is the index of the open one."""
        self._words, self._open = tuple(labels), opened
        self.update()

    def update(self) -> None:
        """Draw again if the content changed."""
        words = [f"[{word}]" if at == self._open else f" {word} " for at, word in enumerate(self._words)]
        if sum(map(len, words)) >= self.size.width:
            words = [f"{word} " if at == self._open else word[1:] for at, word in enumerate(words)]
        first = 0
        while first < self._open and sum(map(len, words[first : self._open + 1])) > self.size.width - 4:
            first += 1
        text = Text("… " if first else " ", no_wrap=True)
        for at, word in enumerate(words[first:], start=first):
            text.append(word, Style(bold=at == self._open))
        text.truncate(self.size.width, overflow="ellipsis")
        self.put(text)
