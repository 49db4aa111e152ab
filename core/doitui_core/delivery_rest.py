"""A write over DataCite's REST: POST creates and never overwrites; everything later is a PUT of the whole document."""

from __future__ import annotations

from typing import Any

from doitui_core import endings, ledger, letters, outcomes, ownership, states
from doitui_core.datacite.answer import Answer
from doitui_core.desk import LOST, Desk
from doitui_core.errors import Misconfigured, RemoteFailed
from doitui_core.letters import Letter
from doitui_core.models import Attempt, Doi
from doitui_core.outcomes import Kind, Outcome
from doitui_core.queue import Lease
from doitui_core.states import TARGET, Facts, Remote, Step

#: A create met a DOI that an earlier attempt of ours had made: go on by replacing it.
OURS_ALREADY = Outcome(Kind.RETRYABLE, "made_earlier", "an earlier attempt had made it")

#: The cause of a DELETE that DataCite refuses: it deletes drafts only.
NOT_A_DRAFT = "not_a_draft"


def send(lease: Lease, desk: Desk, row: Doi) -> Outcome:
    """Send what comes next; where an earlier attempt of ours had made the DOI, go on by replacing it."""
    outcome = _send(lease, desk, row)
    if outcome is OURS_ALREADY:
        desk.spend()
        return _send(lease, desk, ledger.read(lease.subject_id))
    return outcome


def _send(lease: Lease, desk: Desk, row: Doi) -> Outcome:
    facts = ledger.facts(row)
    if states.next_step(facts) is Step.NOTHING:
        return endings.end(lease, desk, outcomes.nothing_sent(f"it is {facts.remote} at DataCite, as wanted"))
    letter = letters.letter(row, facts, desk.config)
    if isinstance(letter, Letter) and letter.fingerprint not in ("", row.current_hash):
        row, config = letters.renew(row)
        letter = letters.letter(row, facts, config)
    if isinstance(letter, Outcome):
        return endings.end(lease, desk, letter, seen=row)
    attempt = _begin(lease, desk, row, letter)
    if attempt is None:
        return LOST
    attributes = {**letter.document, **_transition(letter.event, row)}
    try:
        answer = desk.send(letter.method, row.doi, attributes)
    except (RemoteFailed, Misconfigured) as error:
        outcome = endings.asked_soon(lease, desk, outcomes.of_error(error))
        return endings.end(lease, desk, outcome, attempt=attempt, seen=row)
    return _answered(lease, desk, row, facts, attempt, answer, letter)


def _transition(event: str | None, row: Doi) -> dict[str, str]:
    if event is None:
        return {}
    return {"event": event, "reason": row.reason} if event == "hide" else {"event": event}


def _begin(lease: Lease, desk: Desk, row: Doi, letter: Letter) -> Attempt | None:
    address = f"{desk.client.base_url}/dois" + (f"/{row.doi}" if letter.method != "POST" else "")
    event = letter.event or ""
    if letter.fingerprint:
        return letters.begin(
            lease, desk, row, method=letter.method, target=address, event=event, document=letter.document
        )
    body = letters.written(letter.document) if letter.document else ""
    return letters.begin(lease, desk, row, method=letter.method, target=address, event=event, body=body)


def _answered(
    lease: Lease, desk: Desk, row: Doi, sent: Facts, attempt: Attempt, answer: Answer, letter: Letter
) -> Outcome:
    outcome = outcomes.other_doi(answer, row.doi, answer.dois) or outcomes.of_answer(answer)
    if outcome.cause == outcomes.TAKEN and letter.method == "POST":
        return _taken(lease, desk, attempt, answer)
    if letter.method == "DELETE" and (answer.status == 204 or outcome.cause == "not_there"):
        gone = Outcome(Kind.DONE, http_status=answer.status)
        return endings.end(lease, desk, gone, lambda facts: states.answered(facts, Remote.NONE), attempt=attempt)
    if outcome.cause == NOT_A_DRAFT:
        return _for_ever(lease, desk, outcome, attempt, answer)
    if outcome.kind is not Kind.DONE:
        outcome = endings.asked_soon(lease, desk, outcome)
        return endings.end(lease, desk, outcome, attempt=attempt, answer=answer, seen=row)
    remote = Remote(answer.state)
    outcome = _compared(lease, sent, remote, answer)
    columns: dict[str, Any] = {"confirmed_hash": letter.fingerprint} if letter.fingerprint else {}
    if letter.event == "hide" and outcome.kind is Kind.DONE and letter.document:
        columns["url"] = letter.document["url"]
    return endings.end(
        lease,
        desk,
        outcome,
        lambda facts: states.answered(facts, remote),
        attempt=attempt,
        answer=answer,
        document=letter.document if letter.fingerprint else None,
        **columns,
    )


def _for_ever(lease: Lease, desk: Desk, outcome: Outcome, attempt: Attempt, answer: Answer) -> Outcome:
    desk.spend()
    row = ledger.read(lease.subject_id)
    found = desk.ask(row.doi)
    if isinstance(found, Outcome):
        return endings.end(lease, desk, found, attempt=attempt, answer=answer)
    remote = Remote(found.state) if found.status == 200 else Remote.NONE
    return endings.end(lease, desk, outcome, ownership.for_ever(row, remote), attempt=attempt, answer=answer)


def _compared(lease: Lease, sent: Facts, remote: Remote, answer: Answer) -> Outcome:
    """DataCite ignores an illegal event with 200: only the wanted state is a success. Corrected once."""
    if remote is TARGET[sent.wanted]:
        return Outcome(Kind.DONE, http_status=answer.status)
    message = f"DataCite answered {answer.status} but the DOI is {remote}, not {TARGET[sent.wanted]}"
    kind = Kind.PERMANENT if endings.happened(lease, "wrong_state") else Kind.RETRYABLE
    return Outcome(kind, "wrong_state", message, answer.status, wait=0.0)


def _taken(lease: Lease, desk: Desk, attempt: Attempt, answer: Answer) -> Outcome:
    """The DOI exists already. Made by an earlier attempt of ours: go on. Else nothing is done; a person decides."""
    row = ledger.read(lease.subject_id)
    desk.spend()
    found = desk.ask(row.doi)
    if isinstance(found, Outcome):
        return endings.end(lease, desk, found, attempt=attempt, answer=answer)
    refused = ownership.refusal(row, found, desk, but=attempt.id)
    if refused is not None:
        return endings.end(lease, desk, refused, attempt=attempt, answer=answer)
    remote = Remote(found.state)
    kept = endings.keep(
        lease,
        lambda facts: states.answered(facts, remote),
        action="made earlier",
        attempt=attempt,
        outcome=OURS_ALREADY,
        answer=answer,
    )
    return OURS_ALREADY if kept else LOST
