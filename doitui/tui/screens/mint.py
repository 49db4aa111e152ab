"""Records whose DOI is not minted yet: choose, check, review, mint. What is queued goes out by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from doitui.tui import state_symbols
from doitui.tui.acts.dialogs import Sheet
from doitui.tui.acts.doi_acts import DoiActs
from doitui.tui.acts.plans import MOST, ActResult, Answers, Plan, Progress, each, gather, short_label
from doitui.tui.screens.list_section import ListSection
from doitui.tui.text import number, plural
from doitui.tui.widgets.lines import Labelled, Line, Rule, labelled
from doitui.tui.widgets.window_table import Column
from doitui_core.db.models import Doi, Record
from doitui_core.dois import mint_candidates
from doitui_core.domain import states
from doitui_core.errors import DatabaseUnavailable, DoituiError
from doitui_core.views import windows
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
    about: ClassVar = (
        "Records without a minted DOI, oldest first. Mark some with space, or all that match with A; t changes the "
        "state they will get.",
        "",
        "c checks each and lists what DataCite would reject; nothing is sent. M checks too, shows what will happen and "
        "queues the records that pass. Workers send them: you can leave this screen.",
        "",
        "Filter: words of object id or title; or fields: published: repo:",
    )

    def __init__(self) -> None:
        super().__init__()
        self.target = 0
        self._looking: Progress | None = None

    def columns(self, width: int) -> Sequence[Column]:
        """The columns that fit `width` terminal columns, left to right."""
        return [
            Column("OBJECT ID", 16 if width < 90 else 22, lambda row: row.object_id),
            Column("IN", 8, lambda row: row.repository, least=66),
            Column("DOI", 12, _doi_state),
            Column("PUBLISHED", 9, lambda row: "yes" if row.published else ("no", "warn"), least=66),
            Column("TITLE", 0, lambda row: row.title),
        ]

    @property
    def state(self) -> str:
        """The target state of a mint."""
        return TARGETS[self.target]

    def window(self) -> Window:
        """The rows to show, for the present filter and order."""
        return windows.candidates(self.filter, self.state)

    def more(self) -> tuple[Any, ...]:
        """What else the list depends on: the target state."""
        return (self.target,)

    def sorted_by(self) -> str:
        """What the list is sorted by, for the status line."""
        return f"to {self.state}"

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
