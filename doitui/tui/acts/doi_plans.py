"""The plans for DOIs: what each act checks, says and does. With all that a mint needs: loaded beside the event loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from doitui.tui.actions import BY_ID, MANY
from doitui.tui.acts.plans import (
    MOST,
    ActResult,
    Answers,
    Field,
    Plan,
    Progress,
    Run,
    each,
    gather,
    refuse_another,
    short_label,
    with_digest,
)
from doitui.tui.text import harmless, number, plural
from doitui.tui.widgets.lines import Line
from doitui_core.config import repositories
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import Doi
from doitui_core.delivery import verification
from doitui_core.dois import mint_candidates, targets
from doitui_core.domain import states
from doitui_core.domain.states import Wanted
from doitui_core.errors import BadInput, DatabaseUnavailable, DoituiError, Refused
from doitui_core.notify import bulk_acts
from doitui_core.operations import adoption, bulk_mint, comparing, doi_actions
from doitui_core.text import list_names
from doitui_core.views import windows
from doitui_core.views.filters import Filter
from doitui_core.views.rows import DoiRow
from doitui_core.views.windows import Window

#: DOIs and reasons that are named in a question.
NAMED = 6

#: DOIs read at once.
CHUNK = 500

Check = Callable[[DoiRow | Doi], object]
Do = Callable[[DoiRow | Doi, Answers, str], object]


@dataclass(frozen=True, slots=True)
class DoiAct:
    """`command`: the same on the command line, with a place for the DOIs. `check` raises where it cannot be done; `do`
    does it for one row, with the answers and the operator's name.
    """

    command: str
    explanation: tuple[str, ...]
    check: Check
    do: Do
    fields: tuple[Field, ...] = ()


STATE = Field("state", "state: findable, registered or draft", required=True, given="findable")
REASON = Field("reason", "reason", required=True)


def _find_record(row: DoiRow | Doi) -> Any:
    record = Doi.get_by_id(row.id).record
    if record is None:
        raise Refused(f"{row.doi} has no record here that could be minted", "no_record")
    return record


def _check_mint(row: DoiRow | Doi) -> None:
    record = _find_record(row)
    targets.check_mintable(record, Wanted.FINDABLE, repositories.config(record.repository))


def target(text: str) -> Wanted:
    """What a mint asks for. Raises `BadInput` for another word."""
    words = [str(rung) for rung in states.LADDER]
    if text not in words:
        raise BadInput(f"{text!r} is nothing a mint can ask for: take {', '.join(words)}")
    return Wanted(text)


ACTS: dict[str, DoiAct] = {
    "mint": DoiAct(
        "doi mint {dois}",
        (
            "Each DOI gets the state below.",
            "Registered and findable DOIs are permanent: they can be hidden, never deleted.",
        ),
        _check_mint,
        lambda row, given, who: targets.mint(_find_record(row), target(given["state"]), actor=who),
        (STATE,),
    ),
    "update": DoiAct(
        "doi update {dois}",
        ("The present content of each record is sent again, whole.",),
        lambda row: targets.check_update(row.doi),
        lambda row, _, who: doi_actions.update(row.doi, actor=who),
    ),
    "verify": DoiAct(
        "doi verify {dois}",
        ("DataCite is asked for state and landing page, and the resolver is followed. Nothing is changed.",),
        lambda row: targets.check_verify(row.doi),
        lambda row, _, who: doi_actions.verify(row.doi, actor=who),
    ),
    "deactivate": DoiAct(
        "doi deactivate {dois} --reason TEXT",
        ("Each becomes a tombstone: it stays registered and resolves, its metadata is no longer public.",),
        lambda row: targets.check_deactivate(row.doi, "asked"),
        lambda row, given, who: doi_actions.deactivate(
            row.doi, reason=given["reason"], successor=given["successor"], actor=who
        ),
        (REASON, Field("successor", "DOI that replaces it (may be empty)")),
    ),
    "restore": DoiAct(
        "doi restore {dois} --reason TEXT",
        ("Each comes back from its tombstone and is findable again.",),
        lambda row: targets.check_restore(row.doi, "asked"),
        lambda row, given, who: doi_actions.restore(row.doi, reason=given["reason"], actor=who),
        (REASON,),
    ),
    "abandon": DoiAct(
        "doi abandon {dois}",
        ("Each DOI string is abandoned for good; a draft at DataCite is deleted.",),
        lambda row: targets.check_abandon(row.doi),
        lambda row, _, who: doi_actions.abandon(row.doi, actor=who),
    ),
    "adopt": DoiAct(
        "doi adopt {dois}",
        ("DataCite is asked for each now, and what it says is kept. Nothing is sent that changes it.",),
        lambda row: None,
        lambda row, _, who: adoption.adopt(row.doi, actor=who),
    ),
    "sync": DoiAct(
        "sync   # compares all DOIs",
        ("DataCite is asked for each now, and its state is kept. A tombstone that is public again is hidden again.",),
        lambda row: None,
        lambda row, _, who: comparing.take_over(row.doi, actor=who),
    ),
}


VERBS = {"adopt": "Take over"}

#: What stands above a question about a whole list.
ALL_OF_IT = "All DOIs that match the filter. Cancelled if the count changes first."


def checked(name: str, rows: list[DoiRow]) -> tuple[list[DoiRow], list[tuple[str, str]]]:
    """The rows `name` can be done to, and the others with the reason."""
    fit, unfit = [], []
    for row in rows:
        try:
            ACTS[name].check(row)
        except DatabaseUnavailable:  # it would be the same with all that follow
            raise
        except DoituiError as error:
            unfit.append((row.doi, harmless(error)))
        else:
            fit.append(row)
    return fit, unfit


def chosen(name: str, fit: list[DoiRow], unfit: list[tuple[str, str]], operator: str) -> Plan:
    """Do it to each of `fit`."""
    act, lines = ACTS[name], list[Line]()
    lines += [short_label(row.doi, row.title or "") for row in fit[:NAMED]]
    lines += [f"  … and {number(len(fit) - NAMED)} more"] * (len(fit) > NAMED)
    lines += ["", *act.explanation]
    if unfit:
        lines += ["", (f"{plural(len(unfit), 'DOI')} cannot be:", "warn")]
        lines += [(short_label(why, ""), "warn") for _, why in unfit[:NAMED]]

    def run(given: Answers, course: Progress) -> ActResult:
        course.whole = len(fit)
        done = each(course, ((row.doi, row) for row in fit), lambda row: act.do(row, given, operator))
        return with_digest(done, _digest_of(name), operator)

    level = 3 if len(fit) > MANY else BY_ID[name].level
    return _plan(name, len(fit), lines, _command(act, [row.doi for row in fit]), run, level)


def matching(name: str, window: Window, expected: int, operator: str) -> Plan:
    """Do it to every row of `window`, if there are still as many as expected."""
    act = ACTS[name]

    def run(given: Answers, course: Progress) -> ActResult:
        ids = gather(course, window, expected)
        done = each(course, _rows_by_ids(ids), lambda row: act.do(row, given, operator))
        return with_digest(done, _digest_of(name), operator)

    return _plan(name, expected, [ALL_OF_IT, *act.explanation], _command(act, ["DOI…"]), run, 3)


def _rows_by_ids(ids: Iterable[int]) -> Iterator[tuple[str, Doi]]:
    """The DOIs of these ids, each with its row: id and DOI only."""
    for chunk in in_chunks(ids, CHUNK):
        found = Doi.select(Doi.id, Doi.doi).where(Doi.id.in_(chunk)).order_by(Doi.id)
        # Read to the end: under a select that is still open SQLite would not wait for another writer.
        yield from [(row.doi, row) for row in found]


def _digest_of(name: str) -> str:
    """What a digest calls the act: OPUS's words for the two it has."""
    return {"mint": "DOI registration", "verify": "DOI verification"}.get(name, f"DOI {name}")


def _plan(name: str, many: int, lines: list[Line], command: str, run: Run, level: int) -> Plan:
    typed = str(many) if level == 3 else ""
    verb = VERBS.get(name, BY_ID[name].name)
    return Plan(verb, plural(many, "DOI"), lines, command, run, level, typed, ACTS[name].fields, slow=many > MANY)


def set_url(row: DoiRow, operator: str) -> Plan:
    """Change where one DOI leads."""
    field = Field("url", "new landing page", required=True, given=row.url)

    def run(given: Answers, course: Progress) -> ActResult:
        return each(course, [(row.doi, row.doi)], lambda doi: doi_actions.set_url(doi, given["url"], actor=operator))

    lines: list[Line] = ["The landing page is changed here, and sent to DataCite if it has the DOI."]
    command = f"doitui doi set-url {row.doi} URL"
    return Plan("Change", f"where {row.doi} leads", lines, command, run, 2, "", (field,))


def unregistered() -> Window:
    """The published records OPUS's first bulk run is about."""
    return windows.candidates(Filter({"published": "yes"}), str(Wanted.FINDABLE))


def register_all(expected: int, operator: str) -> Plan:
    """OPUS's first bulk run."""
    lines: list[Line] = ["All published records whose DOI is not registered. A findable DOI is permanent."]
    what, command = plural(expected, "record"), "doitui batch mint --all"

    def run(_: Answers, course: Progress) -> ActResult:
        records = mint_candidates.by_ids(gather(course, unregistered(), expected))
        return mint_result(bulk_mint.mint(records, limit=0, actor=operator, step=course.step, max_reasons=MOST))

    return Plan("Register", what, lines, command, run, 3, str(expected), slow=True)


def registered() -> int:
    """How many DOIs OPUS's second bulk run is about."""
    return int(verification.due(0).count())


def verify_all(expected: int, operator: str) -> Plan:
    """OPUS's second bulk run."""
    lines: list[Line] = ["Every DOI that DataCite has is compared with it, and followed to its page."]
    level = 3 if expected > MANY else 2
    typed = str(expected) if level == 3 else ""
    command = "doitui cron verify-local --delay-hours 0"

    def run(_: Answers, course: Progress) -> ActResult:
        refuse_another(registered(), expected)
        course.whole = expected
        queued = verification.queue_due(0, actor=operator, step=course.step)
        done = ActResult(len(queued), job_ids=bulk_acts.verifications(queued))
        return with_digest(done, "DOI verification", operator)

    return Plan("Verify", plural(expected, "DOI"), lines, command, run, level, typed, slow=expected > MANY)


def mint_result(found: bulk_mint.MintResult) -> ActResult:
    """What came of a batch: what was left out is told by reason."""
    left = ", ".join(f"{number(many)} {why}" for why, many in found.skipped.most_common())
    said = f"{number(found.queued)} queued" + (f"; left out: {left}" if left else "")
    return ActResult(found.queued, found.refused, said, found.refusals)


def _command(act: DoiAct, names: list[str]) -> str:
    few = list_names(names, 3, " ")
    return f"doitui {act.command.format(dois=few)}"
