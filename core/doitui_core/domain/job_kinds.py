"""The terms of the queue: services, kinds of jobs, and their statuses. Pure."""

from __future__ import annotations

from enum import StrEnum


class Service(StrEnum):
    """Which service a job goes to. What is slow or refused at one holds up no other. Its column is `lane`."""

    DOIS = "dois"
    EVENTS = "events"
    REPORTS = "reports"

    @property
    def label(self) -> str:
        """What is sent in it."""
        return {Service.DOIS: "DOIs", Service.REPORTS: "usage reports"}.get(self, str(self))


class JobKind(StrEnum):
    """What a job does. A write brings the remote to what is wanted; a verification only looks; a recheck looks
    whether something arrived late, and undoes it. An event or a usage report is sent.
    """

    WRITE = "write"
    VERIFY = "verify"
    RECHECK = "recheck"
    EVENT = "event"
    REPORT = "report"

    @property
    def service(self) -> Service:
        """The service that such a job goes to."""
        return _SERVICES[self]


_SERVICES = dict.fromkeys(JobKind, Service.DOIS) | {JobKind.EVENT: Service.EVENTS, JobKind.REPORT: Service.REPORTS}


class JobStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


#: Somebody will work on it, or it waits for a correction. As in the indexes of the job table.
OPEN = (JobStatus.PENDING, JobStatus.PROCESSING, JobStatus.UNCERTAIN, JobStatus.BLOCKED)
UNSETTLED = (*OPEN, JobStatus.FAILED)
