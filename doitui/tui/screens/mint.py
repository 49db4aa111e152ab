"""Records whose DOI is not minted yet: choose, check, review, mint. What is queued goes out by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from doitui.tui import keys, shapes
from doitui.tui.actions import MANY
from doitui.tui.dialogs import Sheet
from doitui.tui.doi_acts import DoiActs
from doitui.tui.plans import Answers, Plan, Result, each, named, refuse_moved
from doitui.tui.screens.list_section import ListSection
from doitui.tui.text import counted, number
from doitui.tui.widgets.lines import Line, Rule
from doitui.tui.widgets.window_table import Column
from doitui_core import candidates, states, windows
from doitui_core.windows import Row, Window

#: Refusals that are named before a mint; the rest is counted.
NAMED = 8

TARGETS = tuple(str(wanted) for wanted in reversed(states.LADDER))


if TYPE_CHECKING:
    from doitui_core import batch
    from doitui_core.models import Record


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
        fields = self.window.wanted.fields
        if self.ids is not None or self.window.wanted.text or set(fields) - {"repo"}:
            return f"doitui batch mint ID… --state {self.state}"
        only = f" --repository {fields['repo']}" if fields else ""
        return f"doitui batch mint --all{only} --state {self.state}"

    def records(self) -> list[Record]:
        return candidates.records(self.window, self.ids)

    def refuse_moved(self) -> None:
        if self.ids is None:
            refuse_moved(self.window, self.expected)


class MintScreen(DoiActs, ListSection):
    id_ = "mint"
    of, noun = "records", "record"
    BINDINGS: ClassVar = keys.bindings("mint")
    about: ClassVar = (
        "Records whose DOI is not minted yet, oldest first. Mark some with space, or all that match with A; t changes "
        "what they shall become.",
        "",
        "c looks at each and says what a mint would refuse; nothing is sent. M looks too, shows what will happen, and "
        "queues what is fit. Workers do the rest: this screen may be left.",
        "",
        "Filter: words of object id or title; or fields: published: repo:",
    )

    def __init__(self) -> None:
        super().__init__()
        self.target = 0

    def columns(self, width: int) -> Sequence[Column]:
        shown = [
            Column("OBJECT ID", 16 if width < 90 else 22, lambda row: row["object_id"]),
            Column("IN", 8, lambda row: row["repository"]),
            Column("DOI", 12, lambda row: shapes.doi(row["status"]) if row["doi"] else ("  none yet", "quiet")),
            Column("PUBLISHED", 9, lambda row: "yes" if row["published"] else ("no", "warn")),
            Column("TITLE", 0, lambda row: row["title"]),
        ]
        return shown if width >= 66 else [shown[0], shown[2], shown[4]]

    @property
    def state(self) -> str:
        return TARGETS[self.target]

    def window(self) -> Window:
        return windows.candidates(self.filter, self.state)

    def more(self) -> tuple[Any, ...]:
        return (self.target,)

    def sorted_by(self) -> str:
        return f"to {self.state}"

    def empty(self) -> tuple[str, ...]:
        return (
            f"Nothing to mint: every record is {self.state}, or further.",
            "",
            "`doitui record import FILE` brings records in; 4 shows their DOIs.",
        )

    def beside(self, row: Row) -> list[Line]:
        return [
            (row["object_id"], "strong"),
            [("in         ", "quiet"), row["repository"]],
            [("DOI        ", "quiet"), row["doi"] or "none yet: made when it is minted"],
            [("published  ", "quiet"), "yes" if row["published"] else ("no: only a draft can be minted", "warn")],
            "",
            row["title"] or "no title",
        ]

    def act_target(self) -> None:
        self.target = (self.target + 1) % len(TARGETS)
        self.reload()

    def act_copy(self) -> None:
        """Records have no DOI to copy here."""

    # Check and mint

    def act_check(self) -> None:
        self._look(lambda chosen, found: self._report(found, chosen.state))

    def act_mint(self) -> None:
        self._look(self._propose_mint)

    def _look(self, then: Callable[[_Chosen, batch.Result], None]) -> None:
        """A dry run over what is chosen, in the slow thread; then `then`, with what was chosen when it began."""
        ids = None if self.all_matching else [row["id"] for row in self.table.chosen()]
        chosen = _Chosen(self.window(), self.table.stretch.whole, self.state, ids)
        if ids == []:
            self.doitui.tell("there is no record here to mint", bad=True)
            return
        self.doitui.tell(f"looking at {counted(chosen.many, 'record')}…")

        def work() -> batch.Result:
            from doitui_core import batch

            return batch.mint(chosen.records(), state=chosen.state, limit=0, dry_run=True)

        self.doitui.slow.ask("look", work, lambda found: then(chosen, found), self.doitui.lost)

    def _report(self, found: batch.Result, state: str) -> None:
        lines: list[Line] = [Rule("Check"), "", *_summary(found, state)]
        lines += ["", Rule("What a mint would refuse")] if found.refused else []
        for object_id, why in found.refused:
            lines.append([(f" {object_id}  ", "strong"), why])
        self.app.push_screen(Sheet(lines))

    def _propose_mint(self, chosen: _Chosen, found: batch.Result) -> None:
        operator, state = self.doitui.operator, chosen.state
        if not found.queued:
            self._report(found, state)
            return

        def run(_: Answers) -> Result:
            from doitui.tui.doi_plans import of_batch
            from doitui_core import batch

            chosen.refuse_moved()
            return of_batch(batch.mint(chosen.records(), state=state, limit=0, actor=operator))

        forever = (
            "" if state == "draft" else "Registered or findable, a DOI is for ever: it can be hidden, never deleted."
        )
        lines: list[Line] = [forever or "A draft can still be given up.", "", *_summary(found, state)]
        lines += [(named(f"{object_id}:", why), "warn") for object_id, why in found.refused[:NAMED]]
        level = 3 if state != "draft" or found.queued > MANY else 2
        typed = str(found.queued) if level == 3 else ""
        plan = Plan("Mint", counted(found.queued, "DOI"), lines, chosen.command, run, level, typed)
        self.doitui.acting.propose(plan)

    def act_reserve(self) -> None:
        rows = {row["object_id"]: row for row in self.table.chosen() if not row["doi"]}
        operator = self.doitui.operator
        if not rows:
            self.doitui.tell("nothing to reserve: each has its DOI already", bad=True)
            return

        def run(_: Answers) -> Result:
            from doitui_core import dois

            named = {str(row["id"]): row["object_id"] for row in rows.values()}
            return each(
                ((name, handle) for handle, name in named.items()),
                lambda handle: dois.reserve(candidates.record(int(handle)), actor=operator),
            )

        lines: list[Line] = [named(object_id, row["title"]) for object_id, row in list(rows.items())[:NAMED]]
        lines += ["", "Each gets its DOI now, to be printed; it is not minted, and the string never changes again."]
        command = f"doitui doi reserve {' '.join(list(rows)[:3])}"
        level = 3 if len(rows) > MANY else 2
        typed = str(len(rows)) if level == 3 else ""
        plan = Plan("Reserve", counted(len(rows), "DOI"), lines, command, run, level, typed)
        self.doitui.acting.propose(plan)


def _summary(found: batch.Result, state: str) -> list[Line]:
    lines: list[Line] = [[(f"  {number(found.queued):>8}  ", "good"), f"would be queued, to become {state}"]]
    return lines + [
        [(f"  {number(many):>8}  ", "warn"), f"left out: {why}"] for why, many in found.skipped.most_common()
    ]


SCREEN = MintScreen
