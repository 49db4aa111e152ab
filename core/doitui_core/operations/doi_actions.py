"""What a user can do to one DOI: each action queues its job, or with `now=True` does it before it returns."""

from __future__ import annotations

from collections.abc import Callable

from doitui_core.db import audit, database
from doitui_core.db.models import Doi
from doitui_core.dois import activity_log, targets
from doitui_core.dois.doi_rows import find, find_sendable
from doitui_core.dois.targets import Queued
from doitui_core.domain import states
from doitui_core.domain.states import Wanted
from doitui_core.errors import BadInput, Refused
from doitui_core.records import record_lookup, records


def mint(
    object_id: str, *, state: str = "findable", now: bool = False, actor: str = "python", repository: str | None = None
) -> Queued:
    """Bring the record's DOI to `state` (draft, registered, findable), reserving one where there is none.

    Raises `InvalidMetadata` with the findings when DataCite would refuse it; then nothing is queued. `Refused` for an
    unpublished record (unless draft), a foreign DOI, or a way back; `TombstoneStays`.
    """
    _refuse_in_transaction(now)
    if state not in states.LADDER:
        raise BadInput(f'Unknown state "{state}". Use: {", ".join(states.LADDER)}')
    record = record_lookup.find(f"{repository}:{object_id}" if repository else object_id)
    return _queue(now, lambda: targets.mint(record, Wanted(state), actor=actor))


def update(doi: str, *, now: bool = False, actor: str = "python") -> Queued:
    """Send the record's present content again. Raises as `targets.update`."""
    return _queue(now, lambda: targets.update(doi, actor=actor))


def deactivate(doi: str, *, reason: str, successor: str = "", now: bool = False, actor: str = "python") -> Queued:
    """Make the DOI a tombstone, whose metadata is not public. Raises as `targets.deactivate`."""
    return _queue(now, lambda: targets.deactivate(doi, reason=reason, successor=successor, actor=actor))


def abandon(doi: str, *, now: bool = False, actor: str = "python") -> Queued:
    """Give up an unregistered DOI, and delete its draft at DataCite. Raises as `targets.abandon`."""
    return _queue(now, lambda: targets.abandon(doi, actor=actor))


def check_set_url(doi: str, url: str) -> Doi:
    """The DOI, if its landing page can become `url`. Raises `BadInput`, `NotFound`, `Refused`."""
    records.check_url(url)
    found = find_sendable(doi)
    if found.wanted == Wanted.ABANDONED:
        raise Refused(f"{found.doi} was abandoned; it has no landing page", "abandoned")
    if found.record is None:
        raise Refused(f"{found.doi} has no record here whose landing page could be changed", "no_record")
    return found


def set_url(doi: str, url: str, *, now: bool = False, actor: str = "python") -> Queued:
    """Change the landing page. Queued for a DOI at DataCite, else sent with the mint. Raises as `check_set_url`."""
    _refuse_in_transaction(now)
    with activity_log.refusals(activity_log.NO_URL, doi, url):
        found = check_set_url(doi, url)
    assert found.record is not None
    with database.write():
        records.change_url(found.record, url)
        audit.note(actor, "set-url", found.doi, url)
        activity_log.url_changed(found, url)
    if found.remote in states.ABSENT:
        return Queued(find(doi), 0, "the new landing page goes out with its mint")
    return update(doi, now=now, actor=actor)


def restore(doi: str, *, reason: str, now: bool = False, actor: str = "python") -> Queued:
    """Bring a tombstone back to findable: the one way out. Raises as `targets.restore`."""
    return _queue(now, lambda: targets.restore(doi, reason=reason, actor=actor))


def verify(doi: str, *, now: bool = False, actor: str = "python") -> Queued:
    """Compare state and landing page with what DataCite has. Raises as `targets.verify`."""
    return _queue(now, lambda: targets.verify(doi, actor=actor))


def _refuse_in_transaction(now: bool) -> None:
    """Raise `BadInput` before anything is queued: a caller that handles the error must not find it queued."""
    if now and database.in_write():
        raise BadInput("now=True sends at once, so it cannot be part of a transaction: queue it, or commit first")


def _queue(now: bool, queue: Callable[[], Queued]) -> Queued:
    """`queue()`, and with `now` the job it queued."""
    _refuse_in_transaction(now)
    queued = queue()
    if not now or not queued.job_id:
        return queued
    from doitui_core.worker import worker

    outcome = worker.run_one(queued.job_id)
    return Queued(Doi.get_by_id(queued.doi.id), queued.job_id, queued.note, outcome)
