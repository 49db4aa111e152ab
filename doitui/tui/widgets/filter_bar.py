"""The line a filter is typed in."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

#: Seconds after the last key before the filter is applied; the most characters that can be typed or pasted.
PATIENCE, LONGEST = 0.15, 400

#: How a DOI begins.
DOI_BEGINS = ("10.", "doi:", "http://", "https://")


class FilterBar(Input):
    """Hidden until it is opened. Posts what is typed after a pause in typing."""

    class Typed(Message):
        """The filter changed to `text`."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder, max_length=LONGEST, select_on_focus=False)
        self.cursor_blink = False
        self._timer: Timer | None = None
        self.can_focus = False

    def open(self) -> None:
        """Show the line and focus it, ready for another word: a blank ends the text it has."""
        if self.value and not self.value.endswith(" "):
            with self.prevent(Input.Changed):
                self.value += " "
        self.cursor_position = len(self.value)
        self.add_class("-open")
        self.can_focus = True
        self.focus()

    def close(self) -> bool:
        """Hide the line; returns whether it was open."""
        was_open = self.has_class("-open")
        self.remove_class("-open")
        self.can_focus = False
        return was_open

    def on_input_changed(self, event: Input.Changed) -> None:
        """Post the typed filter after a pause in typing."""
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PATIENCE, lambda: self.post_message(self.Typed(self.value)))

    def on_paste(self, event: events.Paste) -> None:
        """Insert the pasted text as one line, cut to `LONGEST` characters."""
        event.stop()
        event.prevent_default()
        pasted = " ".join(event.text[:LONGEST].split())
        before = self.value[: self.cursor_position][-1:]
        # A DOI begins a word of its own, unless it is the value of a field.
        apart = pasted.lower().startswith(DOI_BEGINS) and before not in ("", " ", ":", '"', "'")
        self.insert_text_at_cursor(f" {pasted}" if apart else pasted)
        if len(event.text) > LONGEST:
            message = f"what was pasted is cut to its first {LONGEST} characters"
            self.app.notify(message, severity="warning", markup=False)
