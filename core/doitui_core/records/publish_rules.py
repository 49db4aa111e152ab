"""Publish, unpublish and delete records, and what that does to their DOIs.

What publishing does is in `publish_transition`. Unpublishing a record does not change its DOI (as in OPUS 4). Deleting
one ends its DOI: a registered DOI becomes a tombstone, and the record stays, unpublished, for the tombstone's page; any
other DOI is abandoned.
"""

from __future__ import annotations

from dataclasses import dataclass

from doitui_core.config import repositories
from doitui_core.db import audit, database, prepared
from doitui_core.db.models import Doi, Funding, Record
from doitui_core.dois import doi_rows, reservations, targets
from doitui_core.domain.states import Wanted
from doitui_core.notify import notices
from doitui_core.records import publish_transition, record_merge
from doitui_core.records.publish_transition import NO_EFFECT, PublishEffect

REASON = "The record was deleted."


@dataclass(frozen=True, slots=True)
class PublicationChange:
    """Whether the publication state changed, and what that did to the record's DOI."""

    changed: bool
    effect: PublishEffect = NO_EFFECT


def publish(record: Record, *, on: bool = True, actor: str = "python") -> PublicationChange:
    """Publish the record, or with `on=False` unpublish it. A later import of its document does not change it back.

    A failure to create or register its DOI stops nothing: it is in the result, in the log, and in one mail.
    """
    effect = NO_EFFECT
    with database.write():
        row = reservations.lock_record(record)
        changed = bool(row.published) != on
        row.set_by_hand = record_merge.with_hand(row.set_by_hand, "published")
        if changed:
            row.published, row.updated_at = on, database.now()
            audit.note(actor, "publish" if on else "unpublish", f"record {row.object_id}")
        prepared.update(row)
        if changed and on:
            config = repositories.config(row.repository)
            effect = publish_transition.apply(row, config, actor)
            if effect.error:
                notices.not_registered(row, config, effect.error)
    return PublicationChange(changed, effect)


def preview(record: Record, *, on: bool = True) -> PublicationChange:
    """What `publish` would do; nothing is stored."""
    changed = bool(record.published) != on
    if not changed or not on:
        return PublicationChange(changed)
    record.published = True
    return PublicationChange(True, publish_transition.preview(record, repositories.config(record.repository)))


def effect_on_doi(record: Record) -> str:
    """What `delete` would do with the record's DOI: tombstone, abandon, or nothing. Raises `Refused` as `delete`."""
    row = reservations.for_record(record)
    if row is None or row.wanted == Wanted.TOMBSTONE:
        return "nothing"
    if doi_rows.facts(row).minted:
        return "tombstone"
    targets.check_abandon(row.doi)
    return "abandon"


def delete(record: Record, *, reason: str = REASON, actor: str = "python") -> str:
    """Delete the record; what happened to its DOI, as `effect_on_doi` returns it.

    Raises `Refused` while the outcome of the DOI's last write is unknown.
    """
    with database.write():
        row = reservations.lock_record(record)
        doi, what = reservations.for_record(row), effect_on_doi(row)
        audit.note(actor, "delete", f"record {row.object_id}", reason)
        if doi is not None and what == "tombstone":
            targets.deactivate(doi.doi, reason=reason, actor=actor)
        if doi is not None and what == "abandon":
            targets.abandon(doi.doi, actor=actor)
        if what == "tombstone" or (doi is not None and what == "nothing"):
            publish(row, on=False, actor=actor)
            return what
        Doi.update(record=None).where(Doi.record == row.id).execute()
        Funding.delete().where(Funding.record == row.id).execute()
        Record.delete().where(Record.id == row.id).execute()
    return what
