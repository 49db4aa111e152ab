"""Lines of one row each: sections and link at the top, keys at the bottom, tabs and what a list shows between."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from doitui.tui import actions
from doitui.tui.text import fit
from doitui.tui.widgets.pane import Hosted


class Bar(Hosted, Widget):
    """One line, painted again only when its text is another one."""

    _shown = Text()

    def put(self, text: Text) -> None:
        """Show `text` if it differs from what is shown."""
        if text != self._shown or text.spans != self._shown.spans:
            self._shown = text
            self.refresh()

    def render(self) -> Text:
        """What the widget shows."""
        return self._shown

    def update(self) -> None:
        """Draw again if the content changed."""

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self.update()


class TopBar(Bar):
    """Sections, environment, rights, link, time of the last change; in fewer words where there is less room."""

    def update(self) -> None:
        """Draw again if the content changed."""
        width, app = self.size.width, self.doitui
        sections = self._sections(_LONG if width >= 100 else _SHORT)
        whole = ("  ", app.environment.upper(), "WRITE" if app.may_write else "read-only")
        brief = (" ", _BRIEF.get(app.environment, ""), "WRITE" if app.may_write else "ro")
        for left, right in (
            (sections, self._state(*whole)),
            (sections, self._state(*brief)),
            (self._sections(_NUMBERS), self._state(*brief)),
        ):
            gap = width - left.cell_len - right.cell_len
            if gap >= 0:
                break
        text = left + Text(" " * gap) + right
        text.truncate(width)
        self.put(text)

    def _sections(self, names: int) -> Text:
        text = Text(" ", no_wrap=True)
        for number, (section, long, short) in enumerate(actions.SECTIONS, start=1):
            here = section == self.doitui.section
            name = (
                f"{number} {long}" if names == _LONG else f"{number}{short}" if names == _SHORT or here else f"{number}"
            )
            text.append(f"[{name}]" if here else f" {name} " if names == _LONG else name, _BOLD if here else "")
            text.append(" ")
        return text

    def _state(self, apart: str, environment: str, rights: str) -> Text:
        app, text = self.doitui, Text(no_wrap=True)
        text.append(environment, _LOUD if app.environment == "production" else "")
        text.append(f"{apart}{rights}", _BOLD if app.may_write else "")
        text.append(f"{apart}{app.link.status_text}", _LOUD if app.link.lost else "")
        text.append(f"{apart}{app.link.clock} ")
        return text


_BOLD, _LOUD, _DIM = Style(bold=True), Style(bold=True, reverse=True), Style(dim=True)

#: How the sections are named.
_LONG, _SHORT, _NUMBERS = range(3)

#: The environments, where there is little room.
_BRIEF = {"production": "PROD", "test": "TEST", "mixed": "MIXED"}


class KeyBar(Bar):
    """The keys of this screen, as many as there is room for; actions that are refused now are dimmed."""

    def update(self) -> None:
        """Draw again if the content changed."""
        width, app = self.size.width, self.doitui
        gap = "  " if width >= 100 else " "
        doing = f" {words}  " if (words := app.acting.status_text) else ""
        text = Text(doing or " ", style=_BOLD if doing else "", no_wrap=True)
        for action in self._fitting(width - len(text), len(gap)):
            dim = _DIM if app.refusal(action) else ""
            text.append(action.key, dim or _BOLD)
            text.append(f"{_label(action)}{gap}", dim)
        text.truncate(width)
        self.put(text)

    def _fitting(self, room: int, gap: int) -> list[actions.Action]:
        """Help and quit always; then in order while there is room. Read-only, what writes comes last."""
        app = self.doitui
        chosen = [action for action in (*app.MORE, *actions.for_screen(app.screen_name)) if action.shown]
        chosen.sort(key=lambda action: action.id != "help")
        always = [action for action in chosen if action.id in ("help", "quit")]
        others = [action for action in chosen if action not in always]
        if not app.may_write:
            others.sort(key=lambda action: action.writes)
        used = accumulate(len(action.key) + len(_label(action)) + gap for action in (*always, *others))
        fitting = [action for action, end in zip((*always, *others), used, strict=True) if end <= room]
        return [action for action in chosen if action in always or action in fitting]


def _label(action: actions.Action) -> str:
    """Its name behind its key: `RRetry`, `space Mark`."""
    return f" {action.name}" if len(action.key) > 1 else action.name


class StatusLine(Bar):
    """One line of a list: what is shown of how much, in which order."""

    _texts = ("", "")

    def show_texts(self, left: str, right: str = "") -> None:
        """Show a text at either end of the line."""
        self._texts = (left, right)
        self.update()

    def update(self) -> None:
        """Draw again if the content changed."""
        left, right = self._texts
        room = max(self.size.width - len(right) - 2, 0)
        self.put(Text(f" {fit(left, room)}{right} ", no_wrap=True))


class Tabs(Bar):
    """A line of tabs, `[pending 3]  failed 1`; where there is no room for all, those around the open one."""

    _labels: Sequence[str] = ()
    _open = 0

    def show_labels(self, labels: Sequence[str], opened: int) -> None:
        """Show `labels`; `opened` is the index of the open one."""
        self._labels, self._open = labels, opened
        self.update()

    def update(self) -> None:
        """Draw again if the content changed."""
        opened, width = self._open, self.size.width
        labels = [f"[{label}]" if at == opened else f" {label} " for at, label in enumerate(self._labels)]
        if sum(map(len, labels)) >= width:
            labels = [f"{label} " if at == opened else label[1:] for at, label in enumerate(labels)]
        first = 0
        while first < opened and sum(map(len, labels[first : opened + 1])) > width - 4:
            first += 1
        text = Text("… " if first else " ", no_wrap=True)
        for at, label in enumerate(labels[first:], start=first):
            text.append(label, Style(bold=at == opened))
        text.truncate(width, overflow="ellipsis")
        self.put(text)
