"""What an Events API has of our DOIs - citations by others, above all - stored. Nothing of it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from doitui_core import clock
from doitui_core.datacite.event_query import EventQueryClient
from doitui_core.db import database
from doitui_core.db.chunks import in_chunks, row_chunks
from doitui_core.db.models import Doi, Event, Record, Repository
from doitui_core.domain import event_ids, identifiers
from doitui_core.domain.event import EventValue, Origin, as_sent
from doitui_core.errors import BadInput
from doitui_core.events import eligible
from doitui_core.events.store import NewEvent, StoreResult, save

#: DOIs asked for in one question: an address should not be longer than 2,000 characters.
AT_ONCE = 20

#: DOIs read at once.
READ = 1000


def pull(
    query: EventQueryClient, repository: Repository, *, step: Callable[[int], None] = lambda _: None
) -> StoreResult:
    """Ask for every public DOI of `repository`; how many events were new, and how many had another total.

    What we sent ourselves is left out. Raises as `EventQuery.pages`.
    """
    result = StoreResult()
    for ours in _dois(repository.id):
        for page in query.all_pages({"doi": ",".join(ours)}):
            found = list(_inputs(page.events, ours, repository.id))
            with database.write():
                result += save(_others(found), Origin.ELSEWHERE, actor="pull", max_attempts=1)
        step(len(ours))
    return result


def count(repository: Repository) -> int:
    """How many DOIs `pull` would ask for."""
    return int(_public(repository.id).count())


def _public(repository_id: int) -> Any:
    query = Doi.select(Doi.id, Doi.folded).join(Record, on=Doi.record == Record.id)
    return query.where(Doi.repository == repository_id, eligible.IS_PUBLIC)


def _dois(repository_id: int) -> Iterator[dict[str, int]]:
    """Folded DOIs with their ids, a question's worth at a time."""
    for rows in row_chunks(_public(repository_id), Doi.id, READ):
        for some in in_chunks(rows, AT_ONCE):
            yield {row.folded: row.id for row in some}


def _inputs(events: Sequence[dict[str, Any]], ours: dict[str, int], repository_id: int) -> Iterator[NewEvent]:
    """Each event with the DOI of ours it is about; others, and what cannot be stored, are left out."""
    for found in events:
        ends = [str(found.get(name) or "") for name in ("subj_id", "obj_id")]
        number = next((ours[doi] for doi in map(identifiers.fold, ends) if doi in ours), None)
        relation, source = str(found.get("relation_type_id") or ""), str(found.get("source_id") or "")
        total = found.get("total")
        texts = [*ends, relation, source, str(found["id"])]
        if number is None or not all(texts) or not database.storable("".join(texts)):
            continue
        event = EventValue(
            event_ids.canonical(ends[0]),
            relation,
            event_ids.canonical(ends[1]),
            source,
            int(total) if isinstance(total, int) and 0 < total < 2**62 else 1,
            _moment(found.get("occurred_at")),
            known_as=str(found["id"]).lower(),
        )
        yield NewEvent(event, number, repository_id)


def _moment(text: object) -> str:
    try:
        return clock.iso(clock.parse(str(text))) or ""
    except BadInput:
        return ""


def _others(events: Sequence[NewEvent]) -> list[NewEvent]:
    """Without those that are ours: what we have made comes from our own counts and documents. Usage of ours comes back
    in the order in which it was sent, now or by an older version.
    """
    keys = [{one.key, replace(as_sent(one.event), known_as="").dedupe_hash} for one in events]
    is_ours = Event.dedupe_hash.in_(list(set().union(*keys))) & (Event.origin != str(Origin.ELSEWHERE))
    rows: Any = Event.select(Event.dedupe_hash).where(is_ours).tuples()
    ours = {key for (key,) in rows}
    return [one for one, mine in zip(events, keys, strict=True) if ours.isdisjoint(mine)]
