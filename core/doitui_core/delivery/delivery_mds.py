"""A write over DataCite's MDS: one call after another, each recorded, each only after the one before succeeded.

MDS names no state and takes whatever is there: metadata sent again brings a hidden DOI back, and what is hidden twice
may come back too. So REST is asked first, every time, and `mds_states` says which calls may follow.
"""

from __future__ import annotations

from typing import Any

from doitui_core.datacite import mds_states
from doitui_core.datacite.mds import MdsRequest
from doitui_core.datacite.mds_outcomes import METADATA_FIRST, PROVES, mds_outcome, other_doi
from doitui_core.datacite.mds_states import Call
from doitui_core.db.models import Attempt, Doi
from doitui_core.delivery import finishing, outgoing_request, ownership
from doitui_core.dois import doi_rows
from doitui_core.domain import outcomes, states
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import TARGET, Facts, Remote, Wanted
from doitui_core.errors import BadInput, Misconfigured, RemoteFailed
from doitui_core.metadata import build, to_xml
from doitui_core.queue.connection import LOST, Connection
from doitui_core.queue.leases import Lease

UNCHANGEABLE = "MDS cannot change a registered DOI without publishing it: transport = rest can"
NO_WAY = "MDS has no way from {} to {}: transport = rest has"


def send(lease: Lease, connection: Connection, row: Doi) -> Outcome:
    """Ask for the state, then make the calls that lead to what is wanted."""
    found = connection.ask(row.doi)
    if isinstance(found, Outcome):
        return finishing.finish(lease, connection, found)
    facts, remote = doi_rows.facts(row), Remote(found.state) if found.status == 200 else Remote.NONE
    if facts.remote in states.ABSENT and remote is not Remote.NONE:
        refused = ownership.refusal(row, found, connection)
        if refused is not None:
            return finishing.finish(lease, connection, refused)
    if remote is not facts.remote and not finishing.save_progress(lease, _with_answer(remote), action="probe"):
        return LOST
    facts = states.answered(facts, remote)
    if facts.wanted is Wanted.ABANDONED:
        return _abandon(lease, connection, row, remote)
    if facts.wanted not in TARGET:
        return finishing.finish(lease, connection, outcomes.nothing_sent(f"it is {remote} at DataCite, as wanted"))
    return _bring(lease, connection, row, facts)


def _with_answer(remote: Remote) -> finishing.Change:
    return lambda facts: states.answered(facts, remote)


def _abandon(lease: Lease, connection: Connection, row: Doi, remote: Remote) -> Outcome:
    if remote is Remote.NONE:
        return finishing.finish(lease, connection, outcomes.nothing_sent("DataCite does not have it"))
    if remote is not Remote.DRAFT:
        kind, cause, advice = outcomes.BY_STATUS[405]
        return finishing.finish(lease, connection, Outcome(kind, cause, advice), ownership.keep_registered(row, remote))
    return _Calls(lease, connection, row, remote).make((Call.DELETE_DOI,), {})


def _bring(lease: Lease, connection: Connection, row: Doi, facts: Facts) -> Outcome:
    calls = mds_states.steps(facts.remote, facts.wanted)
    if calls is None:
        message = NO_WAY.format(facts.remote, facts.wanted)
        return finishing.finish(lease, connection, Outcome(OutcomeKind.PERMANENT, "no_way", message))
    page = connection.config.tombstone_page(row.doi) if Call.DELETE_METADATA in calls else ""
    if page:
        # Before it is hidden: afterwards an address cannot be set without publishing.
        return _Calls(lease, connection, row, facts.remote, url=page).make((Call.PUT_URL, *calls), {"url": page})
    if not calls:
        return finishing.finish(lease, connection, _left_alone(row, facts))
    if calls == (Call.DELETE_METADATA,):
        return _Calls(lease, connection, row, facts.remote).make(calls, {})
    return _whole(lease, connection, row, facts, calls)


def _left_alone(row: Doi, facts: Facts) -> Outcome:
    """Where MDS has no call that would not publish. What should have changed and cannot is no success."""
    if facts.wanted is Wanted.REGISTERED and row.changed:
        return Outcome(OutcomeKind.PERMANENT, "no_way", UNCHANGEABLE)
    return outcomes.nothing_sent(f"it is {facts.remote} at DataCite, and whatever MDS is sent would publish it")


def _whole(lease: Lease, connection: Connection, row: Doi, facts: Facts, calls: tuple[Call, ...]) -> Outcome:
    """Metadata and address."""
    document = outgoing_request.content(row, facts, connection.config)
    if not isinstance(document, Outcome) and build.fingerprint(document) != row.current_hash:
        row, config = outgoing_request.renew(row)
        document = outgoing_request.content(row, facts, config)
    if isinstance(document, Outcome):
        return finishing.finish(lease, connection, document, seen=row)
    columns = {"confirmed_hash": build.fingerprint(document)}
    return _Calls(lease, connection, row, facts.remote, document["url"] or "", document).make(calls, columns)


class _Calls:
    """The calls of one job. `remote` is the state as far as they have led."""

    def __init__(
        self,
        lease: Lease,
        connection: Connection,
        row: Doi,
        remote: Remote,
        url: str = "",
        document: dict[str, Any] | None = None,
    ) -> None:
        assert connection.mds is not None
        self._lease, self._connection, self._row, self._mds = lease, connection, row, connection.mds
        self._remote, self._url, self._document = remote, url, document

    def make(self, calls: tuple[Call, ...], columns: dict[str, Any]) -> Outcome:
        """Make them, one after the other; the end of the job. `columns` hold when all are done."""
        outcome = outcomes.DONE
        last: tuple[Attempt | None, Answer | None] = (None, None)
        for place, call in enumerate(calls, 1):
            try:
                request = self._mds.request(call, self._row.doi, self._content(call))
            except BadInput as error:
                return finishing.finish(
                    self._lease, self._connection, Outcome(OutcomeKind.PERMANENT, "metadata", str(error))
                )
            self._connection.spend()
            attempt = self._begin(request)
            if attempt is None:
                return LOST
            outcome, answer = self._made(request)
            if outcome.kind is not OutcomeKind.DONE:
                return finishing.finish(
                    self._lease,
                    self._connection,
                    outcome,
                    self._proven_state(outcome),
                    attempt=attempt,
                    answer=answer,
                    seen=self._row,
                )
            self._remote = PROVES.get(outcome.cause, mds_states.state_after(call, self._remote))
            outcome = Outcome(OutcomeKind.DONE, http_status=outcome.http_status)
            if place == len(calls):
                last = attempt, answer
            elif not self._save_progress(call, attempt, outcome, answer):
                return LOST
        return self._finish(outcome, *last, columns)

    def _finish(
        self, outcome: Outcome, attempt: Attempt | None, answer: Answer | None, columns: dict[str, Any]
    ) -> Outcome:
        change = _with_answer(self._remote)
        return finishing.finish(
            self._lease, self._connection, outcome, change, attempt=attempt, answer=answer, **columns
        )

    def _save_progress(self, call: Call, attempt: Attempt, outcome: Outcome, answer: Answer | None) -> bool:
        change = _with_answer(self._remote)
        return finishing.save_progress(
            self._lease, change, action=str(call), attempt=attempt, outcome=outcome, answer=answer
        )

    def _begin(self, request: MdsRequest) -> Attempt | None:
        whole = self._document if request.call is Call.PUT_METADATA else None
        return outgoing_request.begin(
            self._lease,
            self._connection,
            self._row,
            method=request.method,
            target=request.url,
            body=request.body,
            document=whole,
        )

    def _content(self, call: Call) -> str:
        if call is Call.PUT_METADATA:
            assert self._document is not None
            return to_xml.render(self._document, doi=self._row.doi).decode()
        return self._url if call is Call.PUT_URL else ""

    def _made(self, request: MdsRequest) -> tuple[Outcome, Answer | None]:
        try:
            answer = self._mds.send(request)
        except (RemoteFailed, Misconfigured) as error:
            return finishing.probe_soon(self._lease, self._connection, outcomes.from_error(error)), None
        other = outcomes.other_doi(answer, self._row.doi, other_doi(answer))
        outcome = other or mds_outcome(answer, request.call)
        if outcome.cause == METADATA_FIRST and finishing.ended_before(self._lease, METADATA_FIRST):
            outcome = Outcome(OutcomeKind.PERMANENT, METADATA_FIRST, outcome.message, answer.status)
        return finishing.probe_soon(self._lease, self._connection, outcome), answer

    def _proven_state(self, outcome: Outcome) -> finishing.Change:
        """What a refusal proves about the state, if anything."""
        proven = PROVES.get(outcome.cause)
        return (lambda facts: facts) if proven is None else _with_answer(proven)
