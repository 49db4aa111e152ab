"""A write over DataCite's REST: POST creates and never overwrites; everything later is a PUT of the whole document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from doitui_core.db.models import Doi
from doitui_core.delivery import outgoing_request, ownership
from doitui_core.delivery.finishing import WriteJob, answered
from doitui_core.delivery.outgoing_request import OutgoingRequest
from doitui_core.dois import doi_rows
from doitui_core.domain import outcomes, states
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import TARGET, Facts, Remote, Step
from doitui_core.errors import Misconfigured, RemoteFailed
from doitui_core.queue.connection import LOST

#: A create met a DOI that an earlier attempt of ours had made: go on by replacing it.
OURS_ALREADY = Outcome(OutcomeKind.RETRYABLE, "made_earlier", "an earlier attempt had made it")

#: The cause of a DELETE that DataCite refuses: it deletes drafts only.
NOT_A_DRAFT = "not_a_draft"


def send(job: WriteJob) -> Outcome:
    """Send what comes next; where an earlier attempt of ours had made the DOI, go on by replacing it."""
    outcome = _send(job)
    if outcome is OURS_ALREADY:
        job.connection.spend()
        return _send(replace(job, row=doi_rows.read(job.row.id)))
    return outcome


def _send(job: WriteJob) -> Outcome:
    facts = doi_rows.facts(job.row)
    if states.next_step(facts) is Step.NOTHING:
        return job.finish(outcomes.nothing_sent(f"it is {facts.remote} at DataCite, as wanted"))
    request = outgoing_request.build_request(job.row, facts, job.connection.config)
    if isinstance(request, OutgoingRequest) and request.fingerprint not in ("", job.row.current_hash):
        row, config = outgoing_request.renew(job.row)
        job, request = replace(job, row=row), outgoing_request.build_request(row, facts, config)
    if isinstance(request, Outcome):
        return job.finish(request, may_be_old=True)
    sent = _begin(job, request)
    if sent is None:
        return LOST
    attributes = {**request.attributes, **_transition(request.event, job.row)}
    try:
        answer = job.connection.send(request.method, job.row.doi, attributes)
    except (RemoteFailed, Misconfigured) as error:
        return sent.finish(job.probe_soon(outcomes.from_error(error)), may_be_old=True)
    return _answered(replace(sent, answer=answer), facts, answer, request)


def _transition(event: str | None, row: Doi) -> dict[str, str]:
    if event is None:
        return {}
    return {"event": event, "reason": row.reason} if event == "hide" else {"event": event}


def _begin(job: WriteJob, request: OutgoingRequest) -> WriteJob | None:
    address = f"{job.connection.client.base_url}/dois" + (f"/{job.row.doi}" if request.method != "POST" else "")
    event, fingerprint = request.event or "", request.fingerprint
    body = "" if fingerprint or not request.document else outgoing_request.to_json(request.document)
    document = request.attributes if fingerprint else {}
    return outgoing_request.begin(job, request.method, address, document, fingerprint, event=event, body=body)


def _answered(job: WriteJob, before: Facts, answer: Answer, request: OutgoingRequest) -> Outcome:
    outcome = outcomes.other_doi(answer, job.row.doi, answer.dois) or outcomes.from_answer(answer)
    if outcome.cause == outcomes.DOI_EXISTS and request.method == "POST":
        return _exists_already(job)
    if request.method == "DELETE" and (answer.status == 204 or outcome.cause == "not_there"):
        return job.finish(Outcome(OutcomeKind.DONE, http_status=answer.status), answered(Remote.NONE))
    if outcome.cause == NOT_A_DRAFT:
        return _keep_registered(job, outcome)
    if outcome.kind is not OutcomeKind.DONE:
        return job.finish(job.probe_soon(outcome), may_be_old=True)
    remote = Remote(answer.state)
    outcome = _compared(job, before, remote, answer.status)
    columns: dict[str, Any] = {"confirmed_hash": request.fingerprint} if request.fingerprint else {}
    if request.event == "hide" and outcome.kind is OutcomeKind.DONE and request.document:
        columns["url"] = request.document["url"]
    confirmed = request.document if request.fingerprint else None
    return job.finish(outcome, answered(remote), document=confirmed, **columns)


def _keep_registered(job: WriteJob, outcome: Outcome) -> Outcome:
    job.connection.spend()
    row = doi_rows.read(job.row.id)
    found = job.connection.ask(row.doi)
    if isinstance(found, Outcome):
        return job.finish(found)
    return job.finish(outcome, ownership.keep_registered(row, found.remote))


def _compared(job: WriteJob, before: Facts, remote: Remote, http_status: int) -> Outcome:
    """DataCite ignores an illegal event with 200: only the wanted state is a success. Corrected once."""
    if remote is TARGET[before.wanted]:
        return Outcome(OutcomeKind.DONE, http_status=http_status)
    message = f"DataCite answered {http_status} but the DOI is {remote}, not {TARGET[before.wanted]}"
    kind = OutcomeKind.PERMANENT if job.ended_before("wrong_state") else OutcomeKind.RETRYABLE
    return Outcome(kind, "wrong_state", message, http_status, wait=0.0)


def _exists_already(job: WriteJob) -> Outcome:
    """Made by an earlier attempt of ours: go on. Else nothing is done; a person decides."""
    row = doi_rows.read(job.row.id)
    job.connection.spend()
    found = job.connection.ask(row.doi)
    if isinstance(found, Outcome):
        return job.finish(found)
    refused = ownership.refusal(row, found, job.connection, excluding=job.attempt.id if job.attempt else 0)
    if refused is not None:
        return job.finish(refused)
    saved = job.save_progress(answered(Remote(found.state)), action="made earlier", outcome=OURS_ALREADY)
    return OURS_ALREADY if saved else LOST
