"""Is everything as it should be, and which command mends it; and every setting with where its value comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from doitui.tui import keys, shapes
from doitui.tui.dialogs import Sheet
from doitui.tui.plans import Answers, Field, Plan, Result
from doitui.tui.screens.section import Section
from doitui.tui.widgets.bars import StatusLine
from doitui.tui.widgets.lines import Line, Lines
from doitui.tui.widgets.tabs import Tabs
from doitui.tui.widgets.window_table import Column, WindowTable
from doitui_core import doctor, settings
from doitui_core.windows import Row

TABS = ("Checks", "Settings")


class DoctorScreen(Section):
    id_ = "doctor"
    BINDINGS: ClassVar = keys.bindings("doctor")
    about: ClassVar = (
        "Checks of database, workers, queue, repositories, mail and spool: OK, WARN or FAIL, and the command that "
        "mends it. y copies that command. DataCite is asked whether it knows each account; r does it all again.",
        "",
        "[ and ] change to the settings: each with its value and where that comes from.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.tab = 0
        self._checked: list[doctor.Check] = []
        self._begun = False

    def body(self) -> Iterable[Widget]:
        yield Tabs(id="tabs")
        yield StatusLine(id="status")
        with Horizontal(classes="row"):
            yield WindowTable(self.columns, id="list")
            yield Lines(id="beside", classes="beside")
        yield StatusLine(id="mend")

    @property
    def table(self) -> WindowTable:
        return self.query_one("#list", WindowTable)

    def on_mount(self) -> None:
        self.table.focus()
        self.query_one("#tabs", Tabs).tell(TABS, self.tab)

    def columns(self, width: int) -> Sequence[Column]:
        if self.tab:
            return [
                Column("SETTING", 26, lambda row: row["name"]),
                Column("VALUE", 0, lambda row: row["value"] or "-"),
                Column("FROM", 12 if width < 100 else 26, lambda row: (row["source"], "quiet")),
            ]
        return [
            Column("", 4, lambda row: shapes.CHECK[row["level"]]),
            Column("WHAT", 16, lambda row: row["name"]),
            Column("FOUND", 0, lambda row: row["told"]),
        ]

    def reload(self) -> None:
        """Settings are cheap; checks ask the network, so they are made once, and again when that is asked for."""
        if self.tab:
            self.doitui.quick.ask("settings", _settings, self._show_settings, self._fail)
        elif not self._begun:
            self._begun = True
            self.table.say("", "Looking at everything, and asking DataCite…")
            self.doitui.slow.ask("checks", doctor.checks, self._show_checks, self._fail)

    def _fail(self, error: Exception) -> None:
        self._begun = False
        self.failed(self.table, error)

    def act_refresh(self) -> None:
        self._begun = False
        self.query_one("#status", StatusLine).tell("looking again…")
        self.doitui.look()
        self.reload()

    def _show_checks(self, found: list[doctor.Check]) -> None:
        self._checked = found
        if self.tab:
            return
        many = {level: sum(check.level == level for check in found) for level in (doctor.OK, doctor.WARN, doctor.FAIL)}
        told = "  ".join(f"{number} {level}" for level, number in many.items())
        self.query_one("#status", StatusLine).tell(told, f"looked at {self.doitui.now():%H:%M:%SZ}, r again")
        self.table.stretch.fixed(
            [
                {"id": at, "level": check.level, "name": check.name, "told": check.told, "mend": check.mend}
                for at, check in enumerate(found)
            ]
        )
        self._beside()

    def _show_settings(self, rows: list[Row]) -> None:
        self.query_one("#status", StatusLine).tell(
            "global settings; a repository's own stand in `doitui repository show`"
        )
        self.table.stretch.fixed(rows)
        self._beside()

    def on_window_table_moved(self) -> None:
        self._beside()

    def _beside(self) -> None:
        row = self.table.row
        self.query_one("#beside", Lines).show(self._about(row) if row else [])
        mend = row.get("mend") if row else ""
        self.query_one("#mend", StatusLine).tell(f"to mend it: {mend}" if mend else "")

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
        level, tone = shapes.CHECK[row["level"]]
        lines: list[Line] = [[(f"{level.strip()}  ", tone), (row["name"], "strong")], "", row["told"]]
        return [*lines, "", ("To mend it", "head"), row["mend"]] if row["mend"] else lines

    def on_window_table_entered(self, message: WindowTable.Entered) -> None:
        assert message.row is not None
        self.app.push_screen(Sheet(self._about(message.row)))

    def act_tab_next(self) -> None:
        self.tab = 1 - self.tab
        self.query_one("#tabs", Tabs).tell(TABS, self.tab)
        self.table.go(0)
        if self.tab or not self._checked:
            self.reload()
        else:
            self._show_checks(self._checked)

    act_tab_before = act_tab_next

    def act_copy(self) -> None:
        if (row := self.table.row) is not None and row.get("mend"):
            self.doitui.copy(row["mend"])

    def act_edit(self) -> None:
        """One global setting. A secret is a reference here too: `settings.check` refuses anything else."""
        row = self.table.row
        if not self.tab or row is None:
            self.doitui.tell("] goes to the settings; E then changes the one under the cursor", bad=True)
            return
        name = row["name"]
        field = Field("value", f"{name}: {row['help']}", given="" if settings.MASK in row["value"] else row["value"])

        def run(given: Answers) -> Result:
            settings.put(name, given["value"])
            return Result(1)

        lines: list[Line] = ["The value holds for every repository that has none of its own, from now on."]
        plan = Plan("Change", f"the setting {name}", lines, f"doitui setting set {name} VALUE", run, 2, "", (field,))
        self.doitui.acting.propose(plan)


def _settings() -> list[Row]:
    found = settings.load()
    return [
        {"id": name, "name": name, "unit": row.unit, "help": row.help} | settings.shown(found, name)
        for name, row in settings.TABLE.items()
    ]


SCREEN = DoctorScreen
