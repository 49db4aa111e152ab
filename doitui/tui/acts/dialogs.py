"""Dialogs that ask before something is done, and sheets of text."""

from __future__ import annotations

import time
from typing import ClassVar, TypeVar

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

#: Seconds in which a new dialog ignores its buttons, so that a key that is held down confirms nothing.
IGNORE_FOR = 0.3

#: The part of the screen a dialog may take if there are 20 lines; the fewest lines of its explanation.
TALLEST, LEAST = 0.92, 2

T = TypeVar("T")


class Choice(Widget, can_focus=True):
    """A button: Enter or a click chooses it."""

    class Chosen(Message):
        """The button was chosen; `at` is the time of the key or click, in seconds."""

        def __init__(self, choice: Choice, at: float) -> None:
            super().__init__()
            self.choice, self.at = choice, at

    def __init__(self, label: str, *, id: str) -> None:
        super().__init__(id=id)
        self.label = label

    def render(self) -> Text:
        """The label, in brackets while it has the focus: visible without colours too."""
        return Text(f"[ {self.label} ]" if self.has_focus else f"  {self.label}  ")

    def get_content_width(self, *_: object) -> int:
        """Columns: the label and two on either side."""
        return len(self.label) + 4

    def on_key(self, event: events.Key) -> None:
        """Enter chooses."""
        if event.key == "enter":
            event.stop()
            self.post_message(self.Chosen(self, event.time))

    def on_click(self, event: events.Click) -> None:
        """A click chooses."""
        self.post_message(self.Chosen(self, event.time))


class Question(ModalScreen[T]):
    """A dialog with a head, perhaps inputs, a line for errors, and buttons. Esc closes it with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Cancel", show=False),
        # With priority: keys that come in one burst over a slow link must not reach what had the focus before.
        Binding("tab", "app.focus_next", "Next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "Previous", show=False, priority=True),
        Binding("left,h,up", "app.focus_previous", "Previous", show=False),
        Binding("right,l,down", "app.focus_next", "Next", show=False),
    ]

    def begin(self, *head: Line) -> None:
        """Show the lines of `head`. Only inputs and buttons take the focus."""
        for text in self.query(Lines):
            text.can_focus = False
        self.query_one("#head", Lines).show([*head, ""])
        self.app.clear_notifications()  # in a small terminal they would hide the buttons

    def show_error(self, text: str) -> None:
        """Say above the buttons what is wrong; empty clears it."""
        self.query_one("#wrong", Lines).show([(text, "bad")] if text else [])


class Dialog(Question[Answers | None]):
    """Shows what a plan will do, and asks. Answers with the text of its fields; None if the user cancels."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "turn(1)", "Next page", show=False),
        Binding("pageup", "turn(-1)", "Previous page", show=False),
    ]

    def __init__(self, plan: Plan, environment: str) -> None:
        super().__init__(classes="-danger" if plan.level > 1 else "")
        self.plan = plan
        self.environment = environment
        self._ignore_until = time.monotonic() + IGNORE_FOR
        self._answered = False

    def compose(self) -> ComposeResult:
        """The widgets, top to bottom."""
        plan = self.plan
        with Vertical(classes="box"):
            yield Lines(id="head")
            yield Lines(id="explanation")
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
        environment: Line = [("at DataCite  ", "quiet"), self.environment.upper() or "no repository"]
        self.begin((f"{plan.title}?", "strong"), "", environment, [("same as      ", "quiet"), plan.command])
        self.query_one("#explanation", Lines).show(plan.lines)
        self.call_after_refresh(self._fit)
        first = f"#field-{plan.fields[0].name}" if plan.fields else "#typed" if plan.typed else ""
        self.query_one(first or ("#no" if plan.level > 1 else "#yes")).focus()

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self.call_after_refresh(self._fit)

    def dismiss(self, result: Answers | None = None) -> AwaitComplete:
        """Close the dialog with an answer."""
        self._answered = True
        return super().dismiss(result)

    @property
    def _over(self) -> bool:
        """Whether it was answered, or its widgets were removed because the app ends."""
        return self._answered or not self.query("#explanation")

    def _fit(self) -> None:
        """Give the explanation the lines that are left, so that the buttons are always visible."""
        if self._over:
            return
        explanation, box = self.query_one("#explanation", Lines), self.query_one(".box")
        others = sum(
            child.outer_size.height + child.styles.margin.height for child in box.children if child is not explanation
        )
        frame = box.outer_size.height - box.content_size.height
        tallest = self.size.height if self.has_class("-high") else int(self.size.height * TALLEST)
        explanation.styles.max_height = max(tallest - frame - others, LEAST)
        self.call_after_refresh(self._show_more_hint)

    def _show_more_hint(self) -> None:
        if self._over:
            return
        shown = self.query_one("#explanation", Lines)
        cut = shown.get_content_height(self.size, self.size, shown.size.width) > shown.size.height
        self.query_one("#rest", Label).update("pgdn shows the rest" if cut else "")

    def action_turn(self, by: int) -> None:
        """Scroll the explanation by `by` pages."""
        self.query_one("#explanation", Lines).action_page(by)

    def on_input_submitted(self) -> None:
        """Enter in an input moves the focus on, and never confirms."""
        self.focus_next()
        if self.focused is not None and self.focused.id == "no" and not self._wrong():
            self.query_one("#yes").focus()
        self._ignore_until = time.monotonic() + IGNORE_FOR

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Confirm or cancel, unless the key was pressed before the dialog was readable."""
        if message.at < self._ignore_until:
            # A key that is held down is ignored until it is released.
            self._ignore_until = max(self._ignore_until, message.at + IGNORE_FOR)
        elif message.choice.id == "no":
            self.dismiss(None)
        elif wrong := self._wrong():
            self.show_error(wrong)
        else:
            self.dismiss(self._answers())

    def _answers(self) -> Answers:
        return {field.name: self.query_one(f"#field-{field.name}", Input).value.strip() for field in self.plan.fields}

    def _wrong(self) -> str:
        """What is missing or wrong; empty if nothing is."""
        for field in self.plan.fields:
            if field.required and not self._answers()[field.name]:
                return f"{field.label}: this has to be filled in"
        if self.plan.typed and self.query_one("#typed", Input).value.strip() != self.plan.typed:
            return f"to confirm, type {self.plan.typed}"
        return ""


class Sheet(ModalScreen[None]):
    """A page of text over the screen: help, a log, a request."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", "Close", show=False)]

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
