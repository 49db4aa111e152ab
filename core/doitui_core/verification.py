"""One verification job: is the DOI at DataCite as we want it, and does it lead to its landing page? Two checks, two
facts. A transport error proves and changes nothing; it is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import peewee

from doitui_core import (
    activity,
    audit,
    breaker,
    database,
    documents,
    ledger,
    outage_check,
    queue,
    repositories,
    states,
    upstream,
)
from doitui_core.clock import micros
from doitui_core.datacite import resolver
from doitui_core.datacite.answer import Answer, line
from doitui_core.datacite.resolver import Finding, Resolver
from doitui_core.desk import LOST, Desk
from doitui_core.errors import Misconfigured
from doitui_core.metadata import compare
from doitui_core.models import Attempt, Doi, Repository
from doitui_core.outcomes import Kind, Outcome
from doitui_core.queue import Lease
from doitui_core.repositories import Config
from doitui_core.states import LADDER, TARGET, Certainty, Facts, Remote, Verification, Wanted
from doitui_core.stepwise import Step, stepwise, to_the_end

#: What was read may be older than what was written meanwhile.
IN_FLIGHT = Outcome(
    Kind.RETRYABLE, "in_flight", "something was sent for this DOI while it was looked at; checked again"
)

#: The longest we wait for a landing page, all redirects together. Seconds.
PATIENCE = 30.0

#: DOIs looked at in one transaction.
CHUNK = 200


@dataclass(frozen=True, slots=True)
class _Seen:
    """What both checks came to, `row` being the DOI as it was when they began."""

    row: Doi
    remote: Remote | None
    api: Finding
    resolver: Finding

    @property
    def words(self) -> str:
        return f"API: {self.api.verdict} ({self.api.words}); resolver: {self.resolver.verdict} ({self.resolver.words})"


def verify(lease: Lease, desk: Desk) -> Outcome:
    """Ask DataCite for state and landing page, then the resolver, and keep both verdicts.

    Where DataCite could not be asked, the resolver is not asked either.
    """
    row: Doi = Doi.get_by_id(lease.subject_id)
    answer = desk.ask(row.doi)
    if isinstance(answer, Outcome):
        return _end(lease, desk, answer)
    # The second check has a time of its own: who takes over an expired lease must not meet us.
    if not queue.renew(lease, desk.policy):
        return LOST
    try:
        led = _resolver(desk).check(row.doi, row.url)
    except Misconfigured as error:
        return _end(lease, desk, Outcome(Kind.PERMANENT, "configuration", str(error)))
    seen = _Seen(
        row, Remote(answer.state) if answer.status == 200 else None, at_datacite(row, answer, desk.config), led
    )
    return _end(lease, desk, _outcome(seen, answer.status), seen)


def _resolver(desk: Desk) -> Resolver:
    config = desk.config
    deadline = min(PATIENCE, desk.policy.lease.total_seconds() / 2)
    email = config.text("contact_email")
    return Resolver(resolver.base(config), config.environment, deadline=deadline, email=email)


def at_datacite(row: Doi, answer: Answer, config: Config) -> Finding:
    """What DataCite's answer proves."""
    wrong = mismatches(row, answer) + _changed_by_mds(row, answer, config)
    if wrong:
        return Finding(Verification.MISMATCH, "; ".join(wrong))
    return Finding(Verification.VERIFIED, f"{answer.state}, {row.url}")


def mismatches(row: Doi, answer: Answer) -> list[str]:
    """In what DataCite differs from what we want: one sentence each."""
    if answer.status == 404:
        return [f"DataCite does not have {row.doi}"]
    wanted = TARGET.get(Wanted(row.wanted), Remote(row.remote))
    wrong = []
    if answer.state != wanted:
        wrong.append(f"the state at DataCite is {answer.state}, not {wanted}")
    if answer.attributes.get("url") != row.url:
        wrong.append(f"the landing page at DataCite is {line(answer.attributes.get('url'))}, not {row.url}")
    if not answer.attributes.get("registered"):
        # Registration with the Handle system comes after the answer, and its failure is only logged (datacite-api 1.5).
        wrong.append("DataCite has not registered it with the Handle system, so it does not resolve")
    return wrong


def _changed_by_mds(row: Doi, answer: Answer, config: Config) -> list[str]:
    """Which blocks DataCite has kept otherwise than they were sent: over MDS it cleans and drops without a word.

    Looked at while what was sent is what the record says.
    """
    sent = answer.status == 200 and not row.changed and row.wanted in LADDER and bool(row.confirmed_hash)
    record = ledger.record(row) if sent and config.text("transport") == "mds" else None
    if record is None:
        return []
    names = compare.differences(documents.document(record, row.doi, config), answer.attributes)
    blocks = [name for name in names if name not in ("doi", "url")]
    if not blocks:
        return []
    return [
        f"DataCite has not kept as sent over MDS: {', '.join(blocks)}; `doitui record show` warns of what it changes"
    ]


def _outcome(seen: _Seen, http_status: int) -> Outcome:
    """A mismatch is a result like any other; where the resolver or the page gave no answer, they are asked again."""
    if Verification.MISMATCH in (seen.api.verdict, seen.resolver.verdict):
        return Outcome(Kind.DONE, "mismatch", seen.words, http_status)
    if seen.resolver.verdict is Verification.UNVERIFIED:
        return Outcome(Kind.RETRYABLE, "resolver_unreachable", seen.words, http_status)
    return Outcome(Kind.DONE, http_status=http_status)


def _changed(facts: Facts, seen: _Seen) -> Facts:
    if facts.certainty is Certainty.CONFIRMED and seen.remote not in (None, facts.remote):
        assert seen.remote is not None
        facts = states.answered(facts, seen.remote)
    return states.checked(facts, api=seen.api.verdict, resolver=seen.resolver.verdict)


def _end(lease: Lease, desk: Desk, outcome: Outcome, seen: _Seen | None = None) -> Outcome:
    """Write the verdicts (of the row as it was `seen`) and the job's end in one transaction; or `LOST`."""
    outage_check.decide(lease, desk, outcome)
    with database.write():
        breaker.hold(desk.upstream, outcome)
        row = ledger.lock(lease.subject_id)
        if not queue.held(lease):
            return LOST
        facts, columns = ledger.facts(row), _counted(row, outcome, seen)
        detail = outcome.message
        if seen is not None and ledger.written_since(seen.row, row):
            outcome, columns, detail = IN_FLIGHT, {}, IN_FLIGHT.message
        elif seen is not None:
            facts, detail = _changed(facts, seen), seen.words
        ledger.write(
            row,
            facts,
            actor=lease.worker,
            action="verify",
            http_status=outcome.http_status,
            cause=outcome.cause,
            detail=detail,
            **columns,
        )
        status, at, give_back = breaker.conclude(desk.upstream, lease, outcome, desk.policy)
        queue.finish(lease, status, at=at, cause=outcome.cause, error=outcome.message, give_back=give_back)
    if outcome.kind is Kind.THROTTLED:
        upstream.pause(desk.upstream, at)
    activity.verified(row, outcome)
    return outcome


def _counted(row: Doi, outcome: Outcome, seen: _Seen | None) -> dict[str, Any]:
    """When which check came to a verdict, and how often in a row one could not be made."""
    if seen is None:
        return {"unreachable": row.unreachable + 1} if outcome.kind is Kind.RETRYABLE else {}
    now = database.now()
    if seen.resolver.verdict is Verification.UNVERIFIED:
        return {"api_checked_at": now, "unreachable": row.unreachable + 1}
    return {"api_checked_at": now, "resolver_checked_at": now, "unreachable": 0}


def queue_due(
    delay_hours: int, *, repository: str = "", actor: str, limit: int = 0, step: Step = to_the_end
) -> list[int]:
    """Queue a verification of up to `limit` DOIs (0: all) that are due, oldest first; their row ids. A chunk is a
    transaction.

    Due is what active repositories have as registered or findable, was minted and last written `delay_hours` ago or
    earlier, and is not verified since. 0 hours: every one, verified or not (OPUS). Raises `NotFound`.
    """
    queued: list[int] = []
    act = None
    attempts: dict[int, int] = {}
    for chunk in stepwise(_due(delay_hours, repository, limit), step):
        with database.write():
            for found in chunk:
                at = found.repository_id
                if at not in attempts:
                    attempts[at] = repositories.config(found.repository).number("max_attempts")
                ledger.lock(found.id)
                queue.enqueue(queue.Kind.VERIFY, found.id, at, actor=actor, max_attempts=attempts[at])
            queued += [found.id for found in chunk]
            what = audit.counted("DOI", len(queued))
            act = audit.note(actor, "verify", what, f"last written {delay_hours} h ago or earlier", act=act)
    return queued


def _due(delay_hours: int, repository: str, limit: int) -> Iterator[list[Doi]]:
    query = due(delay_hours, repository)
    last, left = 0, limit
    while chunk := list(query.where(Doi.id > last).limit(min(CHUNK, left) if limit else CHUNK)):
        yield chunk
        last, left = chunk[-1].id, left - len(chunk)
        if limit and not left:
            return


def due(delay_hours: int, repository: str = "") -> peewee.ModelSelect[Doi]:
    """The DOIs that `queue_due` queues."""
    minted = [str(Remote.REGISTERED), str(Remote.FINDABLE)]
    query = Doi.select(Doi, Repository).join(Repository).where(Doi.remote.in_(minted), Repository.active == 1)
    if repository:
        query = query.where(Doi.repository == repositories.find(repository).id)
    if delay_hours:
        before = micros(database.now() - timedelta(hours=delay_hours))
        # Whatever was sent resets the checks, so what is verified was verified since.
        unverified = Doi.verification != str(Verification.VERIFIED)
        query = query.where(unverified, Doi.minted_at <= before, ~peewee.fn.EXISTS(_written_after(before)))
    return query.order_by(Doi.id)


def _written_after(moment: int) -> peewee.ModelSelect[Attempt]:
    """The writes of a DOI that went out after `moment` and may have arrived."""
    refused = (Attempt.outcome != "") & Attempt.outcome.not_in([str(Kind.DONE), str(Kind.AMBIGUOUS)])
    return Attempt.select(Attempt.id).where(Attempt.doi == Doi.id, Attempt.sent_at > moment, ~refused)
