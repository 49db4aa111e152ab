"""Questions before something is done, and sheets of text. A question is deaf to enter for a moment after it opened."""

from __future__ import annotations

import time
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Label

from doitui.tui.acts.plans import Answers, Plan
from doitui.tui.widgets.lines import Line, Lines

#: Seconds in which a key that is still held down does nothing.
DEAF = 0.3

#: The part of a screen that a question may take, if it has 20 lines; the fewest lines of what it tells at length.
TALLEST, LEAST = 0.92, 2


class Choice(Widget, can_focus=True):
    """A word to choose with enter."""

    class Chosen(Message):
        """The button was pressed; `at` is the time of the key or click, in seconds."""

        def __init__(self, choice: Choice, at: float) -> None:
            super().__init__()
            self.choice, self.at = choice, at

    def __init__(self, word: str, *, id: str) -> None:
        super().__init__(id=id)
        self.word = word

    def render(self) -> Text:
        """Brackets show where one is, with colours and without."""
        return Text(f"[ {self.word} ]" if self.has_focus else f"  {self.word}  ")

    def get_content_width(self, *_: object) -> int:
        """Columns: the word and a frame of two on either side."""
        return len(self.word) + 4

    def on_key(self, event: events.Key) -> None:
        """Enter chooses."""
        if event.key == "enter":
            event.stop()
            self.post_message(self.Chosen(self, event.time))

    def on_click(self, event: events.Click) -> None:
        """A click chooses."""
        self.post_message(self.Chosen(self, event.time))


class Dialog(ModalScreen[Answers | None]):
    """Tells what a plan will do, and asks. The answer: what was filled in; None: it is not to be done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss_with_nothing", "Cancel", show=False),
        # With priority: keys that come in one burst over a slow link must not reach what had the focus before.
        Binding("tab", "app.focus_next", "Next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "Before", show=False, priority=True),
        Binding("left,h,up", "app.focus_previous", "Before", show=False),
        Binding("right,l,down", "app.focus_next", "Next", show=False),
        Binding("pagedown", "turn(1)", "Next page", show=False),
        Binding("pageup", "turn(-1)", "Page before", show=False),
    ]

    def __init__(self, plan: Plan, environment: str) -> None:
        super().__init__(classes="-danger" if plan.level > 1 else "")
        self.plan = plan
        self.environment = environment
        self._deaf_until = time.monotonic() + DEAF
        self._answered = False

    def compose(self) -> ComposeResult:
        """The widgets, top to bottom."""
        plan = self.plan
        with Vertical(classes="box"):
            yield Lines(id="head")
            yield Lines(id="told")
            for field in plan.fields:
                yield Label(field.label, markup=False)
                yield Input(field.given, id=f"field-{field.name}", select_on_focus=False)
            if plan.typed:
                yield Label(f"Type {plan.typed} to confirm", markup=False)
                yield Input(id="typed", select_on_focus=False)
            yield Lines(id="wrong")
            with Horizontal(classes="buttons"):
                yield Label("", id="rest")
                yield Choice("Cancel", id="no")
                yield Choice(plan.verb, id="yes")

    def on_mount(self) -> None:
        """Fill the widgets and set the focus."""
        if self._over:
            return
        plan = self.plan
        head: list[Line] = [(f"{plan.title}?", "strong"), ""]
        head.append([("at DataCite  ", "quiet"), self.environment.upper() or "no repository"])
        head.append([("same as      ", "quiet"), plan.command])
        for text in self.query(Lines):
            text.can_focus = False
        self.query_one("#head", Lines).show([*head, ""])
        self.query_one("#told", Lines).show(plan.lines)
        self.app.clear_notifications()  # in a small terminal they would hide the buttons
        self.call_after_refresh(self._fit)
        first = f"#field-{plan.fields[0].name}" if plan.fields else "#typed" if plan.typed else ""
        self.query_one(first or ("#no" if plan.level > 1 else "#yes")).focus()

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self.call_after_refresh(self._fit)

    def dismiss(self, result: Answers | None = None) -> AwaitComplete:
        """Close, with an answer at most once."""
        self._answered = True
        return super().dismiss(result)

    @property
    def _over(self) -> bool:
        """It was answered meanwhile, or the screens are left: its parts go before itself."""
        return self._answered or not self.query("#told")

    def _fit(self) -> None:
        """What is told at length gets the room that is left: whatever it says, the buttons are seen."""
        if self._over:
            return
        told, box = self.query_one("#told", Lines), self.query_one(".box")
        others = sum(
            child.outer_size.height + child.styles.margin.height for child in box.children if child.id != "told"
        )
        frame = box.outer_size.height - box.content_size.height
        tallest = self.size.height if self.has_class("-high") else int(self.size.height * TALLEST)
        told.styles.max_height = max(tallest - frame - others, LEAST)
        self.call_after_refresh(self._show_more_hint)

    def _show_more_hint(self) -> None:
        if self._over:
            return
        told = self.query_one("#told", Lines)
        cut = told.get_content_height(self.size, self.size, told.size.width) > told.size.height
        self.query_one("#rest", Label).update("pgdn shows the rest" if cut else "")

    def action_turn(self, by: int) -> None:
        """Scroll the text by `by` pages."""
        self.query_one("#told", Lines).action_page(by)

    def on_input_submitted(self) -> None:
        """Enter in a line goes on to the next thing, and never confirms by itself."""
        self.focus_next()
        if self.focused is not None and self.focused.id == "no" and not self._wrong():
            self.query_one("#yes").focus()
        self._deaf_until = time.monotonic() + DEAF

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Confirm or cancel, unless the key was pressed before the dialog was readable."""
        if message.at < self._deaf_until:
            # A key that is held down stays unheard for as long as it is.
            self._deaf_until = max(self._deaf_until, message.at + DEAF)
            return
        if message.choice.id == "no":
            self.dismiss(None)
        elif wrong := self._wrong():
            self.query_one("#wrong", Lines).show([(wrong, "bad")])
        else:
            self.dismiss(self._answers())

    def action_dismiss_with_nothing(self) -> None:
        """Cancel."""
        self.dismiss(None)

    def _answers(self) -> Answers:
        return {field.name: self.query_one(f"#field-{field.name}", Input).value.strip() for field in self.plan.fields}

    def _wrong(self) -> str:
        """What is still missing."""
        for field in self.plan.fields:
            if field.required and not self._answers()[field.name]:
                return f"{field.label}: this has to be filled in"
        if self.plan.typed and self.query_one("#typed", Input).value.strip() != self.plan.typed:
            return f"to confirm, type {self.plan.typed}"
        return ""


class Sheet(ModalScreen[None]):
    """A page of text over the screen: help, a log, a request."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "close", "Close", show=False)]

    def __init__(self, lines: list[Line]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        """The widgets, top to bottom."""
        with Vertical(classes="box") as box:
            box.border_subtitle = "j k scroll   esc closes"
            yield Lines(id="sheet")

    def on_mount(self) -> None:
        """Fill the widgets and set the focus."""
        sheet = self.query_one("#sheet", Lines)
        sheet.show(self._lines)
        sheet.focus()

    def action_close(self) -> None:
        """Close the sheet."""
        self.dismiss(None)
