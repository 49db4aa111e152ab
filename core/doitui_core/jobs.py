"""The words of the queue: which lane, what kind of job, how far it is. Pure."""

from __future__ import annotations

from enum import StrEnum


class Lane(StrEnum):
    """Which service a job goes to. What is slow or refused in one lane holds up no other."""

    DOIS = "dois"
    EVENTS = "events"
    REPORTS = "reports"

    @property
    def in_words(self) -> str:
        """What is sent in it."""
        return {Lane.DOIS: "DOIs", Lane.REPORTS: "usage reports"}.get(self, str(self))


class Kind(StrEnum):
    """What a job does. A write brings the remote to what is wanted; a verification only looks; a recheck looks
    whether something arrived late, and undoes it. An event or a usage report is sent.
    """

    WRITE = "write"
    VERIFY = "verify"
    RECHECK = "recheck"
    EVENT = "event"
    REPORT = "report"

    @property
    def lane(self) -> Lane:
        return {Kind.EVENT: Lane.EVENTS, Kind.REPORT: Lane.REPORTS}.get(self, Lane.DOIS)


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


#: Somebody will work on it, or it waits for something to be mended. As in the indexes of the job table.
OPEN = (Status.PENDING, Status.PROCESSING, Status.UNCERTAIN, Status.BLOCKED)
UNSETTLED = (*OPEN, Status.FAILED)
