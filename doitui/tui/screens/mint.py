"""Records whose DOI is not minted yet: choose, check, review, mint. What is queued goes out by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from doitui.tui import state_symbols
from doitui.tui.acts.dialogs import Sheet
from doitui.tui.acts.doi_acts import DoiActs
from doitui.tui.acts.plans import MOST, ActResult, Answers, Plan, Progress, each, gather, short_label
from doitui.tui.screens.list_section import ListSection
from doitui.tui.text import number, plural
from doitui.tui.widgets.lines import Labelled, Line, Rule, labelled
from doitui.tui.widgets.row_cache import KEPT, REST, SOON
from doitui.tui.widgets.window_table import Column
from doitui_core.db.models import Doi, Record
from doitui_core.dois import mint_candidates
from doitui_core.domain import states
from doitui_core.errors import DatabaseUnavailable, DoituiError
from doitui_core.views import mint_checks, windows
from doitui_core.views.mint_checks import MintChecks
from doitui_core.views.rows import RecordRow
from doitui_core.views.windows import Window

#: Refusals that are named before a mint; the rest is counted.
NAMED = 8

#: Records with neither a DOI of ours nor one of somebody else's.
_HAS_NONE = Doi.id.is_null() & (Record.foreign_doi == "")

TARGETS = tuple(str(wanted) for wanted in reversed(states.LADDER))


if TYPE_CHECKING:
    from doitui_core.operations import bulk_mint


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What a mint is for, as it was when it was asked for. `ids` None: every record of `window`, `expected` of them."""

    window: Window
    expected: int
    state: str
    ids: list[int] | None

    @property
    def many(self) -> int:
        return self.expected if self.ids is None else len(self.ids)

    @property
    def command(self) -> str:
        """The same on the command line, which has no filter but that of the repository."""
        fields = self.window.filter.fields
        if self.ids is not None or self.window.filter.text or set(fields) - {"repo"}:
            return f"doitui batch mint ID… --state {self.state}"
        only = f" --repository {fields['repo']}" if fields else ""
        return f"doitui batch mint --all{only} --state {self.state}"

    def mint(self, progress: Progress, *, actor: str, dry_run: bool = False) -> bulk_mint.MintResult:
        """Records are read while they are minted: a whole list of them has no room."""
        from doitui_core.operations import bulk_mint

        records = self._records(progress)
        return bulk_mint.mint(
            records, state=self.state, limit=0, actor=actor, dry_run=dry_run, step=progress.step, max_reasons=MOST
        )

    def reserve(self, progress: Progress, *, actor: str) -> ActResult:
        """In a whole list those that have their DOI are left out."""
        from doitui_core.dois import reservations

        records = ((record.object_id, record) for record in self._records(progress, _HAS_NONE))
        return each(progress, records, lambda record: reservations.reserve(record, actor=actor))

    def _records(self, progress: Progress, only: Any = None) -> Iterator[Record]:
        if self.ids is None:
            return mint_candidates.by_ids(gather(progress, self.window, self.expected, only))
        progress.whole = len(self.ids)
        return mint_candidates.by_ids(self.ids)


class MintScreen(DoiActs, ListSection):
    """Records whose DOI is not minted yet."""

    id_ = "mint"
    list_name, noun = "records", "record"
    orders: ClassVar = (("imported", False), ("check", True))
    about: ClassVar = (
        "Records without a minted DOI, oldest first. Mark some with space, or all that match with A; t changes the "
        "state they will get.",
        "",
        "CHECK: what DataCite would reject in a mint to findable. s sorts by it; check:ready, check:refused show some.",
        "",
        "c checks each and lists what DataCite would reject; nothing is sent. M checks too, shows what will happen and "
        "queues the records that pass. Workers send them: you can leave this screen.",
        "",
        "Filter: words of object id or title; or fields: check: published: repo:",
    )

    def __init__(self) -> None:
        super().__init__()
        self.target = 0
        self._looking: Progress | None = None
        self._checks = MintChecks()
        self._count_from = 0.0
        #: Of rows that were seen without a valid stored check, by id and time of the record: field, warnings.
        self._checked: dict[tuple[int, datetime], tuple[str, int]] = {}

    def columns(self, width: int) -> Sequence[Column]:
        """The columns that fit `width` terminal columns, left to right."""
        return [
            Column("OBJECT ID", 16 if width < 90 else 22, lambda row: row.object_id),
            Column("CHECK", 20 if width < 90 else 24, self._check_cell),
            Column("IN", 8, lambda row: row.repository, least=86),
            Column("DOI", 10, _doi_state),
            Column("PUB", 3, lambda row: "yes" if row.published else ("no", "warn"), least=66),
            Column("TITLE", 0, lambda row: row.title),
        ]

    @property
    def state(self) -> str:
        """The target state of a mint."""
        return TARGETS[self.target]

    def window(self) -> Window:
        """The rows to show, for the present filter and order."""
        name, backwards = self.orders[self.order]
        return windows.candidates(self.filter, self.state, order=name, backwards=backwards != self.reversed)

    def more(self) -> tuple[Any, ...]:
        """What else the list depends on: the target state."""
        return (self.target,)

    def sorted_by(self) -> str:
        """What the list is sorted by, for the status line."""
        usual = not self.order and not self.reversed
        return f"to {self.state}" if usual else f"{super().sorted_by()}  to {self.state}"

    # Checks

    def reload(self) -> None:
        """Read again what is shown, and count the checks, in reader threads."""
        asked, state = self.filter, self.state
        if self._opened is None or self._opened[0] != str(asked) or self._opened[-1] != self.target:
            self._count_from = 0.0
        super().reload()
        if time.monotonic() < self._count_from:
            return

        def count() -> tuple[MintChecks, float]:
            begun = time.monotonic()
            return mint_checks.load(asked, state), time.monotonic() - begun

        def show(found: tuple[MintChecks, float]) -> None:
            before, (self._checks, took) = self._checks, found
            if before.bases != self._checks.bases:
                self._checked.clear()
            self._count_from = time.monotonic() + took * REST if took > SOON else 0.0
            self.table.repaint_cells()
            self.show_detail()
            self.show_status()
            self._check_seen()

        self.read("checks", count, show, thread=self.doitui.slow)

    def summary(self) -> str:
        """How many records are ready, and how many are not. What is chosen needs the room."""
        checks = self._checks
        if not checks.total or self.all_matching or self.table.marked:
            return ""
        unknown = f", {number(checks.unchecked)} unchecked" if checks.unchecked else ""
        return f"{number(checks.ready)} ready, {number(checks.refused)} refused{unknown}   "

    def on_window_table_moved(self) -> None:
        """The cursor moved: check rows that came into sight. (Textual calls the method of the base class too.)"""
        self._check_seen()

    def _check_seen(self) -> None:
        """Check the rows that are seen and have no valid stored check, behind the paint."""
        table = self.table
        rows = [table.cache.get(index) for index in range(table.top, table.top + table.room)]
        missing = [row for row in rows if row is not None and self._check(row) is None]
        if not missing or not self._checks.total:
            return

        def check() -> dict[int, tuple[str, int]]:
            from doitui_core.dois import record_checks  # slow to import

            return record_checks.of_ids([row.id for row in missing])

        def show(found: dict[int, tuple[str, int]]) -> None:
            if len(self._checked) > KEPT:
                self._checked.clear()
            self._checked |= {(row.id, row.updated_at): found[row.id] for row in missing if row.id in found}
            table.repaint_cells()
            self.show_detail()

        self.read("seen", check, show, thread=self.doitui.slow)

    def _check(self, row: RecordRow) -> tuple[str, int] | None:
        """The field that DataCite would reject, and the number of warnings; None while that is unknown."""
        if self._checks.is_valid(row):
            return row.check_field, row.check_warnings
        return self._checked.get((row.id, row.updated_at))

    def _check_cell(self, row: RecordRow) -> state_symbols.Cell:
        if (found := self._check(row)) is None:
            return "…", "quiet"
        field, warnings = found
        if field:
            return f"refused: {field}", "bad"
        return (f"ready, {plural(warnings, 'warning')}", "warn") if warnings else ("ready", "good")

    def empty(self) -> tuple[str, ...]:
        """The lines shown when there is no row at all."""
        return (
            f"Nothing to mint: every record is {self.state}, or further.",
            "",
            "`doitui record import FILE` brings records in; 4 shows their DOIs.",
        )

    def detail_lines(self, row: RecordRow) -> list[Line]:
        """The side pane's lines about `row`."""
        facts: Labelled = {
            "in": row.repository,
            "check": self._check_cell(row),
            "DOI": row.doi or row.foreign_doi or "none (assigned when minted)",
            "published": "yes" if row.published else ("no: only a draft can be minted", "warn"),
        }
        return [(row.object_id, "strong"), *labelled(facts, 11), "", row.title or "no title"]

    def act_target(self) -> None:
        """Choose the next target state."""
        self.target = (self.target + 1) % len(TARGETS)
        self.reload()

    # Check and mint

    def act_check(self) -> None:
        """Check the chosen records and show the findings."""
        self._look(lambda chosen, found: self._report(found, chosen.state))

    def act_mint(self) -> None:
        """Ask, then mint the chosen records or DOIs."""
        self._look(self._propose_mint)

    def _look(self, then: Callable[[_Chosen, bulk_mint.MintResult], None]) -> None:
        """A dry run over what is chosen; then `then`, with what was chosen when it began."""
        chosen = self._chosen(self.table.chosen())
        if not chosen.many:
            self.doitui.say("there is no record here to mint", bad=True)
            return
        if self._looking is not None:
            self._looking.halt.set()  # another look is wanted instead
        self.doitui.say(f"checking {plural(chosen.many, 'record')}…")

        def work(progress: Progress) -> bulk_mint.MintResult:
            return chosen.mint(progress, actor=self.doitui.operator, dry_run=True)

        def looked(found: bulk_mint.MintResult) -> None:
            if not progress.stopped:
                then(chosen, found)

        def failed(error: Exception) -> None:
            if isinstance(error, DoituiError) and not isinstance(error, DatabaseUnavailable):
                self.doitui.say(str(error), bad=True)
            else:
                self.doitui.lost(error)

        progress = self._looking = self.doitui.acting.start("Look", work, looked, failed, self.doitui.looks)

    def _chosen(self, rows: list[RecordRow]) -> _Chosen:
        ids = None if self.all_matching else [row.id for row in rows]
        return _Chosen(self.window(), self.table.cache.whole, self.state, ids)

    def _report(self, found: bulk_mint.MintResult, state: str) -> None:
        lines: list[Line] = [Rule("Check"), "", *_summary(found, state)]
        lines += ["", Rule("What a mint would refuse")] if found.refused else []
        for object_id, why in found.refused:
            lines.append([(f" {object_id}  ", "strong"), why])
        more = found.refusals - len(found.refused)
        lines += [f" … and {number(more)} more"] * (more > 0)
        self.app.push_screen(Sheet(lines))

    def _propose_mint(self, chosen: _Chosen, found: bulk_mint.MintResult) -> None:
        operator, state = self.doitui.operator, chosen.state
        if not found.queued:
            self._report(found, state)
            return

        def run(_: Answers, progress: Progress) -> ActResult:
            from doitui.tui.acts.doi_plans import mint_result

            return mint_result(chosen.mint(progress, actor=operator))

        forever = (
            "" if state == "draft" else "Registered and findable DOIs are permanent: they can be hidden, never deleted."
        )
        lines: list[Line] = [forever or "A draft can still be given up.", "", *_summary(found, state)]
        lines += [(short_label(f"{object_id}:", why), "warn") for object_id, why in found.refused[:NAMED]]
        level = 2 if state == "draft" else 3
        plan = Plan("Mint", plural(found.queued, "DOI"), lines, chosen.command, run, level, found.queued)
        self.doitui.acting.propose(plan)

    def act_reserve(self) -> None:
        """Ask, then reserve DOIs for the chosen records."""
        rows = [row for row in self.table.chosen() if not (row.doi or row.foreign_doi)]
        chosen, operator = self._chosen(rows), self.doitui.operator
        if not chosen.many:
            self.doitui.say("nothing to reserve: each has its DOI already", bad=True)
            return

        def run(_: Answers, progress: Progress) -> ActResult:
            return chosen.reserve(progress, actor=operator)

        lines: list[Line] = [short_label(row.object_id, row.title) for row in rows[:NAMED]]
        what, ids = plural(chosen.many, "DOI"), " ".join(row.object_id for row in rows[:3])
        if chosen.ids is None:
            lines = ["All records without a DOI that match the filter. Cancelled if the count changes first."]
            what, ids = f"DOIs for a list of {plural(chosen.many, 'record')}", "OBJECT_ID…"
        lines += ["", "Each gets its DOI now, to be printed; it is not minted, and the string never changes again."]
        level = 3 if chosen.ids is None else 2
        plan = Plan("Reserve", what, lines, f"doitui doi reserve {ids}", run, level, chosen.many)
        self.doitui.acting.propose(plan)


def _doi_state(row: RecordRow) -> state_symbols.Cell:
    if row.foreign_doi:
        return state_symbols.doi("foreign")
    return state_symbols.doi(row.status) if row.status else ("  none", "quiet")


def _summary(found: bulk_mint.MintResult, state: str) -> list[Line]:
    lines: list[Line] = [[(f"  {number(found.queued):>8}  ", "good"), f"would be queued, to become {state}"]]
    return lines + [
        [(f"  {number(many):>8}  ", "warn"), f"left out: {why}"] for why, many in found.skipped.most_common()
    ]


SCREEN = MintScreen
