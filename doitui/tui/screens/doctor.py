"""Is everything as it should be, and which command mends it; and every setting with where its value comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from doitui.tui import state_symbols
from doitui.tui.acts import keys
from doitui.tui.acts.dialogs import Sheet
from doitui.tui.acts.plans import ActResult, Answers, Field, Plan, Progress
from doitui.tui.screens.tabbed import TabbedSection
from doitui.tui.widgets.lines import Line, Lines
from doitui.tui.widgets.window_table import Column, Row, WindowTable
from doitui_core.clock import EPOCH
from doitui_core.config import settings
from doitui_core.operations import change_settings
from doitui_core.text import MASK
from doitui_core.views import doctor, doctor_check


class DoctorScreen(TabbedSection):
    """The doctor's checks, and all settings."""

    id_ = "doctor"
    tabs = ("Checks", "Settings")
    BINDINGS: ClassVar = keys.bindings("doctor")
    about: ClassVar = (
        "Checks of database, workers, queue, repositories, mail and spool: OK, WARN or FAIL, and the command that "
        "mends it. y copies that command. DataCite is asked whether it knows each account; r does it all again.",
        "",
        "[ and ] change to the settings: each with its value and where that comes from.",
    )

    def __init__(self) -> None:
        super().__init__()
        self._checked: list[doctor_check.Check] = []
        self._looked_at = EPOCH
        self._begun = False

    def side(self) -> Lines:
        """The pane beside the table."""
        return Lines(id="beside", classes="beside")

    def lower_panes(self) -> Iterable[Widget]:
        """Panes below the table."""
        yield Lines(id="mend", classes="below")

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
            Column("FOUND", 0, lambda row: row["told"]),
        ]

    def reload(self) -> None:
        """Settings are cheap; checks ask the network, so they are made once, and again when that is asked for."""
        if self.tab:
            self.doitui.quick.ask("settings", _settings, self._show_settings, self._fail)
            return
        self.table.say("", "Looking at everything, and asking DataCite…")
        if not self._begun:
            self._begun = True
            self.doitui.outside.ask("checks", doctor.checks, self._arrived, self._fail)
        if self._checked:
            self._show_checks()

    def _fail(self, error: Exception) -> None:
        self._begun = False
        self.failed(self.table, error)

    def act_refresh(self) -> None:
        """Read everything again."""
        self._begun = False
        self.doitui.look()
        self.reload()
        self.say("looking again…")

    def _arrived(self, found: list[doctor_check.Check]) -> None:
        self._checked, self._looked_at = found, self.doitui.now()
        if not self.tab:
            self._show_checks()

    def _show_checks(self) -> None:
        found = self._checked
        many = {
            level: sum(check.level == level for check in found)
            for level in (doctor_check.OK, doctor_check.WARN, doctor_check.FAIL)
        }
        told = "  ".join(f"{number} {level}" for level, number in many.items())
        self.say(told, f"checked {self._looked_at:%H:%M:%SZ}, r to repeat")
        self.table.cache.fixed(
            [
                {"id": at, "level": check.level, "name": check.name, "told": check.message, "mend": check.remedy}
                for at, check in enumerate(found)
            ]
        )
        self._show_detail()

    def _show_settings(self, rows: list[Row]) -> None:
        if not self.tab:
            return
        self.say("global settings; a repository's own stand in `doitui repository show`")
        self.table.cache.fixed(rows)
        self._show_detail()

    def on_window_table_moved(self) -> None:
        """The cursor moved: show details of its row."""
        self._show_detail()

    def on_lines_laid_out(self) -> None:
        """The pane has a new size: show the details again."""
        self._show_detail()

    def _show_detail(self) -> None:
        row = self.table.row
        about = self._about(row) if row else []
        for pane, lines in (("#beside", about), ("#mend", self._in_short(row) if row else [])):
            shown = self.query_one(pane, Lines)
            if shown.display:
                shown.show(lines)

    def _in_short(self, row: Row) -> list[Line]:
        """For narrow screens: what the table has cut."""
        lines: list[Line] = [f" {row['help'] if self.tab else row['told']}"]
        return [*lines, [(" fix   ", "quiet"), row["mend"]]] if row.get("mend") else lines

    def _about(self, row: Row) -> list[Line]:
        if self.tab:
            unit = f" ({row['unit']})" if row["unit"] else ""
            return [
                (row["name"], "strong"),
                row["help"] + unit,
                "",
                [("value  ", "quiet"), row["value"] or "-"],
                [("from   ", "quiet"), row["source"]],
                [("change ", "quiet"), f"E, or doitui setting set {row['name']} …"],
            ]
        level, tone = state_symbols.CHECK[row["level"]]
        lines: list[Line] = [[(f"{level.strip()}  ", tone), (row["name"], "strong")], "", row["told"]]
        return [*lines, "", ("How to fix it", "head"), row["mend"]] if row["mend"] else lines

    def on_window_table_entered(self, message: WindowTable.Entered) -> None:
        """Enter was pressed on a row: open it."""
        assert message.row is not None
        self.app.push_screen(Sheet(self._about(message.row)))

    def act_copy(self) -> None:
        """Copy the DOI or command under the cursor."""
        if (row := self.table.row) is not None and row.get("mend"):
            self.doitui.copy(row["mend"])

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
