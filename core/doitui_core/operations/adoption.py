"""Adopt a DOI that exists in our account and was not made here: a person decides that, never the worker."""

from __future__ import annotations

from typing import Any

from doitui_core.db import database
from doitui_core.db.models import Doi, Job
from doitui_core.dois import doi_rows
from doitui_core.domain import job_kinds, outcomes, states
from doitui_core.domain.states import Remote, Wanted
from doitui_core.errors import NotFound, Refused, RemoteFailed
from doitui_core.queue import connection, jobs


def adopt(text: str, *, actor: str = "python", dry_run: bool = False) -> Doi:
    """Ask DataCite for the DOI and store its state. Nothing is changed there.

    A tombstone here stays one. Raises `NotFound` when DataCite does not have it, `Refused` when it belongs to another
    account, `InvalidDoi`, `RemoteFailed` and `Misconfigured` as the client does.
    """
    row = doi_rows.find_sendable(text)
    at = connection.for_repository(row.repository)
    answer = at.client.get(row.doi)
    if answer.status == 404:
        raise NotFound(f"DataCite does not have {row.doi} in account {at.client.account}: `doitui doi mint` makes it")
    if answer.unreadable or not answer.ok:
        raise RemoteFailed(f"DataCite answered {answer.status} to the question for {row.doi}: {answer.summary}")
    if (other := outcomes.other_doi(answer, row.doi, answer.dois)) is not None:
        raise RemoteFailed(other.message)
    if answer.owner != at.client.account.lower():
        raise Refused(
            f"{row.doi} belongs to {answer.owner}, not to {at.client.account}: it cannot be taken over", "foreign"
        )
    remote = Remote(answer.state)
    if dry_run:
        row.remote = str(remote)
        return row
    with database.write():
        row = doi_rows.lock(row.id)
        store(row, remote, actor, f"was {remote} in account {at.client.account}")
    return row


def store(row: Doi, remote: Remote, actor: str, detail: str, **columns: Any) -> None:
    """Store the state that a DOI has at DataCite, and `columns`. Inside `database.write()`, on a row from `lock`."""
    facts = states.answered(doi_rows.facts(row), remote)
    if facts.wanted is Wanted.NONE:
        facts = states.cancelled(facts)
    doi_rows.write(row, facts, actor=actor, action="adopt", detail=detail, **columns)
    failed = Job.get_or_none(Job.subject_id == row.id, Job.kind == str(job_kinds.JobKind.WRITE), Job.cause == "exists")
    if failed is not None and failed.status == job_kinds.JobStatus.FAILED:
        jobs.cancel(failed.id)
