"""What becomes of a record's DOI when the record is published (`domain.publish_decision`).

Publishing never fails because of it: what goes wrong is logged and returned. Nothing happens to a record that was
published before, nor at unpublishing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.models import Doi, Record
from doitui_core.dois import activity_log, doi_rows, reservations, targets
from doitui_core.domain import publish_decision
from doitui_core.domain.publish_decision import PublishDecision, PublishRules
from doitui_core.domain.states import Wanted
from doitui_core.errors import BadInput, DatabaseUnavailable, DoituiError, InvalidMetadata, Misconfigured, Refused


@dataclass(frozen=True, slots=True)
class PublishEffect:
    """What a publication did to the record's DOI. `created_by`, `registered_by`: the setting because of which it was
    created and queued for registration, empty where it was not. `job_id`: the job that registers it, 0 for none.
    `error`: why one of both failed.
    """

    doi: str = ""
    created_by: str = ""
    registered_by: str = ""
    job_id: int = 0
    error: str = ""

    @property
    def message(self) -> str:
        """What was done, for people; empty for nothing."""
        created = f"DOI {self.doi} created ({self.created_by})" if self.created_by else ""
        queued = f"queued as job {self.job_id}" if self.job_id else "to be queued"
        registered = f"{'' if created else f'DOI {self.doi} '}{queued} ({self.registered_by})"
        return ", ".join(filter(None, (created, registered if self.registered_by else "")))


NO_EFFECT = PublishEffect()


def apply(record: Record, config: Config, actor: str) -> PublishEffect:
    """Do it, for a record that has become published in this transaction. Inside `database.write()`."""
    rules = rules_for(record, config)
    if rules == PublishRules():
        return NO_EFFECT
    row = reservations.for_record(record)
    decision, effect = _decide(record, row, rules), NO_EFFECT
    try:
        if decision.create:
            row = _create(record, config, actor, decision.create)
            effect = PublishEffect(row.doi, created_by=decision.create)
        if decision.register and row is not None:
            job_id = targets.mint(record, Wanted.FINDABLE, actor=actor, config=config, because=decision.register).job_id
            effect = replace(effect, doi=row.doi, registered_by=decision.register, job_id=job_id)
    except DatabaseUnavailable:
        raise
    except (Refused, BadInput, Misconfigured) as error:
        if row is not None and not isinstance(error, InvalidMetadata):  # logged already
            activity_log.not_registered(row.doi, record.object_id, str(error))
        return replace(effect, error=str(error))
    if decision.register and row is None:
        activity_log.nothing_to_register(record.object_id)
    return effect


def preview(record: Record, config: Config, named: str = "") -> PublishEffect:
    """What `apply` would do; nothing is stored. `named`: the DOI that the record gets from its document before."""
    rules = rules_for(record, config)
    row = reservations.for_record(record) if record.id else None
    decision = _decide(record, row, rules, has_doi=bool(row or named))
    effect = NO_EFFECT
    try:
        if decision.create:
            effect = PublishEffect(reservations.preview(record), created_by=decision.create)
        doi = effect.doi or named or (row.doi if row is not None else "")
        if decision.register and doi:
            targets.check_mintable(record, Wanted.FINDABLE, config)
            effect = replace(effect, doi=doi, registered_by=decision.register)
    except DatabaseUnavailable:
        raise
    except DoituiError as error:
        return replace(effect, error=str(error))
    return effect


def rules_for(record: Record, config: Config) -> PublishRules:
    """The settings and the record's own `auto_create`."""
    return PublishRules(
        auto_create=config.text("auto_create") == "1",
        register_at_publish=config.text("register_at_publish") == "1",
        auto_mint=config.text("auto_mint") == "1",
        override=record.auto_create,
    )


def _decide(record: Record, row: Doi | None, rules: PublishRules, has_doi: bool = False) -> PublishDecision:
    minted = row is not None and (doi_rows.facts(row).minted or row.wanted == Wanted.TOMBSTONE)
    has_doi = has_doi or row is not None
    return publish_decision.decide(rules, has_doi=has_doi, foreign=bool(record.foreign_doi), minted=minted)


def _create(record: Record, config: Config, actor: str, because: str) -> Doi:
    with database.write():
        return reservations.create(record, config, actor, because=because)
