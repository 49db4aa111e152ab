"""A stored usage report and its bodies, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ReportState(StrEnum):
    """What is known about datasets: those of a compressed part are validated after it is accepted."""

    WAITING = "waiting"
    VALID = "valid"
    NOT_VALID = "not_valid"


#: `StoredPart.counted` when the events of all its datasets are made.
ALL = -1


@dataclass(frozen=True, slots=True)
class StoredReport:
    """One report without its datasets. `url` is the address it was created under, the subject of its events.

    `replaced_at`: when another version replaced it, empty once the events that only the earlier one had are deleted.
    """

    number: int
    uid: str
    client: str
    created_by: str
    year: int
    month: int
    url: str
    header: dict[str, Any]
    replaced_at: str = ""


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One body: `body` is its file in the storage, a gzip, empty where it is not kept; `checksum` the SHA-256 of that
    file in hexadecimal, `content_checksum` of the datasets in it. `compressed`: it came so. `counted`: of how many of
    `datasets` the events are made.
    """

    number: int
    report: int
    compressed: bool
    body: str
    checksum: str
    content_checksum: str
    state: ReportState
    exceptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    datasets: int = 0
    counted: int = 0


def state_of(states: set[ReportState]) -> ReportState:
    """The state of a report: the worst of its parts."""
    return next((one for one in (ReportState.NOT_VALID, ReportState.WAITING) if one in states), ReportState.VALID)
