"""What a write sends, and the attempt that is recorded before it is sent.

A request depends on facts and record only. A changed landing page is no request of its own: the whole document is sent
again by PUT, with its `url` (over MDS see `delivery_mds`). Hiding sends no metadata, so that a broken record can still
be hidden.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database, fields, prepared
from doitui_core.db.models import Attempt, Doi, Payload, Record
from doitui_core.delivery.finishing import WriteJob
from doitui_core.dois import datacite_document, doi_rows, reservations
from doitui_core.domain import states
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import Facts, Step, Wanted
from doitui_core.metadata import build
from doitui_core.queue import jobs

METHODS = {Step.CREATE: "POST", Step.REPLACE: "PUT", Step.DELETE: "DELETE"}


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """One REST request. `document`: its attributes without the event. `fingerprint`: of the whole document; empty
    where no metadata is sent.
    """

    method: str
    event: str | None
    document: dict[str, Any]
    fingerprint: str

    @property
    def attributes(self) -> dict[str, Any]:
        """What goes out: empty blocks only with a PUT, which has to clear what DataCite may have in them."""
        return build.filled(self.document) if self.method == "POST" else self.document


def build_request(row: Doi, facts: Facts, config: Config) -> OutgoingRequest | Outcome:
    """What to send next, or why it cannot be sent."""
    method = METHODS[states.next_step(facts)]
    event = states.event(facts)
    if method == "DELETE":
        return OutgoingRequest(method, None, {}, "")
    if event == "hide":
        page = config.tombstone_page(row.doi)
        return OutgoingRequest(method, event, {"url": page} if page else {}, "")
    whole = content(row, facts, config)
    return whole if isinstance(whole, Outcome) else OutgoingRequest(method, event, whole, build.fingerprint(whole))


def content(row: Doi, facts: Facts, config: Config) -> dict[str, Any] | Outcome:
    """The whole document, or why DataCite would refuse it."""
    record = doi_rows.record(row)
    if record is None:
        return Outcome(OutcomeKind.PERMANENT, "no_record", f"{row.doi} has no record here, so there is nothing to send")
    target = str(facts.wanted if facts.wanted in states.LADDER else Wanted.REGISTERED)
    attributes = datacite_document.attributes(record, config)
    wrong = datacite_document.errors(record, config, target, attributes)
    if wrong:
        reasons = "; ".join(f"{finding.message} ({finding.code})" for finding in wrong)
        return Outcome(OutcomeKind.PERMANENT, "metadata", f"not sent: {reasons}")
    return datacite_document.document(record, row.doi, config, attributes, tombstone=facts.wanted is Wanted.TOMBSTONE)


def renew(row: Doi) -> tuple[Doi, Config]:
    """The row with the fingerprint of its current content, and the settings as they are now.

    The stored one is old where a setting (a default, the template of landing pages) has changed since: the DOI would
    stay `changed`.
    """
    with database.write():
        doi_rows.lock(row.id)
        config = repositories.config(row.repository)
        reservations.refresh(Record.get_by_id(row.record_id), config)
        return Doi.get_by_id(row.id), config


def to_json(document: dict[str, Any]) -> str:
    """The document as JSON text."""
    return json.dumps(document, ensure_ascii=False)


def begin(
    job: WriteJob,
    method: str,
    target: str,
    document: dict[str, Any],
    fingerprint: str,
    *,
    event: str = "",
    body: str = "",
) -> WriteJob | None:
    """Note that a request goes out now, and renew the lease; None when the lease is lost. Committed before sending.

    `document`, `fingerprint`: what is sent of the whole document, and the latter's fingerprint, stored as what was sent
    last; empty where none is.
    `body`: the text that is sent, where it is not the document as JSON.
    """
    payloads = {fingerprint: to_json(document)} if fingerprint else {}
    of_body = build.fingerprint({"body": body}) if body else fingerprint
    if body:
        payloads[of_body] = body
    packed = [Payload(fingerprint=key, body=fields.pack_text(text)) for key, text in payloads.items()]
    lease, row = job.lease, job.row
    ours = {"doi": row.id, "job_id": lease.job_id, "worker": lease.worker}
    attempt = Attempt(**ours, method=method, target=target, event=event, fingerprint=of_body)
    # This note alone tells later on that it was us: it must not be lost, whatever becomes of this machine.
    with database.write(durable=True):
        locked = doi_rows.lock(row.id)
        if not jobs.renew(lease, job.connection.policy):
            return None
        for payload in packed:
            prepared.insert(payload)
        if fingerprint:
            locked.sent_hash = fingerprint
            prepared.update(locked)
        attempt.sent_at = database.now()
        prepared.insert(attempt)
    return replace(job, attempt=attempt, answer=None)
