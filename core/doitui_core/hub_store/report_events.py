"""The events DataCite makes of an accepted usage report: one for each count (usage.md 1.9). Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from doitui_core.hub_store.event_record import CC0, EventRecord, HubOrigin, canonical, doi_in
from doitui_core.hub_store.report_record import StoredReport
from doitui_core.usage_reports import rules

SOURCE = "datacite-usage"

#: Of whom the events say they come; nobody signs in with it.
TOKEN = "usage-report"

#: Four metrics by two access methods: a dataset with more is an error to DataCite, and gives no event.
_MOST = 8


def events_from(report: StoredReport, datasets: Sequence[Any], at: str) -> Iterator[EventRecord]:
    """Subject the report, object the DOI, total the count. `datasets` are valid; `at` is now.

    Only the first id and the first performance of a dataset are read. What has no DOI gives no event.
    """
    occurred = f"{rules.period(report.header)[0].isoformat()}T00:00:00.000Z"
    subj = {"@id": report.url, "issued": report.header.get("created")}
    for dataset in datasets:
        obj_id = _object_id(dataset)
        for one in _instances(dataset) if obj_id else ():
            yield EventRecord(
                uuid=str(uuid.uuid4()),
                subj_id=report.url,
                obj_id=obj_id,
                source_id=SOURCE,
                relation_type_id=f"{one['metric-type']}-{one['access-method']}",
                source_token=TOKEN,
                message_action="create",
                license=CC0,
                total=int(one["count"]),
                occurred_at=occurred,
                created=at,
                updated=at,
                subj=subj,
                origin=HubOrigin.REPORT,
            )


def _object_id(dataset: dict[str, Any]) -> str:
    ids = dataset.get("dataset-id")
    # Half a surrogate pair or NUL is in no DOI, and not every database stores it.
    written = "".join(one for one in ids[0]["value"] if one.isprintable()).strip() if ids else ""
    name = canonical(written)
    return name if doi_in(name) else ""


def _instances(dataset: dict[str, Any]) -> list[dict[str, Any]]:
    performance = dataset["performance"]
    instances: list[dict[str, Any]] = performance[0]["instance"] if performance else []
    return instances if len(instances) <= _MOST else []
