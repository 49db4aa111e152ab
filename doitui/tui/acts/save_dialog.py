"""Asks where to save a file, and saves it there. An existing file is replaced only when that is confirmed."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from doitui.shared import files
from doitui.tui.acts.dialogs import Choice
from doitui.tui.text import harmless
from doitui.tui.widgets.lines import Line, Lines
from doitui_core.errors import BadInput


class SaveDialog(ModalScreen[Path | None]):
    """Saves `text`. The answer: the absolute path of the file; None if it was cancelled.

    `name` is the default, in the directory where doitui was started.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("tab", "app.focus_next", "Next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "Previous", show=False, priority=True),
        Binding("left,h,up", "app.focus_previous", "Previous", show=False),
        Binding("right,l,down", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, title: str, name: str, text: str) -> None:
        super().__init__()
        self._title, self._name, self._text = title, name, text
        self._to_replace: Path | None = None

    def compose(self) -> ComposeResult:
        """The widgets, top to bottom."""
        with Vertical(classes="box"):
            yield Lines(id="head")
            yield Label("File (absolute path, or relative to the directory above)", markup=False)
            yield Input(self._name, id="file", select_on_focus=False)
            yield Lines(id="wrong")
            with Horizontal(classes="buttons"):
                yield Choice("Cancel", id="no")
                yield Choice("Save", id="yes")

    def on_mount(self) -> None:
        """Fill the widgets and set the focus."""
        for text in self.query(Lines):
            text.can_focus = False
        directory: Line = [("directory  ", "quiet"), harmless(Path.cwd())]
        self.query_one("#head", Lines).show([(self._title, "strong"), "", directory, ""])
        self.app.clear_notifications()  # in a small terminal they would hide the buttons
        self.query_one("#file").focus()

    @on(Input.Changed)
    def forget_confirmation(self) -> None:
        """Another name was typed: replacing it must be confirmed again."""
        self._to_replace = None
        self._label("Save")
        self.query_one("#wrong", Lines).show([])

    @on(Input.Submitted)
    @on(Choice.Chosen)
    def decide(self, message: Input.Submitted | Choice.Chosen) -> None:
        """Save, replace, or cancel."""
        if isinstance(message, Choice.Chosen) and message.choice.id == "no":
            self.dismiss(None)
            return
        try:
            self._save()
        except BadInput as error:
            self.query_one("#wrong", Lines).show([(harmless(error), "bad")])

    def action_cancel(self) -> None:
        """Close without saving."""
        self.dismiss(None)

    def _save(self) -> None:
        place = _path(self.query_one("#file", Input).value)
        if place == self._to_replace:
            files.replace(place, self._text)
        elif not files.create(place, self._text):
            self._ask_to_replace(place)
            return
        self.dismiss(place)

    def _ask_to_replace(self, place: Path) -> None:
        """Enter that is still held down reaches Cancel, not Replace."""
        self._to_replace = place
        self._label("Replace")
        self.query_one("#no").focus()
        told = harmless(f"{place} exists. Choose Replace to overwrite it, or enter another name.")
        self.query_one("#wrong", Lines).show([(told, "bad")])

    def _label(self, word: str) -> None:
        button = self.query_one("#yes", Choice)
        button.word = word
        button.refresh(layout=True)


def _path(typed: str) -> Path:
    if not typed.strip():
        raise BadInput("Enter a file name.")
    try:
        return Path(typed.strip()).expanduser().absolute()
    except RuntimeError as error:
        raise BadInput(f"{typed.strip()}: the home directory is not known. Enter the whole path.") from error
