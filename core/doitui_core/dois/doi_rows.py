"""The row of a DOI. Every change goes through `write`, which also writes the status, the counters and the log row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from doitui_core.clock import EPOCH
from doitui_core.db import database, prepared
from doitui_core.db.models import Attempt, Doi, DoiLog, Record
from doitui_core.domain import doi_paths, doi_spelling, identifiers, states
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import OTHER_DOI, Outcome, OutcomeKind
from doitui_core.domain.states import Certainty, Facts, Remote, Verification, Wanted
from doitui_core.errors import NotFound

#: Prefix of the cause of an attempt whose outcome a probe found out.
PROBED = "probe: "

_LOCKED = prepared.Select(lambda doi_id: Doi.select().where(Doi.id == doi_id), int, lock=True)
_READ = prepared.Select(lambda doi_id: Doi.select().where(Doi.id == doi_id), int)
_RECORD = prepared.Select(lambda record_id: Record.select().where(Record.id == record_id), int)
_UNFINISHED = prepared.Select(
    lambda doi_id: Attempt.select(Attempt.id).where(Attempt.doi == doi_id, Attempt.finished_at == 0).limit(1), int
)


def find(text: str) -> Doi:
    """The DOI that `text` names, in any spelling. Raises `NotFound`, `InvalidDoi`."""
    row = Doi.get_or_none(Doi.folded == identifiers.fold(text)) if database.storable(text) else None
    if row is None:
        doi_paths.check(doi_spelling.bare(text))
        raise NotFound(f"there is no DOI {text!r} here: list them with `doitui doi list`")
    return row


def find_sendable(text: str) -> Doi:
    """`find` for what sends requests. Raises `InvalidDoi` also for an old row that no request can name."""
    row = find(text)
    doi_paths.check_sendable(row.doi)
    return row


def facts(row: Doi) -> Facts:
    """The facts stored in the row."""
    return _facts(row.wanted, row.remote, row.certainty, row.api_check, row.resolver_check)


@cache
def _facts(wanted: str, remote: str, certainty: str, api_check: str, resolver_check: str) -> Facts:
    checks = Verification(api_check), Verification(resolver_check)
    return Facts(Wanted(wanted), Remote(remote), Certainty(certainty), *checks)


def read(doi_id: int) -> Doi:
    """The row as it is now."""
    row = _READ.first(doi_id)
    assert row is not None, "no DOI is ever deleted"
    return row


def lock(doi_id: int) -> Doi:
    """The row, locked until the transaction ends. Always before a job's row: no deadlock."""
    row = _LOCKED.first(doi_id)
    assert row is not None, "no DOI is ever deleted"
    return row


def record(row: Doi) -> Record | None:
    """The DOI's record, as it was when this row was first asked for it."""
    if row.record_id and "record" not in row.__rel__:
        row.__rel__["record"] = _RECORD.first(row.record_id)
    return row.__rel__.get("record") if row.record_id else None


def counter_names(row: Doi) -> list[str]:
    """The counters that include the row."""
    names = [f"doi.{row.status}", f"opus.{states.opus(facts(row))}"]
    marks = {"uncertain": row.certainty == Certainty.UNCERTAIN, "changed": row.changed}
    return names + [f"mark.{mark}" for mark, applies in marks.items() if applies]


def insert_all(rows: Sequence[Doi], actor: str, action: str, detail: str = "") -> bool:
    """Add new DOIs. Inside `database.write()`. False: the string or the record of one has a row already, and the
    caller has to undo the others.
    """
    for row in rows:
        _derive(row, facts(row))
    if not prepared.insert_all(rows, "folded"):
        return False
    for row in rows:
        for name in counter_names(row):
            database.count(name, 1)
    prepared.insert_all([_entry(row, actor, action, "", detail=detail) for row in rows], "doi_id")
    return True


def set_adopted(row: Doi, remote: Remote, minted_at: datetime | None) -> None:
    """The facts of a new row whose DOI exists at DataCite: what is there is wanted."""
    there = states.cancelled(states.answered(Facts(), remote))
    row.wanted, row.remote = str(there.wanted), str(there.remote)
    row.minted_at = (minted_at or row.created_at) if there.minted else None


def assume_registered(row: Doi, actor: str) -> None:
    """DataCite is said to have the DOI, and was not asked: registered, uncertain, with the dates it had. Inside
    `database.write()`, on a row from `lock`.
    """
    before, old = counter_names(row), row.status
    _derive(row, Facts(Wanted.REGISTERED, Remote.REGISTERED, Certainty.UNCERTAIN))
    prepared.update(row)
    for name in before:
        database.count(name, -1)
    for name in counter_names(row):
        database.count(name, 1)
    prepared.insert(_entry(row, actor, "adopt", old, detail="assumed to be registered; DataCite was not asked"))


def write(
    row: Doi,
    new: Facts,
    *,
    actor: str,
    action: str,
    http_status: int = 0,
    cause: str = "",
    detail: str = "",
    **columns: Any,
) -> None:
    """Write new facts and `columns`, and the log row. Inside `database.write()`, on a row from `lock`."""
    before, old = counter_names(row), row.status
    for name, value in columns.items():
        setattr(row, name, value)
    _derive(row, new)
    row.cause, row.last_error = cause, detail if cause else ""
    row.updated_at = database.now()
    if new.minted and row.minted_at is None:
        row.minted_at = row.updated_at
    prepared.update(row)
    for name in before:
        database.count(name, -1)
    for name in counter_names(row):
        database.count(name, 1)
    prepared.insert(_entry(row, actor, action, old, http_status=http_status, cause=cause, detail=detail))


def _derive(row: Doi, new: Facts) -> None:
    row.wanted, row.remote, row.certainty = str(new.wanted), str(new.remote), str(new.certainty)
    row.api_check, row.resolver_check = str(new.api_check), str(new.resolver_check)
    row.verification = str(new.verification)
    row.status = str(states.status(new))
    # A tombstone's metadata is not public, and only its URL is sent.
    public = new.remote not in states.ABSENT and row.status != states.DoiStatus.TOMBSTONE
    row.changed = public and row.current_hash != row.confirmed_hash


def _entry(row: Doi, actor: str, action: str, from_status: str, **answer: Any) -> DoiLog:
    """A new log row. `answer`: its `http_status`, `cause` and `detail`."""
    now, to_status = database.now(), row.status
    return DoiLog(
        doi=row.id, at=now, actor=actor, action=action, from_status=from_status, to_status=to_status, **answer
    )


def unfinished(doi_id: int) -> bool:
    """Whether a request was sent whose worker died before it stored the outcome."""
    return _UNFINISHED.first(doi_id) is not None


def written_since(seen: Doi, row: Doi) -> bool:
    """Whether the DOI changed, or a write of it was sent, since its row was `seen`: then DataCite's answer may be older
    than that.
    """
    columns = ("wanted", "remote", "certainty", "sent_hash", "confirmed_hash", "url", "updated_at")
    return any(getattr(seen, name) != getattr(row, name) for name in columns) or unfinished(row.id)


def may_be_ours(doi_id: int, excluding: int) -> bool:
    """Whether a write of ours, other than attempt `excluding`, may have created this DOI: sent and not rejected."""
    not_refused = Attempt.outcome.in_((str(OutcomeKind.DONE), str(OutcomeKind.AMBIGUOUS), "")) | (
        Attempt.cause == OTHER_DOI
    )
    found = Attempt.select().where(
        Attempt.doi == doi_id, Attempt.id != excluding, Attempt.method.in_(("POST", "PUT")), not_refused
    )
    return bool(found.exists())


def settle_attempts(doi_id: int, found: str) -> None:
    """Close the unfinished attempts with what a probe `found`. Inside `database.write()`, with the job still leased."""
    Attempt.update(finished_at=database.now(), cause=f"{PROBED}{found}", outcome=str(OutcomeKind.AMBIGUOUS)).where(
        Attempt.doi == doi_id, Attempt.finished_at == EPOCH
    ).execute()


def finish_attempt(attempt: Attempt, outcome: Outcome, answer: Answer | None) -> None:
    """Store the outcome of an attempt. Inside `database.write()`."""
    attempt.finished_at = database.now()
    attempt.http_status = outcome.http_status
    attempt.outcome, attempt.cause = str(outcome.kind), outcome.cause
    attempt.response = answer.stored_text if answer is not None else ""
    prepared.update(attempt)
