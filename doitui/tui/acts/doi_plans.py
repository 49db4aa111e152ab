"""The plans for DOIs: what each action checks, says and does. Imported in a thread, with all that a mint needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from doitui.tui.actions import BY_ID
from doitui.tui.acts.plans import (
    MOST,
    ActResult,
    Answers,
    Field,
    Plan,
    Progress,
    check_count,
    each,
    gather,
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
from doitui_core.notify import bulk_digests
from doitui_core.operations import adoption, bulk_mint, doi_actions, sync
from doitui_core.text import list_names
from doitui_core.views import windows
from doitui_core.views.filters import Filter
from doitui_core.views.rows import DoiRow
from doitui_core.views.windows import Window

#: DOIs and reasons that are listed in a dialog.
NAMED = 6

#: DOIs read at once.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class DoiAct:
    """An action on single DOIs. `command`: the same on the command line, with a place for the DOIs; `do`: does it to a
    row, with the answers to `fields` and the operator's name; `check`: raises `DoituiError` where it cannot be done.
    """

    command: str
    explanation: str
    do: Callable[[DoiRow | Doi, Answers, str], object]
    check: Callable[[DoiRow | Doi], object] = lambda row: None
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
    """The target state of a mint by its name. Raises `BadInput` for another word."""
    if text not in states.LADDER:
        raise BadInput(f'Unknown state "{text}". Use: {", ".join(states.LADDER)}')
    return Wanted(text)


ACTS: dict[str, DoiAct] = {
    "mint": DoiAct(
        "doi mint {dois}",
        "Each DOI gets the state below. Registered and findable DOIs are permanent: they can be hidden, never deleted.",
        lambda row, given, who: targets.mint(_find_record(row), target(given["state"]), actor=who),
        _check_mint,
        (STATE,),
    ),
    "update": DoiAct(
        "doi update {dois}",
        "The present content of each record is sent again, whole.",
        lambda row, _, who: doi_actions.update(row.doi, actor=who),
        lambda row: targets.check_update(row.doi),
    ),
    "verify": DoiAct(
        "doi verify {dois}",
        "DataCite is asked for state and landing page, and the resolver is followed. Nothing is changed.",
        lambda row, _, who: doi_actions.verify(row.doi, actor=who),
        lambda row: targets.check_verify(row.doi),
    ),
    "deactivate": DoiAct(
        "doi deactivate {dois} --reason TEXT",
        "Each becomes a tombstone: it stays registered and resolves, its metadata is no longer public.",
        lambda row, given, who: doi_actions.deactivate(
            row.doi, reason=given["reason"], successor=given["successor"], actor=who
        ),
        lambda row: targets.check_deactivate(row.doi, "asked"),
        (REASON, Field("successor", "DOI that replaces it (may be empty)")),
    ),
    "restore": DoiAct(
        "doi restore {dois} --reason TEXT",
        "Each is no longer a tombstone and is findable again.",
        lambda row, given, who: doi_actions.restore(row.doi, reason=given["reason"], actor=who),
        lambda row: targets.check_restore(row.doi, "asked"),
        (REASON,),
    ),
    "abandon": DoiAct(
        "doi abandon {dois}",
        "Each DOI string is abandoned for good; a draft at DataCite is deleted.",
        lambda row, _, who: doi_actions.abandon(row.doi, actor=who),
        lambda row: targets.check_abandon(row.doi),
    ),
    "adopt": DoiAct(
        "doi adopt {dois}",
        "DataCite is asked for each now, and its answer is stored. Nothing is changed at DataCite.",
        lambda row, _, who: adoption.adopt(row.doi, actor=who),
    ),
    "sync": DoiAct(
        "sync   # compares all DOIs",
        "DataCite is asked for each now, and its state is stored. A tombstone that is public again is hidden again.",
        lambda row, _, who: sync.sync_one(row.doi, actor=who),
    ),
}

VERBS = {"adopt": "Take over"}

#: What a digest calls an action, if not `DOI update` and so on: OPUS's names.
DIGESTS = {"mint": "DOI registration", "verify": "DOI verification"}


def plan(name: str, chosen: list[DoiRow] | tuple[Window, int], operator: str) -> Plan:
    """The plan to do `name` to the chosen rows, or to a whole list that has so many rows.

    Raises `Refused` if it can be done to none of the rows.
    """
    return _plan_rows(name, chosen, operator) if isinstance(chosen, list) else _plan_list(name, *chosen, operator)


def _plan_rows(name: str, rows: list[DoiRow], operator: str) -> Plan:
    fit, unfit = _checked(name, rows)
    if not fit:
        raise Refused(unfit[0] if unfit else "there is no DOI here to do this to")
    lines: list[Line] = [short_label(row.doi, row.title or "") for row in fit[:NAMED]]
    lines += [f"  … and {number(len(fit) - NAMED)} more"] * (len(fit) > NAMED)
    lines += ["", ACTS[name].explanation]
    if unfit:
        lines += ["", (f"{plural(len(unfit), 'DOI')} cannot be:", "warn")]
        lines += [(short_label(why, ""), "warn") for why in unfit[:NAMED]]

    def find(progress: Progress) -> Iterable[tuple[str, DoiRow]]:
        progress.whole = len(fit)
        return ((row.doi, row) for row in fit)

    return _plan(name, len(fit), lines, [row.doi for row in fit], find, BY_ID[name].level, operator)


def _plan_list(name: str, window: Window, expected: int, operator: str) -> Plan:
    def find(progress: Progress) -> Iterable[tuple[str, Doi]]:
        return _rows_by_ids(gather(progress, window, expected))

    lines: list[Line] = [
        "All DOIs that match the filter. Cancelled if the count changes first.",
        ACTS[name].explanation,
    ]
    return _plan(name, expected, lines, ["DOI…"], find, 3, operator)


def _checked(name: str, rows: list[DoiRow]) -> tuple[list[DoiRow], list[str]]:
    """The rows `name` can be done to, and the reasons why not for the others."""
    fit, unfit = [], []
    for row in rows:
        try:
            ACTS[name].check(row)
        except DatabaseUnavailable:  # all other rows would fail too
            raise
        except DoituiError as error:
            unfit.append(harmless(error))
        else:
            fit.append(row)
    return fit, unfit


def _rows_by_ids(ids: Iterable[int]) -> Iterator[tuple[str, Doi]]:
    """The DOIs of these ids, each with its row: id and DOI only."""
    for chunk in in_chunks(ids, CHUNK):
        found = Doi.select(Doi.id, Doi.doi).where(Doi.id.in_(chunk)).order_by(Doi.id)
        # Read to the end: while a select is open, SQLite would not wait for another writer.
        yield from [(row.doi, row) for row in found]


def _plan(
    name: str,
    many: int,
    lines: list[Line],
    names: list[str],
    find: Callable[[Progress], Any],
    level: int,
    operator: str,
) -> Plan:
    act = ACTS[name]

    def run(given: Answers, progress: Progress) -> ActResult:
        result = each(progress, find(progress), lambda row: act.do(row, given, operator))
        return with_digest(result, DIGESTS.get(name, f"DOI {name}"), operator)

    command = f"doitui {act.command.format(dois=list_names(names, 3, ' '))}"
    verb = VERBS.get(name, BY_ID[name].name)
    return Plan(verb, plural(many, "DOI"), lines, command, run, level, many, act.fields)


def set_url(row: DoiRow, operator: str) -> Plan:
    """The plan to change the landing page of one DOI."""
    field = Field("url", "new landing page", required=True, given=row.url)

    def run(given: Answers, progress: Progress) -> ActResult:
        return each(progress, [(row.doi, row.doi)], lambda doi: doi_actions.set_url(doi, given["url"], actor=operator))

    lines = ["The landing page is changed here, and sent to DataCite if it has the DOI."]
    command = f"doitui doi set-url {row.doi} URL"
    return Plan("Change", f"the landing page of {row.doi}", lines, command, run, 2, fields=(field,))


def register_all(operator: str) -> Plan:
    """The plan for OPUS's first bulk run: mint the published records. Raises `Refused` if there is none to mint."""
    window = windows.candidates(Filter({"published": "yes"}), str(Wanted.FINDABLE))
    expected = window.count()
    if not expected:
        raise Refused("every published record has its DOI registered")

    def run(_: Answers, progress: Progress) -> ActResult:
        records = mint_candidates.by_ids(gather(progress, window, expected))
        return mint_result(bulk_mint.mint(records, limit=0, actor=operator, step=progress.step, max_reasons=MOST))

    lines = ["All published records whose DOI is not registered. A findable DOI is permanent."]
    what, command = plural(expected, "record"), "doitui batch mint --all"
    return Plan("Register", what, lines, command, run, 3, expected, slow=True)


def verify_all(operator: str) -> Plan:
    """The plan for OPUS's second bulk run: verify the registered DOIs. Raises `Refused` if there is none."""
    expected = verification.due(0).count()
    if not expected:
        raise Refused("there is no registered DOI to verify")

    def run(_: Answers, progress: Progress) -> ActResult:
        check_count(verification.due(0).count(), expected)
        progress.whole = expected
        queued = verification.queue_due(0, actor=operator, step=progress.step)
        return with_digest(ActResult(len(queued), ids=bulk_digests.verifications(queued)), DIGESTS["verify"], operator)

    lines = ["Every DOI at DataCite is compared with it, and its resolver link is followed."]
    command = "doitui cron verify-local --delay-hours 0"
    return Plan("Verify", plural(expected, "DOI"), lines, command, run, 2, expected)


def mint_result(found: bulk_mint.MintResult) -> ActResult:
    """The result of a bulk mint: how many were queued, and how many were skipped for which reason."""
    skipped = ", ".join(f"{number(many)} {why}" for why, many in found.skipped.most_common())
    message = f"{number(found.queued)} queued" + (f"; skipped: {skipped}" if skipped else "")
    return ActResult(found.queued, found.refused, message, found.refusals)
