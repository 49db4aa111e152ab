"""Asks where to save a file, and saves it there. An existing file is replaced only when that is confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from doitui.shared import files
from doitui.tui.acts.dialogs import Choice, Question
from doitui.tui.text import harmless
from doitui.tui.widgets.lines import Line, Lines
from doitui_core.errors import BadInput


class SaveDialog(Question[Path | None]):
    """Saves `text`. Answers with the absolute path of the file; None if the user cancels.

    `name` is the default, in the directory where doitui was started. `notes`: what the user has to know.
    """

    def __init__(self, title: str, name: str, text: str, notes: Sequence[Line] = ()) -> None:
        super().__init__()
        self._title, self._name, self._text, self._notes = title, name, text, notes
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
                yield from self.more_choices()
                yield Choice("Save", id="yes")

    def more_choices(self) -> Iterable[Choice]:
        """The buttons between Cancel and Save."""
        return ()

    def text_for(self, place: Path) -> str:
        """The text to write to `place`. Raises `BadInput` for a file that cannot have it."""
        return self._text

    def on_mount(self) -> None:
        """Fill the widgets and set the focus."""
        self.begin((self._title, "strong"), "", *self._notes, [("directory  ", "quiet"), harmless(Path.cwd())])
        self.query_one("#file").focus()

    @on(Input.Changed)
    def forget_confirmation(self) -> None:
        """The name has changed: replacing a file must be confirmed again."""
        self._to_replace = None
        self.relabel("yes", "Save")
        self.show_error("")

    @on(Input.Submitted)
    @on(Choice.Chosen)
    def decide(self, message: Input.Submitted | Choice.Chosen) -> None:
        """Enter in the input saves; a button does what it says."""
        self.choose("yes" if isinstance(message, Input.Submitted) else message.choice.id or "")

    def choose(self, button: str) -> None:
        """Save, replace, or cancel; `button` is an id."""
        if button == "no":
            self.dismiss(None)
            return
        try:
            self._save()
        except BadInput as error:
            self.show_error(harmless(error))

    def _save(self) -> None:
        place = _path(self.query_one("#file", Input).value)
        text = self.text_for(place)
        if place == self._to_replace:
            files.replace(place, text)
        elif not files.create(place, text):
            self._ask_to_replace(place)
            return
        self.dismiss(place)

    def _ask_to_replace(self, place: Path) -> None:
        """Ask with the focus on Cancel, so that Enter that is held down does not replace the file."""
        self._to_replace = place
        self.relabel("yes", "Replace")
        self.query_one("#no").focus()
        self.show_error(harmless(f"{place} exists. Choose Replace to overwrite it, or enter another name."))

    def relabel(self, button: str, label: str) -> None:
        """Give the button with that id another label."""
        choice = self.query_one(f"#{button}", Choice)
        choice.label = label
        choice.refresh(layout=True)


def _path(typed: str) -> Path:
    if not typed.strip():
        raise BadInput("Enter a file name.")
    try:
        return Path(typed.strip()).expanduser().absolute()
    except RuntimeError as error:
        raise BadInput(f"{typed.strip()}: the home directory is not known. Enter the whole path.") from error
