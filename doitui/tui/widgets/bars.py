"""The lines at top and bottom: where one is and how the link is; which keys there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from doitui.tui import actions
from doitui.tui.text import fit

if TYPE_CHECKING:
    from doitui.tui.host import Host


class Bar(Widget):
    """One line, painted again only when its text is another one."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._shown = Text()

    @property
    def doitui(self) -> Host:
        """The app, as actions and widgets see it."""
        return self.app  # type: ignore[return-value]

    def put(self, text: Text) -> None:
        """Show `text` if it differs from what is shown."""
        if text != self._shown or text.spans != self._shown.spans:
            self._shown = text
            self.refresh()

    def render(self) -> Text:
        """What the widget shows."""
        return self._shown

    def update(self) -> None:
        """Look again at what it tells."""

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
    """The keys of this screen, as many as there is room for; what may not be done now is dimmed."""

    def update(self) -> None:
        """Draw again if the content changed."""
        width, app = self.size.width, self.doitui
        chosen = [action for action in (*app.MORE, *actions.for_screen(app.screen_name)) if action.shown]
        doing = f" {words}  " if (words := app.acting.status_text) else ""
        shown = self._fitting(chosen, width - max(len(doing), 1))
        text = Text(doing or " ", style=_BOLD if doing else "", no_wrap=True)
        for action in shown:
            dim = _DIM if app.refusal(action) else ""
            text.append(action.key, dim or _BOLD)
            text.append(_label(action), dim)
            text.append("  " if width >= 100 else " ")
        text.truncate(width)
        self.put(text)

    def _fitting(self, chosen: list[actions.Action], room: int) -> list[actions.Action]:
        """Help and quit always; then in order while there is room. Read-only, what writes comes last."""
        gap = 2 if self.size.width >= 100 else 1
        always = [action for action in chosen if action.id in ("help", "quit")]
        others = [action for action in chosen if action not in always]
        if not self.doitui.may_write:
            others.sort(key=lambda action: action.writes)
        room -= sum(len(action.key) + len(_label(action)) + gap for action in always)
        kept = []
        for action in others:
            room -= len(action.key) + len(_label(action)) + gap
            if room >= 0:
                kept.append(action)
        kept.sort(key=chosen.index)
        return [always[0], *kept, *always[1:]]


def _label(action: actions.Action) -> str:
    """Its name behind its key: `RRetry`, `space Mark`."""
    return f" {action.name}" if len(action.key) > 1 else action.name


class StatusLine(Bar):
    """One line of a list: what is shown of how much, in which order."""

    _told = ("", "")

    def show_texts(self, left: str, right: str = "") -> None:
        """Show a text at either end of the line."""
        self._told = (left, right)
        self.update()

    def update(self) -> None:
        """Draw again if the content changed."""
        left, right = self._told
        room = max(self.size.width - len(right) - 2, 0)
        self.put(Text(f" {fit(left, room)}{right} ", no_wrap=True))
