"""Take over a DOI that exists in our account and was not made from here: a person's decision, never the worker's."""

from __future__ import annotations

from doitui_core import database, desk, dois, ledger, outcomes, queue, states
from doitui_core.errors import NotFound, Refused, RemoteFailed
from doitui_core.models import Doi, Job
from doitui_core.states import Remote, Wanted


def adopt(text: str, *, actor: str = "python", dry_run: bool = False) -> Doi:
    """Ask DataCite for the DOI and keep its state as ours. Nothing is sent that changes it.

    A tombstone here stays one. Raises `NotFound` when DataCite does not have it, `Refused` when it belongs to another
    account, `InvalidDoi`, `RemoteFailed` and `Misconfigured` as the client does.
    """
    row = dois.find_sendable(text)
    at = desk.of(row.repository)
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
        row = ledger.lock(row.id)
        facts = states.answered(ledger.facts(row), remote)
        if facts.wanted is Wanted.NONE:
            facts = states.withdrawn(facts)
        detail = f"was {remote} in account {at.client.account}"
        ledger.write(row, facts, actor=actor, action="adopt", detail=detail)
        failed = Job.get_or_none(Job.subject_id == row.id, Job.kind == str(queue.Kind.WRITE), Job.cause == "exists")
        if failed is not None and failed.status == queue.Status.FAILED:
            queue.cancel(failed.id)
    return row
