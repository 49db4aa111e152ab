"""A write over DataCite's MDS: one call after another, each recorded, each only after the one before succeeded.

MDS names no state and takes whatever is there: metadata sent again brings a hidden DOI back, and what is hidden twice
may come back too. So REST is asked first, every time, and `mds_states` says which calls may follow.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from doitui_core.datacite import mds_states
from doitui_core.datacite.mds import MdsClient, MdsRequest
from doitui_core.datacite.mds_outcomes import METADATA_FIRST, PROVES, mds_outcome, other_doi
from doitui_core.datacite.mds_states import Call
from doitui_core.db.models import Doi
from doitui_core.delivery import outgoing_request, ownership
from doitui_core.delivery.finishing import WriteJob, answered, unchanged
from doitui_core.dois import doi_rows
from doitui_core.domain import outcomes, states
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import TARGET, Facts, Remote, Wanted
from doitui_core.errors import BadInput, Misconfigured, RemoteFailed
from doitui_core.metadata import build, to_xml
from doitui_core.queue.connection import LOST

UNCHANGEABLE = "MDS cannot change a registered DOI without publishing it: transport = rest can"
NO_WAY = "MDS has no way from {} to {}: transport = rest has"


def send(job: WriteJob) -> Outcome:
    """Ask for the state, then make the calls that lead to what is wanted."""
    found = job.connection.ask(job.row.doi)
    if isinstance(found, Outcome):
        return job.finish(found)
    facts, remote = doi_rows.facts(job.row), found.remote
    if facts.remote in states.ABSENT and remote is not Remote.NONE:
        refused = ownership.refusal(job.row, found, job.connection)
        if refused is not None:
            return job.finish(refused)
    if remote is not facts.remote and not job.save_progress(answered(remote), action="probe"):
        return LOST
    facts = states.answered(facts, remote)
    if facts.wanted is Wanted.ABANDONED:
        return _abandon(job, remote)
    if facts.wanted not in TARGET:
        return job.finish(outcomes.nothing_sent(f"it is {remote} at DataCite, as wanted"))
    return _bring(job, facts)


def _abandon(job: WriteJob, remote: Remote) -> Outcome:
    if remote is Remote.NONE:
        return job.finish(outcomes.nothing_sent("DataCite does not have it"))
    if remote is not Remote.DRAFT:
        return job.finish(Outcome(*outcomes.BY_STATUS[405]), ownership.keep_registered(job.row, remote))
    return _Calls(job, remote).make((Call.DELETE_DOI,))


def _bring(job: WriteJob, facts: Facts) -> Outcome:
    calls = mds_states.steps(facts.remote, facts.wanted)
    if calls is None:
        return job.finish(Outcome(OutcomeKind.PERMANENT, "no_way", NO_WAY.format(facts.remote, facts.wanted)))
    page = job.connection.config.tombstone_page(job.row.doi) if Call.DELETE_METADATA in calls else ""
    if page:
        # Before it is hidden: afterwards an address cannot be set without publishing.
        return _Calls(job, facts.remote, page).make((Call.PUT_URL, *calls), url=page)
    if not calls:
        return job.finish(_left_alone(job.row, facts))
    if calls == (Call.DELETE_METADATA,):
        return _Calls(job, facts.remote).make(calls)
    return _send_document(job, facts, calls)


def _left_alone(row: Doi, facts: Facts) -> Outcome:
    """Where MDS has no call that would not publish. What should have changed and cannot is no success."""
    if facts.wanted is Wanted.REGISTERED and row.changed:
        return Outcome(OutcomeKind.PERMANENT, "no_way", UNCHANGEABLE)
    return outcomes.nothing_sent(f"it is {facts.remote} at DataCite, and whatever MDS is sent would publish it")


def _send_document(job: WriteJob, facts: Facts, calls: tuple[Call, ...]) -> Outcome:
    """Metadata and address."""
    document = outgoing_request.content(job.row, facts, job.connection.config)
    fingerprint = "" if isinstance(document, Outcome) else build.fingerprint(document)
    if fingerprint not in ("", job.row.current_hash):
        row, config = outgoing_request.renew(job.row)
        job, document = replace(job, row=row), outgoing_request.content(row, facts, config)
    if isinstance(document, Outcome):
        return job.finish(document, may_be_old=True)
    fingerprint = build.fingerprint(document)
    return _Calls(job, facts.remote, document["url"] or "", document, fingerprint).make(
        calls, confirmed_hash=fingerprint
    )


@dataclass
class _Calls:
    """The calls of one job. `remote`: the state after those that were made. `url`, `document`: what they send."""

    job: WriteJob
    remote: Remote
    url: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    fingerprint: str = ""

    def make(self, calls: tuple[Call, ...], **columns: Any) -> Outcome:
        """Make them, one after the other; the end of the job. `columns` are written when all are done."""
        call, *others = calls
        try:
            request = self._mds.request(call, self.job.row.doi, self._content(call))
        except BadInput as error:
            return self.job.finish(Outcome(OutcomeKind.PERMANENT, "metadata", str(error)))
        self.job.connection.spend()
        with_metadata = call is Call.PUT_METADATA
        document, fingerprint = (self.document, self.fingerprint) if with_metadata else ({}, "")
        sent = outgoing_request.begin(self.job, request.method, request.url, document, fingerprint, body=request.body)
        if sent is None:
            return LOST
        outcome, answer = self._sent(request)
        sent = replace(sent, answer=answer)
        if outcome.kind is not OutcomeKind.DONE:
            proven = PROVES.get(outcome.cause)
            return sent.finish(outcome, unchanged if proven is None else answered(proven), may_be_old=True)
        self.remote = PROVES.get(outcome.cause, mds_states.state_after(call, self.remote))
        outcome = Outcome(OutcomeKind.DONE, http_status=outcome.http_status)
        if not others:
            return sent.finish(outcome, answered(self.remote), **columns)
        if not sent.save_progress(answered(self.remote), action=str(call), outcome=outcome):
            return LOST
        return self.make(tuple(others), **columns)

    @property
    def _mds(self) -> MdsClient:
        assert self.job.connection.mds is not None
        return self.job.connection.mds

    def _content(self, call: Call) -> str:
        if call is Call.PUT_METADATA:
            return to_xml.render(self.document, doi=self.job.row.doi, joined=False).decode()
        return self.url if call is Call.PUT_URL else ""

    def _sent(self, request: MdsRequest) -> tuple[Outcome, Answer | None]:
        try:
            answer = self._mds.send(request)
        except (RemoteFailed, Misconfigured) as error:
            return self.job.probe_soon(outcomes.from_error(error)), None
        other = outcomes.other_doi(answer, self.job.row.doi, other_doi(answer))
        outcome = other or mds_outcome(answer, request.call)
        if outcome.cause == METADATA_FIRST and self.job.ended_before(METADATA_FIRST):
            outcome = Outcome(OutcomeKind.PERMANENT, METADATA_FIRST, outcome.message, answer.status)
        return self.job.probe_soon(outcome), answer
