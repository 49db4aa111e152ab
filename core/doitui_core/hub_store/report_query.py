"""Which reports a list shows, and in which order (usage.md 1.2, corrected by 5.10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import peewee

from doitui_core.db.hub_report_model import HubReport, HubReportPart
from doitui_core.hub_store.report_record import ReportState

_ORDERS: dict[str, tuple[Any, ...]] = {
    "name": (HubReport.report_name, HubReport.id),
    "-name": (HubReport.report_name.desc(), HubReport.id),
    "created": (HubReport.created, HubReport.id),
    "-created": (HubReport.created.desc(), HubReport.id),
}
ORDERS = tuple(_ORDERS)


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """All conditions hold together; an empty one is none. `values`: columns of `HubReport` and what they must be."""

    values: tuple[tuple[str, str | int], ...] = ()
    uids: tuple[str, ...] = ()
    states: tuple[ReportState, ...] = ()
    sort: str = ""

    def where(self) -> Any:
        """The condition."""
        found: list[Any] = [getattr(HubReport, name) == value for name, value in self.values]
        if self.uids:
            found.append(HubReport.uid.in_([uid.lower() for uid in self.uids]))
        for state in self.states:
            parts = HubReportPart.select(HubReportPart.report_id).where(HubReportPart.state == str(state))
            found.append(HubReport.id.in_(parts))
        condition = peewee.SQL("1 = 1")
        for one in found:
            condition = condition & one
        return condition

    def order(self) -> tuple[Any, ...]:
        """By name or creation, the oldest submission first where they agree and by default."""
        return _ORDERS.get(self.sort, (HubReport.id,))
