"""Saves the document of a DOI as DataCite XML or JSON, by the rules of `doitui doi export`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual import on
from textual.widgets import Input

from doitui.tui.acts.dialogs import Choice
from doitui.tui.acts.save_dialog import SaveDialog
from doitui.tui.text import plural
from doitui.tui.widgets.lines import Line
from doitui_core.errors import BadInput

#: The format that is proposed.
PROPOSED = "xml"

#: The longest default name: file systems take 255 bytes, and the draft of a file has a longer name.
LONGEST = 100

NOT_PUBLISHED = "The record is not published: do not register this document by hand."


@dataclass(frozen=True, slots=True)
class Export:
    """The document of a DOI by format; `errors`: (message, code) of what DataCite would reject."""

    doi: str
    texts: Mapping[str, str]
    errors: Sequence[tuple[str, str]]
    published: bool


def load(doi_id: int) -> Export:
    """Read and check the document of a DOI. Call it in a thread. Raises `Refused` where it has no record."""
    from doitui_core.db.models import Doi
    from doitui_core.metadata import validate
    from doitui_core.operations import exporting  # slow to import

    found = exporting.of_doi(Doi.get_by_id(doi_id))
    errors = [(error.message, error.code) for error in validate.only_errors(found.findings)]
    texts = {form: exporting.file_text(found, form) for form in exporting.FORMATS} if not errors else {}
    return Export(found.doi, texts, errors, found.published)


def refusal(found: Export) -> list[Line]:
    """Why the document is not exported, and the command that does it in spite of that."""
    command = f"doitui doi export {shlex.quote(found.doi)} --format {PROPOSED} --no-validate"
    what = plural(len(found.errors), "error")
    return [
        (f"{found.doi} was not exported: {what}", "strong"),
        "",
        *([(f"{message}  ", "bad"), (f"({code})", "quiet")] for message, code in found.errors),
        "",
        "Fix the errors, or export the document with them:",
        f"  {command}",
        *([] if found.published else ["", (NOT_PUBLISHED, "warn")]),
    ]


class ExportDialog(SaveDialog):
    """Saves one of the texts of an `Export`: the ending of the file name says which, and a button changes it."""

    def __init__(self, found: Export) -> None:
        notes: list[Line] = [] if found.published else [(NOT_PUBLISHED, "warn"), ""]
        super().__init__(f"Export {found.doi}", f"{_file_name(found.doi)}.{PROPOSED}", "", notes)
        self._texts = found.texts

    def more_choices(self) -> Iterable[Choice]:
        """The button that changes the format."""
        yield Choice("As JSON", id="format")

    def text_for(self, place: Path) -> str:
        """The document in the format of the name's ending. Raises `BadInput` for another ending."""
        text = self._texts.get(place.suffix[1:].lower())
        if text is None:
            endings = " or ".join(f".{form}" for form in self._texts)
            raise BadInput(f'"{place.name}" does not say the format: end the name in {endings}.')
        return text

    def choose(self, button: str) -> None:
        """Change the format; or save, replace, or cancel."""
        if button != "format":
            super().choose(button)
            return
        name = self.query_one("#file", Input)
        form = self._other(name.value)
        path = Path(name.value)
        known = path.suffix[1:].lower() in self._texts
        name.value = str(path.with_suffix(f".{form}")) if known else f"{name.value.strip()}.{form}"
        name.cursor_position = len(name.value)

    @on(Input.Changed)
    def show_format(self, message: Input.Changed) -> None:
        """Offer the other format than that of the name."""
        self.relabel("format", f"As {self._other(message.value).upper()}")

    def _other(self, name: str) -> str:
        return "json" if name.strip().lower().endswith(".xml") else "xml"


def _file_name(doi: str) -> str:
    """The DOI as the name of a file on any system."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", doi)[:LONGEST].strip(".-") or "doi"
