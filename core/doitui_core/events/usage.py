"""What was counted, as events: subject the DOI, object its landing page, total what there is since the beginning. Pure.

DataCite replaces the total of an event that it has (datacite-api 3.2), so a total may go out twice and counts once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from doitui_core.domain.event import EventValue, subject
from doitui_core.domain.event_kinds import USAGE

#: (metric type, access method) -> count, as ("unique-dataset-requests", "regular").
Totals = Mapping[tuple[str, str], int]


def usage_events(
    doi: str, landing_page: str, totals: Totals, *, source: str, on: Collection[str], occurred_at: str = ""
) -> list[EventValue]:
    """An event for each count above zero whose relation type is `on` (`event_kinds.parse_kinds`); none without a page.

    `landing_page` goes out as it is. Raises `InvalidDoi`; `KeyError` for a metric or access method that is none.
    """
    subj_id, obj_id = subject(doi), landing_page.strip()
    payload = {"subj": {"@id": subj_id}, "obj": {"@id": obj_id}}
    return [
        EventValue(subj_id, USAGE[counted], obj_id, source, total, occurred_at, payload)
        for counted, total in totals.items()
        if USAGE[counted] in on and total > 0 and obj_id
    ]
