"""The plans for DOIs: what each action checks, says and does. Imported in a thread, with all that a mint needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from doitui.tui.actions import BY_ID
from doitui.tui.acts import plans
from doitui.tui.acts.plans import ActResult, Answers, Field, Plan, Progress
from doitui.tui.text import harmless, number, plural
from doitui.tui.widgets.lines import Line
from doitui_core.config import repositories
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import Doi
from doitui_core.delivery import verification
from doitui_core.dois import doi_rows, mint_candidates, targets, tombstone_page
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
    """An action on single DOIs. `do`: does it to a DOI, with the answers to `fields` and the `actor`; `check`: raises
    `DoituiError` for a DOI it cannot be done to; `command`: the same on the command line, if not `doi NAME {dois}`.
    """

    explanation: str
    do: Callable[..., object]
    check: Callable[[str], object] = lambda doi: None
    fields: tuple[Field, ...] = ()
    command: str = ""


STATE = Field("state", "state: findable, registered or draft", required=True, given="findable")
REASON = Field("reason", "reason", required=True)


def _record(doi: str) -> Any:
    record = doi_rows.find(doi).record
    if record is None:
        raise Refused(f"{doi} has no record here that could be minted", "no_record")
    return record


def _check_mint(doi: str) -> None:
    record = _record(doi)
    targets.check_mintable(record, Wanted.FINDABLE, repositories.config(record.repository))


def _mint(doi: str, *, state: str, actor: str) -> object:
    if state not in states.LADDER:
        raise BadInput(f'Unknown state "{state}". Use: {", ".join(states.LADDER)}')
    return targets.mint(_record(doi), Wanted(state), actor=actor)


ACTS: dict[str, DoiAct] = {
    "mint": DoiAct(
        "Each DOI gets the state below. Registered and findable DOIs are permanent: they can be hidden, never deleted.",
        _mint,
        _check_mint,
        (STATE,),
    ),
    "update": DoiAct(
        "The present content of each record is sent again, whole.",
        doi_actions.update,
        targets.check_update,
    ),
    "verify": DoiAct(
        "DataCite is asked for state and landing page, and the resolver is followed. Nothing is changed.",
        doi_actions.verify,
        targets.check_verify,
    ),
    "deactivate": DoiAct(
        "Each becomes a tombstone: it stays registered and resolves, its metadata is no longer public.",
        doi_actions.deactivate,
        partial(targets.check_deactivate, reason="asked"),
        (REASON, Field("successor", "DOI that replaces it (may be empty)")),
        "doi deactivate {dois} --reason TEXT",
    ),
    "restore": DoiAct(
        "Each is no longer a tombstone and is findable again.",
        doi_actions.restore,
        partial(targets.check_restore, reason="asked"),
        (REASON,),
        "doi restore {dois} --reason TEXT",
    ),
    "abandon": DoiAct(
        "Each DOI string is abandoned for good; a draft at DataCite is deleted.",
        doi_actions.abandon,
        targets.check_abandon,
    ),
    "adopt": DoiAct(
        "DataCite is asked for each now, and its answer is stored. Nothing is changed at DataCite.",
        adoption.adopt,
    ),
    "sync": DoiAct(
        "DataCite is asked for each now, and its state is stored. A tombstone that is public again is hidden again.",
        sync.sync_one,
        command="sync   # compares all DOIs",
    ),
}

VERBS = {"adopt": "Take over"}

#: What a digest calls an action, if not `DOI update` and so on: OPUS's names.
DIGESTS = {"mint": "DOI registration", "verify": "DOI verification"}


def plan(name: str, chosen: list[DoiRow] | tuple[Window, int], operator: str) -> Plan:
    """The plan to do `name` to the chosen rows, or to a whole list that has so many rows.

    Raises `Refused` if it can be done to none of the rows.
    """
    if isinstance(chosen, list):
        fit, unfit = _checked(name, chosen)
        if not fit:
            raise Refused(unfit[0] if unfit else "there is no DOI here to do this to")
        dois = [row.doi for row in fit]
        return _plan(name, len(dois), _lines(name, fit, unfit), dois, lambda _: dois, operator)
    window, expected = chosen

    def find(progress: Progress) -> Iterable[str]:
        return _dois(plans.gather(progress, window, expected))

    lines: list[Line] = ["All DOIs that match the filter. Cancelled if the count changes first."]
    return _plan(name, expected, [*_warnings(name), *lines, ACTS[name].explanation], [], find, operator)


def _warnings(name: str, rows: Sequence[DoiRow] = ()) -> list[Line]:
    """What must be known before `name` is done to the rows (none: to any): where a tombstone would lead. It stands
    first: in a small terminal the rest has to be turned to.
    """
    if name != "deactivate" or not tombstone_page.without_base({row.repository for row in rows}):
        return []
    return [("Warning: still leads to the old page (no tombstone_page_base).", "warn")]


def _lines(name: str, fit: list[DoiRow], unfit: list[str]) -> list[Line]:
    """The first DOIs, what is done to them, and the first reasons why it cannot be done to others."""
    lines = [*_warnings(name, fit), *(plans.short_label(row.doi, row.title or "") for row in fit[:NAMED])]
    lines += [f"  … and {number(len(fit) - NAMED)} more"] * (len(fit) > NAMED)
    lines += ["", ACTS[name].explanation]
    lines += ["", (f"{plural(len(unfit), 'DOI')} cannot be:", "warn")] if unfit else []
    return lines + [(plans.short_label(why, ""), "warn") for why in unfit[:NAMED]]


def _checked(name: str, rows: list[DoiRow]) -> tuple[list[DoiRow], list[str]]:
    """The rows `name` can be done to, and the reasons why not for the others."""
    fit, unfit = [], []
    for row in rows:
        try:
            ACTS[name].check(row.doi)
        except DatabaseUnavailable:  # all other rows would fail too
            raise
        except DoituiError as error:
            unfit.append(harmless(error))
        else:
            fit.append(row)
    return fit, unfit


def _dois(ids: Iterable[int]) -> Iterator[str]:
    """The DOIs with these ids."""
    for chunk in in_chunks(ids, CHUNK):
        # Read to the end: while a select is open, SQLite would not wait for another writer.
        yield from [row.doi for row in Doi.select(Doi.doi).where(Doi.id.in_(chunk)).order_by(Doi.id)]


def _plan(
    name: str, many: int, lines: list[Line], names: list[str], find: Callable[[Progress], Iterable[str]], operator: str
) -> Plan:
    """`names`: the DOIs; none for a whole list, which has level 3."""
    act = ACTS[name]

    def run(given: Answers, progress: Progress) -> ActResult:
        dois = ((doi, doi) for doi in find(progress))
        progress.whole = progress.whole or many
        result = plans.each(progress, dois, lambda doi: act.do(doi, **given, actor=operator))
        return plans.with_digest(result, DIGESTS.get(name, f"DOI {name}"), operator)

    command = (act.command or f"doi {name} {{dois}}").format(dois=list_names(names, 3, " ") or "DOI…")
    verb, level = VERBS.get(name, BY_ID[name].name), BY_ID[name].level if names else 3
    return Plan(verb, plural(many, "DOI"), lines, f"doitui {command}", run, level, many, act.fields)


def set_url(row: DoiRow, operator: str) -> Plan:
    """The plan to change the landing page of one DOI."""
    field = Field("url", "new landing page", required=True, given=row.url)

    def run(given: Answers, progress: Progress) -> ActResult:
        act = partial(doi_actions.set_url, url=given["url"], actor=operator)
        return plans.each(progress, [(row.doi, row.doi)], act)

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
        records = mint_candidates.by_ids(plans.gather(progress, window, expected))
        return mint_result(bulk_mint.mint(records, limit=0, actor=operator, step=progress.step, max_reasons=plans.MOST))

    lines = ["All published records whose DOI is not registered. A findable DOI is permanent."]
    what, command = plural(expected, "record"), "doitui batch mint --all"
    return Plan("Register", what, lines, command, run, 3, expected, slow=True)


def verify_all(operator: str) -> Plan:
    """The plan for OPUS's second bulk run: verify the registered DOIs. Raises `Refused` if there is none."""
    expected = verification.due(0).count()
    if not expected:
        raise Refused("there is no registered DOI to verify")

    def run(_: Answers, progress: Progress) -> ActResult:
        plans.check_count(verification.due(0).count(), expected)
        progress.whole = expected
        queued = verification.queue_due(0, actor=operator, step=progress.step)
        result = ActResult(len(queued), ids=bulk_digests.verifications(queued))
        return plans.with_digest(result, DIGESTS["verify"], operator)

    lines = ["Every DOI at DataCite is compared with it, and its resolver link is followed."]
    command = "doitui cron verify-local --delay-hours 0"
    return Plan("Verify", plural(expected, "DOI"), lines, command, run, 2, expected)


def mint_result(found: bulk_mint.MintResult) -> ActResult:
    """The result of a bulk mint: how many were queued, and how many were skipped for which reason."""
    skipped = ", ".join(f"{number(many)} {why}" for why, many in found.skipped.most_common())
    message = f"{number(found.queued)} queued" + (f"; skipped: {skipped}" if skipped else "")
    return ActResult(found.queued, found.refused, message, found.refusals)
