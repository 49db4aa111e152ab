"""Pages of DOIs, jobs, events and records, newest first, for the command line and the Python API."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from doitui_core.config import repositories
from doitui_core.db.models import Doi, Event, Job, Record
from doitui_core.domain import doi_spelling
from doitui_core.domain.event import Origin
from doitui_core.domain.job_kinds import Service
from doitui_core.errors import BadInput
from doitui_core.queue import jobs as queue_jobs
from doitui_core.records import doi_lookup
from doitui_core.views import filters, pulled, rows, windows
from doitui_core.views.filters import Filter
from doitui_core.views.rows import DoiRow, EventRow, JobRow, PulledRow, RecordRow
from doitui_core.views.windows import Window

#: Rows of a page by default.
PAGE = 100

#: The word for events of others, where events are listed by origin: they are no events of ours.
PULLED = "pulled"

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ListPage(Generic[R]):
    """One page: its rows, and the cursor that asks for the next one, None on the last."""

    rows: list[R]
    next: str | None


def dois(
    *, state: str = "", repository: str = "", text: str = "", limit: int = PAGE, after: str = ""
) -> ListPage[DoiRow]:
    """DOIs, newest mint first. `state`: one of `STATES`; `text`: part of DOI, object id or title; `limit` 0: all.

    Raises `BadInput` for an unknown state or cursor, `NotFound` for a repository.
    """
    filter_ = _filter("dois", repository, doi_spelling.bare(text), state=state)
    return _page(windows.dois(filter_), limit, after)


def jobs(
    *, status: str = "", cause: str = "", service: Service = Service.DOIS, limit: int = PAGE, after: str = ""
) -> ListPage[JobRow]:
    """Jobs of a service. `cause`: a cause, or the name of a cause group.

    Raises `BadInput` for an unknown status or cursor.
    """
    return _page(windows.jobs(_filter("jobs", status=status, cause=cause), service=service), limit, after)


def events(
    *, state: str = "", doi: str = "", origin: str = "", limit: int = PAGE, after: str = ""
) -> ListPage[EventRow]:
    """Our events, of all DOIs or of one; `origin`: what they come from (`Origin`).

    Raises `BadInput` for an unknown state, origin or cursor, `NotFound` for a DOI.
    """
    window = windows.events(_filter("events", state=state))
    if origin and origin not in list(Origin):
        raise BadInput(f'Unknown origin "{origin}". Use: {", ".join([*Origin, PULLED])}')
    if doi:
        window = _where(window, Event.doi == doi_lookup.find(doi).id)
    if origin:
        window = _where(window, Event.origin == origin)
    return _page(window, limit, after)


def _where(window: Window, which: Any) -> Window:
    ids = window.ids
    return replace(window, ids=lambda filter_: ids(filter_).where(which))


def pulled_events(*, doi: str = "", limit: int = PAGE, after: str = "") -> ListPage[PulledRow]:
    """Events of others, of all DOIs or of one. Raises `BadInput` for an invalid cursor, `NotFound` for a DOI."""
    return _page(pulled.window(doi_lookup.find(doi) if doi else None), limit, after)


def records(*, repository: str = "", limit: int = PAGE, after: str = "") -> ListPage[RecordRow]:
    """Records. Raises `BadInput` for an invalid cursor, `NotFound` for a repository."""
    return _page(windows.records(_filter("records", repository)), limit, after)


def _filter(kind: str, repository: str = "", text: str = "", **fields: str) -> Filter:
    checked = {name: filters.checked(kind, name, value) for name, value in fields.items() if value}
    if repository:
        checked["repo"] = repositories.find(repository).code
    return Filter(checked, text)


def _page(window: Window, limit: int, after: str) -> ListPage[Any]:
    """`limit` rows after the cursor; one more row is read, only to know whether a next page exists."""
    found = window.after(_parse_key(after, len(window.columns)), limit + 1 if limit else None)
    if not limit or len(found) <= limit:
        return ListPage(found, None)
    return ListPage(found[:limit], "-".join(map(str, window.key(found[limit - 1]))))


def _parse_key(text: str, count: int) -> tuple[int, ...] | None:
    """The numbers of a cursor. Raises `BadInput`."""
    parts = text.split("-")
    if not text:
        return None
    # 18 digits fit into a database's integer.
    if len(parts) != count or not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
        raise BadInput(f'Invalid cursor "{text[:40]}": pass the previous page\'s `next` unchanged')
    return tuple(map(int, parts))


def doi(doi_id: int) -> DoiRow:
    """The DOI with that row id, which exists."""
    return rows.dois(Doi.id == doi_id)[0]


def record(record_id: int) -> RecordRow:
    """The record with that row id, which exists."""
    return rows.records(Record.id == record_id)[0]


def job(job_id: int) -> JobRow:
    """Raises `NotFound`."""
    return rows.jobs(Job.id == job_id, service=Service(queue_jobs.find(job_id).lane))[0]
