"""One verification job: is the DOI at DataCite as we want it, and does it lead to its landing page? Two checks, two
facts. A transport error proves and changes nothing; it is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import peewee

from doitui_core.clock import micros
from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.datacite import resolver
from doitui_core.datacite.resolver import Resolver, ResolverFinding
from doitui_core.db import audit, database
from doitui_core.db.chunks import Step, paced, row_chunks, to_the_end
from doitui_core.db.models import Attempt, Doi, Repository
from doitui_core.delivery.finishing import finish_doi
from doitui_core.dois import activity_log, datacite_document, doi_rows
from doitui_core.domain import job_kinds, states
from doitui_core.domain.answer import Answer, line
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import LADDER, MINTED, TARGET, Certainty, Facts, Remote, Verification, Wanted
from doitui_core.errors import Misconfigured
from doitui_core.metadata import compare
from doitui_core.queue import jobs
from doitui_core.queue.connection import LOST, Connection
from doitui_core.queue.leases import Lease
from doitui_core.text import plural

#: What was read may be older than what was written meanwhile.
IN_FLIGHT = Outcome(
    OutcomeKind.RETRYABLE, "in_flight", "a request for this DOI was sent during the check; checking again"
)

#: The longest we wait for a landing page, all redirects together. Seconds.
PATIENCE = 30.0

#: DOIs queued in one transaction.
CHUNK = 200


@dataclass(frozen=True, slots=True)
class _Seen:
    """What both checks came to, `row` being the DOI as it was when they began."""

    row: Doi
    remote: Remote | None
    api: ResolverFinding
    resolver: ResolverFinding

    @property
    def reason(self) -> str:
        return (
            f"API: {self.api.verdict} ({self.api.reason}); resolver: {self.resolver.verdict} ({self.resolver.reason})"
        )


def verify(lease: Lease, connection: Connection) -> Outcome:
    """Ask DataCite for state and landing page, then the resolver, and store both verdicts.

    Where DataCite could not be asked, the resolver is not asked either.
    """
    row: Doi = Doi.get_by_id(lease.subject_id)
    answer = connection.ask(row.doi)
    if isinstance(answer, Outcome):
        return _finish(lease, connection, answer)
    # The second check has a time of its own: who takes over an expired lease must not meet us.
    if not jobs.renew(lease, connection.policy):
        return LOST
    try:
        led = _resolver(connection).check(row.doi, row.url)
    except Misconfigured as error:
        return _finish(lease, connection, Outcome(OutcomeKind.PERMANENT, "configuration", str(error)))
    seen = _Seen(
        row, Remote(answer.state) if answer.status == 200 else None, at_datacite(row, answer, connection.config), led
    )
    return _finish(lease, connection, _outcome(seen, answer.status), seen)


def _resolver(connection: Connection) -> Resolver:
    config = connection.config
    deadline = min(PATIENCE, connection.policy.lease.total_seconds() / 2)
    email = config.text("contact_email")
    return Resolver(resolver.base(config), config.environment, deadline=deadline, email=email)


def at_datacite(row: Doi, answer: Answer, config: Config) -> ResolverFinding:
    """What DataCite's answer proves."""
    wrong = mismatches(row, answer) + _changed_by_mds(row, answer, config)
    if wrong:
        return ResolverFinding(Verification.MISMATCH, "; ".join(wrong))
    return ResolverFinding(Verification.VERIFIED, f"{answer.state}, {row.url}")


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
    """Which blocks DataCite has stored otherwise than they were sent: over MDS it cleans and drops without a word.

    Looked at while what was sent is what the record says.
    """
    sent = answer.status == 200 and not row.changed and row.wanted in LADDER and bool(row.confirmed_hash)
    record = doi_rows.record(row) if sent and config.text("transport") == "mds" else None
    if record is None:
        return []
    names = compare.differences(datacite_document.document(record, row.doi, config), answer.attributes)
    blocks = [name for name in names if name not in ("doi", "url")]
    if not blocks:
        return []
    return [
        f"DataCite has not kept as sent over MDS: {', '.join(blocks)}; `doitui record show` warns of what it changes"
    ]


def _outcome(seen: _Seen, http_status: int) -> Outcome:
    """A mismatch is a result like any other; where the resolver or the page gave no answer, they are asked again."""
    if Verification.MISMATCH in (seen.api.verdict, seen.resolver.verdict):
        return Outcome(OutcomeKind.DONE, "mismatch", seen.reason, http_status)
    if seen.resolver.verdict is Verification.UNVERIFIED:
        return Outcome(OutcomeKind.RETRYABLE, "resolver_unreachable", seen.reason, http_status)
    return Outcome(OutcomeKind.DONE, http_status=http_status)


def _changed(facts: Facts, seen: _Seen) -> Facts:
    if facts.certainty is Certainty.CONFIRMED and seen.remote not in (None, facts.remote):
        assert seen.remote is not None
        facts = states.answered(facts, seen.remote)
    return states.checked(facts, api=seen.api.verdict, resolver=seen.resolver.verdict)


def _finish(lease: Lease, connection: Connection, outcome: Outcome, seen: _Seen | None = None) -> Outcome:
    """Write the verdicts (of the row as it was `seen`) and the job's end in one transaction; or `LOST`."""
    return finish_doi(
        lease,
        connection,
        outcome,
        lambda row, conclude: conclude(_write_verdicts(row, lease, outcome, seen)),
        committed=lambda row, end: activity_log.verified(row, end.outcome),
    )


def _write_verdicts(row: Doi, lease: Lease, outcome: Outcome, seen: _Seen | None) -> Outcome:
    """Write the verdicts; `outcome`, or `IN_FLIGHT` where they may be older than what was sent meanwhile."""
    facts, columns, detail = doi_rows.facts(row), _check_columns(row, outcome, seen), outcome.message
    if seen is not None and doi_rows.written_since(seen.row, row):
        outcome, columns, detail = IN_FLIGHT, {}, IN_FLIGHT.message
    elif seen is not None:
        facts, detail = _changed(facts, seen), seen.reason
    answer: dict[str, Any] = {"http_status": outcome.http_status, "cause": outcome.cause, "detail": detail}
    doi_rows.write(row, facts, actor=lease.worker, action="verify", **answer, **columns)
    return outcome


def _check_columns(row: Doi, outcome: Outcome, seen: _Seen | None) -> dict[str, Any]:
    """When which check came to a verdict, and how often in a row one could not be made."""
    if seen is None:
        return {"unreachable": row.unreachable + 1} if outcome.kind is OutcomeKind.RETRYABLE else {}
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
    for chunk in paced(row_chunks(due(delay_hours, repository), Doi.id, CHUNK, limit), step):
        with database.write():
            for found in chunk:
                at = found.repository_id
                if at not in attempts:
                    attempts[at] = repositories.config(found.repository).number("max_attempts")
                doi_rows.lock(found.id)
                jobs.enqueue(job_kinds.JobKind.VERIFY, found.id, at, actor=actor, max_attempts=attempts[at])
            queued += [found.id for found in chunk]
            what = plural(len(queued), "DOI")
            act = audit.note(actor, "verify", what, f"last written {delay_hours} h ago or earlier", act=act)
    return queued


def due(delay_hours: int, repository: str = "") -> peewee.ModelSelect[Doi]:
    """The DOIs that `queue_due` queues."""
    query = Doi.select(Doi, Repository).join(Repository).where(Doi.remote.in_(MINTED), Repository.active == 1)
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
    refused = (Attempt.outcome != "") & Attempt.outcome.not_in([str(OutcomeKind.DONE), str(OutcomeKind.AMBIGUOUS)])
    return Attempt.select(Attempt.id).where(Attempt.doi == Doi.id, Attempt.sent_at > moment, ~refused)
