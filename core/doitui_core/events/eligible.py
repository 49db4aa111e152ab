"""Of which DOIs events are submitted: those that are registered or findable, of published records."""

from __future__ import annotations

from typing import Any

from doitui_core.db.models import Doi, Event, Record
from doitui_core.domain import usage_rule
from doitui_core.domain.event import Origin
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import MINTED

#: `public`, for a query over `Doi` and `Record`. A tombstone is registered too: what happened to it stays true.
IS_PUBLIC: Any = Doi.remote.in_(MINTED) & (Record.published == True)  # noqa: E712


#: The causes of what is not sent because of our own record. The next write of the DOI checks again.
NOT_STATED, NOT_PUBLIC = "not_stated", "not_public"


def public(doi: Doi, record: Record | None) -> bool:
    """Whether events of `doi` may be submitted."""
    return doi.remote in MINTED and record is not None and bool(record.published)


def _is_reported(doi: Doi) -> bool:
    return doi.record is not None and usage_rule.is_reported(doi.wanted, doi.remote, bool(doi.record.published))


def refusal(event: Event) -> Outcome | None:
    """Why the event does not go out now, None where nothing is against it."""
    if event.origin == Origin.METADATA and not event.in_metadata and not event.submitted_total:
        return Outcome(OutcomeKind.PERMANENT, NOT_STATED, "not sent: the metadata no longer states it")
    row = event.doi
    if public(row, row.record) or (event.origin == Origin.USAGE and _is_reported(row)):
        return None
    why = "its record is not published" if row.remote in MINTED else "it is not registered"
    return Outcome(OutcomeKind.PERMANENT, NOT_PUBLIC, f"not sent: {why}; correct that, then retry")
