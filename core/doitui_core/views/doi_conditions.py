"""The conditions behind `state:` and `opus:`: statuses, marks, checks, and OPUS's words for DOIs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from doitui_core.db.models import Doi, Job, Record
from doitui_core.domain import states
from doitui_core.domain.job_kinds import OPEN, JobKind, JobStatus
from doitui_core.domain.states import Certainty, DoiStatus, Mark, Verification
from doitui_core.queue.jobs import as_literals
from doitui_core.views import text_search

#: As in the index `doi_unregistered`.
_UNREGISTERED = ("unknown", "none", "draft")

#: As in the index `record_unpublished`.
_UNPUBLISHED = Record.published == peewee.SQL("0")


def _with_write(statuses: Sequence[JobStatus]) -> Any:
    """The DOIs whose write job is in one of these statuses. The service is for the index `job_by_status`."""
    is_write = (Job.lane == str(JobKind.WRITE.service)) & (Job.kind == str(JobKind.WRITE))
    return Job.select(Job.subject_id).where(is_write, Job.status.in_(as_literals(statuses)))


#: OPUS's words for DOIs: `opus:registered` is its word, `registered` alone is DataCite's.
OPUS: dict[str, Any] = {
    "unregistered": Doi.remote.in_(as_literals(_UNREGISTERED)),
    "registered": Doi.remote.in_(states.MINTED) & (Doi.verification != str(Verification.VERIFIED)),
    "verified": (Doi.verification == str(Verification.VERIFIED)) & Doi.remote.in_(states.MINTED),
    "unpublished": Doi.id.in_(text_search.dois_of_records(_UNPUBLISHED)),
}

#: What `--state` takes besides the statuses.
_OTHERS: dict[str, Any] = {
    Mark.FAILED: Doi.id.in_(_with_write([JobStatus.FAILED])),
    Mark.PENDING: Doi.id.in_(_with_write(OPEN)),
    Mark.UNCERTAIN: Doi.certainty == str(Certainty.UNCERTAIN),
    Mark.CHANGED: Doi.changed == True,  # noqa: E712
    "unregistered": OPUS["unregistered"],
    "verified": OPUS["verified"],
    "mismatch": Doi.verification == str(Verification.MISMATCH),
    **{f"opus:{word}": condition for word, condition in OPUS.items()},
}

#: All words of `state:`.
STATES = (*map(str, DoiStatus), *map(str, _OTHERS))


def in_state(state: str) -> Any:
    """The condition for one of `STATES`."""
    return _OTHERS.get(state, Doi.status == state)
