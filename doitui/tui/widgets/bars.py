"""The lines at top and bottom: where one is and how the link is; which keys there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from doitui.tui import actions
from doitui.tui.text import fit

if TYPE_CHECKING:
    from doitui.tui.app import DoituiApp


class Bar(Widget):
    """One line, painted again only when its text is another one."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._shown = Text()

    @property
    def doitui(self) -> DoituiApp:
        return self.app  # type: ignore[return-value]

    def put(self, text: Text) -> None:
        if text != self._shown or text.spans != self._shown.spans:
            self._shown = text
            self.refresh()

    def render(self) -> Text:
        return self._shown

    def update(self) -> None:
        """Look again at what it tells."""

    def on_resize(self) -> None:
        self.update()


class TopBar(Bar):
    """Sections, environment, rights, link, time of the last change."""

    def update(self) -> None:
        width, app = self.size.width, self.doitui
        wide = width >= 100
        here = app.section
        text = Text(" ", no_wrap=True)
        for number, (section, long, short) in enumerate(actions.SECTIONS, start=1):
            name = f"{number} {long}" if wide else f"{number}{short}"
            text.append(
                f"[{name}]" if section == here else f" {name} " if wide else name, _BOLD if section == here else ""
            )
            text.append(" ")
        right = Text(no_wrap=True)
        right.append(app.environment.upper(), _LOUD if app.environment == "production" else "")
        right.append("  WRITE" if app.may_write else "  read-only", _BOLD if app.may_write else "")
        right.append(f"  {app.link.words}", _LOUD if app.link.lost else "")
        right.append(f"  {app.link.clock} ")
        gap = width - text.cell_len - right.cell_len
        if gap < 1:
            right = Text(f"{'WRITE' if app.may_write else 'ro'} {app.link.words} {app.link.clock} ", no_wrap=True)
            gap = width - text.cell_len - right.cell_len
        text.append(" " * max(gap, 1))
        text.append_text(right)
        text.truncate(width)
        self.put(text)


_BOLD, _LOUD, _DIM = Style(bold=True), Style(bold=True, reverse=True), Style(dim=True)


class KeyBar(Bar):
    """The keys of this screen, as many as there is room for; what may not be done now is dimmed."""

    def update(self) -> None:
        width, app = self.size.width, self.doitui
        chosen = [action for action in actions.of(app.screen_name) if action.shown]
        shown = self._fitting(chosen, width - 1)
        text = Text(" ", no_wrap=True)
        for action in shown:
            dim = _DIM if app.refusal(action) else ""
            text.append(action.key, dim or _BOLD)
            text.append(_named(action), dim)
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
        room -= sum(len(action.key) + len(_named(action)) + gap for action in always)
        kept = []
        for action in others:
            room -= len(action.key) + len(_named(action)) + gap
            if room >= 0:
                kept.append(action)
        kept.sort(key=chosen.index)
        return [always[0], *kept, *always[1:]]


def _named(action: actions.Action) -> str:
    """Its name behind its key: `RRetry`, `space Mark`."""
    return f" {action.name}" if len(action.key) > 1 else action.name


class StatusLine(Bar):
    """One line of a list: what is shown of how much, in which order."""

    def tell(self, left: str, right: str = "") -> None:
        width = self.size.width
        room = max(width - len(right) - 2, 0)
        self.put(Text(f" {fit(left, max(room, 0))}{right} ", no_wrap=True))
