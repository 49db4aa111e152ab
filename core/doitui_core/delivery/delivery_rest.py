"""A write over DataCite's REST: POST creates and never overwrites; everything later is a PUT of the whole document."""

from __future__ import annotations

from typing import Any

from doitui_core.db.models import Attempt, Doi
from doitui_core.delivery import finishing, outgoing_request, ownership
from doitui_core.delivery.outgoing_request import OutgoingRequest
from doitui_core.dois import doi_rows
from doitui_core.domain import outcomes, states
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import TARGET, Facts, Remote, Step
from doitui_core.errors import Misconfigured, RemoteFailed
from doitui_core.queue.connection import LOST, Connection
from doitui_core.queue.leases import Lease

#: A create met a DOI that an earlier attempt of ours had made: go on by replacing it.
OURS_ALREADY = Outcome(OutcomeKind.RETRYABLE, "made_earlier", "an earlier attempt had made it")

#: The cause of a DELETE that DataCite refuses: it deletes drafts only.
NOT_A_DRAFT = "not_a_draft"


def send(lease: Lease, connection: Connection, row: Doi) -> Outcome:
    """Send what comes next; where an earlier attempt of ours had made the DOI, go on by replacing it."""
    outcome = _send(lease, connection, row)
    if outcome is OURS_ALREADY:
        connection.spend()
        return _send(lease, connection, doi_rows.read(lease.subject_id))
    return outcome


def _send(lease: Lease, connection: Connection, row: Doi) -> Outcome:
    facts = doi_rows.facts(row)
    if states.next_step(facts) is Step.NOTHING:
        return finishing.finish(
            lease, connection, outcomes.nothing_sent(f"it is {facts.remote} at DataCite, as wanted")
        )
    request = outgoing_request.build_request(row, facts, connection.config)
    if isinstance(request, OutgoingRequest) and request.fingerprint not in ("", row.current_hash):
        row, config = outgoing_request.renew(row)
        request = outgoing_request.build_request(row, facts, config)
    if isinstance(request, Outcome):
        return finishing.finish(lease, connection, request, seen=row)
    attempt = _begin(lease, connection, row, request)
    if attempt is None:
        return LOST
    attributes = {**request.document, **_transition(request.event, row)}
    try:
        answer = connection.send(request.method, row.doi, attributes)
    except (RemoteFailed, Misconfigured) as error:
        outcome = finishing.probe_soon(lease, connection, outcomes.from_error(error))
        return finishing.finish(lease, connection, outcome, attempt=attempt, seen=row)
    return _answered(lease, connection, row, facts, attempt, answer, request)


def _transition(event: str | None, row: Doi) -> dict[str, str]:
    if event is None:
        return {}
    return {"event": event, "reason": row.reason} if event == "hide" else {"event": event}


def _begin(lease: Lease, connection: Connection, row: Doi, request: OutgoingRequest) -> Attempt | None:
    address = f"{connection.client.base_url}/dois" + (f"/{row.doi}" if request.method != "POST" else "")
    event = request.event or ""
    if request.fingerprint:
        return outgoing_request.begin(
            lease, connection, row, method=request.method, target=address, event=event, document=request.document
        )
    body = outgoing_request.to_json(request.document) if request.document else ""
    return outgoing_request.begin(lease, connection, row, method=request.method, target=address, event=event, body=body)


def _answered(
    lease: Lease,
    connection: Connection,
    row: Doi,
    sent: Facts,
    attempt: Attempt,
    answer: Answer,
    request: OutgoingRequest,
) -> Outcome:
    outcome = outcomes.other_doi(answer, row.doi, answer.dois) or outcomes.from_answer(answer)
    if outcome.cause == outcomes.TAKEN and request.method == "POST":
        return _taken(lease, connection, attempt, answer)
    if request.method == "DELETE" and (answer.status == 204 or outcome.cause == "not_there"):
        gone = Outcome(OutcomeKind.DONE, http_status=answer.status)
        return finishing.finish(
            lease, connection, gone, lambda facts: states.answered(facts, Remote.NONE), attempt=attempt
        )
    if outcome.cause == NOT_A_DRAFT:
        return _keep_registered(lease, connection, outcome, attempt, answer)
    if outcome.kind is not OutcomeKind.DONE:
        outcome = finishing.probe_soon(lease, connection, outcome)
        return finishing.finish(lease, connection, outcome, attempt=attempt, answer=answer, seen=row)
    remote = Remote(answer.state)
    outcome = _compared(lease, sent, remote, answer)
    columns: dict[str, Any] = {"confirmed_hash": request.fingerprint} if request.fingerprint else {}
    if request.event == "hide" and outcome.kind is OutcomeKind.DONE and request.document:
        columns["url"] = request.document["url"]
    return finishing.finish(
        lease,
        connection,
        outcome,
        lambda facts: states.answered(facts, remote),
        attempt=attempt,
        answer=answer,
        document=request.document if request.fingerprint else None,
        **columns,
    )


def _keep_registered(
    lease: Lease, connection: Connection, outcome: Outcome, attempt: Attempt, answer: Answer
) -> Outcome:
    connection.spend()
    row = doi_rows.read(lease.subject_id)
    found = connection.ask(row.doi)
    if isinstance(found, Outcome):
        return finishing.finish(lease, connection, found, attempt=attempt, answer=answer)
    remote = Remote(found.state) if found.status == 200 else Remote.NONE
    return finishing.finish(
        lease, connection, outcome, ownership.keep_registered(row, remote), attempt=attempt, answer=answer
    )


def _compared(lease: Lease, sent: Facts, remote: Remote, answer: Answer) -> Outcome:
    """DataCite ignores an illegal event with 200: only the wanted state is a success. Corrected once."""
    if remote is TARGET[sent.wanted]:
        return Outcome(OutcomeKind.DONE, http_status=answer.status)
    message = f"DataCite answered {answer.status} but the DOI is {remote}, not {TARGET[sent.wanted]}"
    kind = OutcomeKind.PERMANENT if finishing.ended_before(lease, "wrong_state") else OutcomeKind.RETRYABLE
    return Outcome(kind, "wrong_state", message, answer.status, wait=0.0)


def _taken(lease: Lease, connection: Connection, attempt: Attempt, answer: Answer) -> Outcome:
    """The DOI exists already. Made by an earlier attempt of ours: go on. Else nothing is done; a person decides."""
    row = doi_rows.read(lease.subject_id)
    connection.spend()
    found = connection.ask(row.doi)
    if isinstance(found, Outcome):
        return finishing.finish(lease, connection, found, attempt=attempt, answer=answer)
    refused = ownership.refusal(row, found, connection, excluding=attempt.id)
    if refused is not None:
        return finishing.finish(lease, connection, refused, attempt=attempt, answer=answer)
    remote = Remote(found.state)
    kept = finishing.save_progress(
        lease,
        lambda facts: states.answered(facts, remote),
        action="made earlier",
        attempt=attempt,
        outcome=OURS_ALREADY,
        answer=answer,
    )
    return OURS_ALREADY if kept else LOST
