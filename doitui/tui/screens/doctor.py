"""The doctor's checks with the commands that fix what they find, and every setting with the source of its value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import ClassVar

from textual.widget import Widget

from doitui.tui import state_symbols
from doitui.tui.acts.dialogs import Sheet
from doitui.tui.acts.plans import ActResult, Answers, Field, Plan, Progress
from doitui.tui.screens.tabbed import TabbedSection
from doitui.tui.widgets.lines import Line, Lines, labelled
from doitui.tui.widgets.pane import Pane
from doitui.tui.widgets.window_table import Column, Row
from doitui_core.clock import EPOCH
from doitui_core.config import settings
from doitui_core.operations import change_settings
from doitui_core.text import MASK
from doitui_core.views import doctor, doctor_check


class DoctorScreen(TabbedSection):
    """The doctor's checks, and all settings."""

    id_ = "doctor"
    tabs = ("Checks", "Settings")
    about: ClassVar = (
        "Checks of database, workers, queue, repositories, mail and spool: OK, WARN or FAIL, and the command that "
        "fixes it. y copies that command. DataCite is asked whether it knows each account; r does it all again.",
        "",
        "[ and ] change to the settings: each with its value and where that comes from.",
    )

    def __init__(self) -> None:
        super().__init__()
        self._checked: list[doctor_check.Check] = []
        self._checked_at = EPOCH
        self._begun = False

    def side(self) -> Lines:
        """The pane to the right of the table."""
        return Lines(id="side", classes="side")

    def lower_panes(self) -> Iterable[Widget]:
        """Panes below the table."""
        yield Lines(id="fix", classes="below")

    def columns(self, width: int) -> Sequence[Column]:
        """The columns that fit `width` terminal columns, left to right."""
        if self.tab:
            return [
                Column("SETTING", 26, lambda row: row["name"]),
                Column("VALUE", 0, lambda row: row["value"] or "-"),
                Column("FROM", 12 if width < 100 else 26, lambda row: (row["source"], "quiet")),
            ]
        return [
            Column("", 4, lambda row: state_symbols.CHECK[row["level"]]),
            Column("WHAT", 16, lambda row: row["name"]),
            Column("FOUND", 0, lambda row: row["message"]),
        ]

    def reload(self) -> None:
        """Read the settings again; checks ask the network, so they are made once, and again on `r` only."""
        if self.tab:
            self.read("settings", _settings, self._show_settings)
            return
        self.table.note = ("", "Running the checks, and asking DataCite…")
        if not self._begun:
            self._begun = True
            self.read("checks", doctor.checks, self._show_new_checks, thread=self.doitui.outside)
        if self._checked:
            self._show_checks()

    def failed(self, pane: Pane, error: Exception) -> None:
        """Reading failed: the checks are made again by the next reload."""
        self._begun = False
        super().failed(pane, error)

    def act_refresh(self) -> None:
        """Read everything again."""
        self._begun = False
        super().act_refresh()
        self.status("looking again…")

    def _show_new_checks(self, checks: list[doctor_check.Check]) -> None:
        self._checked, self._checked_at = checks, self.doitui.now()
        if not self.tab:
            self._show_checks()

    def _show_checks(self) -> None:
        counts = Counter(check.level for check in self._checked)
        levels = (doctor_check.OK, doctor_check.WARN, doctor_check.FAIL)
        summary = "  ".join(f"{counts[level]} {level}" for level in levels)
        self.status(summary, f"checked {self._checked_at:%H:%M:%SZ}, r to repeat")
        self._show([{"id": at, **asdict(check)} for at, check in enumerate(self._checked)])

    def _show_settings(self, rows: list[Row]) -> None:
        if self.tab:
            self.status("global settings; `doitui repository show` has a repository's own")
            self._show(rows)

    def _show(self, rows: list[Row]) -> None:
        self.table.cache.fixed(rows)
        self.show_detail()

    def on_window_table_moved(self) -> None:
        """The cursor moved: show details of its row."""
        self.show_detail()

    def on_lines_laid_out(self) -> None:
        """The pane has a new size: show the details again."""
        self.show_detail()

    def show_detail(self) -> None:
        """Show details of the row under the cursor."""
        for id, lines_of in (("side", self._about), ("fix", self._in_short)):
            if (pane := self.pane(id)).display:
                pane.show(lines_of(row) if (row := self.table.row) else [])

    def _in_short(self, row: Row) -> list[Line]:
        """For narrow screens: the text that the table has cut, and the fix."""
        return [f" {row['help'] if self.tab else row['message']}", *labelled({" fix": row.get("remedy") or None}, 7)]

    def _about(self, row: Row) -> list[Line]:
        if self.tab:
            unit = f" ({row['unit']})" if row["unit"] else ""
            change = f"E, or doitui setting set {row['name']} …"
            facts = {"value": row["value"] or "-", "from": row["source"], "change": change}
            return [(row["name"], "strong"), row["help"] + unit, "", *labelled(facts, 7)]
        level, tone = state_symbols.CHECK[row["level"]]
        lines: list[Line] = [[(f"{level.strip()}  ", tone), (row["name"], "strong")], "", row["message"]]
        return [*lines, "", ("How to fix it", "head"), row["remedy"]] if row["remedy"] else lines

    def open_row(self, row: Row) -> None:
        """Show all of a check or a setting."""
        self.app.push_screen(Sheet(self._about(row)))

    def copyable(self) -> str:
        """The command that fixes the check under the cursor; empty: none."""
        return self.table.row.get("remedy", "") if self.table.row else ""

    def act_edit(self) -> None:
        """One global setting. A secret is a reference here too: `settings.check` refuses anything else."""
        row = self.table.row
        if not self.tab or row is None:
            self.doitui.say("] goes to the settings; E then changes the one under the cursor", bad=True)
            return
        name = row["name"]
        field = Field("value", f"{name}: {row['help']}", given="" if MASK in row["value"] else row["value"])

        def run(given: Answers, __: Progress) -> ActResult:
            change_settings.set_setting(name, given["value"], actor=self.doitui.operator)
            return ActResult(1)

        lines: list[Line] = ["The value holds for every repository that has none of its own, from now on."]
        plan = Plan("Change", f"the setting {name}", lines, f"doitui setting set {name} VALUE", run, 2, fields=(field,))
        self.doitui.acting.propose(plan)


def _settings() -> list[Row]:
    found = settings.load()
    return [
        {"id": name, "name": name, "unit": row.unit, "help": row.help} | settings.display(found, name)
        for name, row in settings.TABLE.items()
    ]


SCREEN = DoctorScreen
