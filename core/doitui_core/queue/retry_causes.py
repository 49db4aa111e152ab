"""Which causes a retry can name: those that something has failed of, and the names of cause groups. A misspelt cause is
refused, not ignored.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import peewee

from doitui_core.db.models import Job
from doitui_core.domain import cause_groups
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.errors import BadInput

#: As in the indexes `job_by_cause` and `job_by_cause_group`.
_WITH_CAUSE = Job.cause != peewee.SQL("''")
IS_FAILED = Job.status == peewee.SQL(f"'{JobStatus.FAILED}'")


def has_cause(cause: str) -> Any:
    """The jobs of a cause, or the failed jobs of a cause group."""
    if cause_groups.is_name(cause):
        return IS_FAILED & (Job.cause_group == cause)
    return (_WITH_CAUSE & (Job.cause == cause)) if cause else (Job.cause == cause)


def check(cause: str, found: Iterable[str], what: str) -> None:
    """Raise `BadInput` where `cause` is none of `found`, the causes that failed `what` (jobs, events) have."""
    causes = sorted({name for name in found if name})
    if cause in causes:
        return
    there = f"causes here are {', '.join(causes)} (`doitui report causes`)" if causes else f"no {what} have failed"
    raise BadInput(f"no failed {what} with cause {cause!r}: {there}")
