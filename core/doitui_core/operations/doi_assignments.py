"""Give a record a DOI by hand, and take a surplus one away.

A record has one DOI, as in OPUS 4 since 4.6.2: an assigned one is refused where it has one, and only those beyond the
one it keeps can be taken away.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import peewee

from doitui_core.config import repositories
from doitui_core.db import audit, database, prepared
from doitui_core.db.models import Doi, Record
from doitui_core.dois import activity_log, doi_rows, reservations, targets
from doitui_core.domain import doi_paths, doi_spelling, identifiers, states, strict_json
from doitui_core.errors import BadInput, DoiTaken, InvalidDoi, Refused
from doitui_core.metadata import build
from doitui_core.records import record_merge, record_plan
from doitui_core.records.record_lookup import CONTROL
from doitui_core.records.record_merge import FOREIGN_DOI

#: Where a record's DOI stands: its own row, the foreign one it has, or an alternate identifier of its metadata.
OWN, FOREIGN, METADATA = "own", "foreign", "metadata"


@dataclass(frozen=True, slots=True)
class NamedDoi:
    """A DOI that a record has. `place`: where it stands; `status`: of its own row, else empty."""

    doi: str
    place: str
    status: str = ""


def of_record(record: Record) -> list[NamedDoi]:
    """All DOIs of a record, each once: its own, the foreign one, those among its alternate identifiers.

    An import drops alternate identifiers of the type DOI, as DataCite does; it leaves other spellings, such as `doi`.
    """
    row = reservations.for_record(record)
    found = [NamedDoi(row.doi, OWN, row.status)] if row is not None else []
    if record.foreign_doi:
        found.append(NamedDoi(record.foreign_doi, FOREIGN))
    found += [NamedDoi(doi, METADATA) for doi in _alternate(strict_json.tolerant_loads(record.metadata))]
    return list({identifiers.fold(one.doi): one for one in reversed(found)}.values())[::-1]


def _alternate(metadata: Any) -> Iterator[str]:
    rows = metadata.get("identifiers") if isinstance(metadata, dict) else None
    for row in rows if isinstance(rows, list) else []:
        if _is_doi(row):
            yield identifiers.parse_doi(row["identifier"])


def _is_doi(row: Any) -> bool:
    """Whether an alternate identifier is a DOI."""
    if not isinstance(row, dict) or str(row.get("identifierType", "")).lower() != "doi":
        return False
    return isinstance(row.get("identifier"), str) and bool(identifiers.parse_doi(row["identifier"]))


def check_assign(record: Record, text: str) -> tuple[str, bool]:
    """The bare DOI that the record can get, and whether it is ours. Raises `Refused` for a record that has a DOI,
    `DoiTaken`, `InvalidDoi`.
    """
    row = reservations.for_record(record)
    if have := row.doi if row is not None else record.foreign_doi:
        raise Refused(f"record {record.object_id} has the DOI {have} already: it can have only one", "has_doi")
    doi = doi_spelling.bare(text)
    if not identifiers.parse_doi(doi) or CONTROL.search(doi) or not database.storable(doi):
        raise InvalidDoi(f"{text!r} is no DOI: 10.NNNN/suffix")
    if doi_paths.dot_segment(doi):
        doi_paths.check(doi)
    ours = repositories.config(record.repository).is_ours(doi)
    if ours:
        identifiers.validate(doi)
    _refuse_taken(record, doi)
    return doi, ours


def _refuse_taken(record: Record, doi: str) -> None:
    """Raise `DoiTaken` for a DOI of another record, also for a foreign one."""
    folded = identifiers.fold(doi)
    row = Doi.get_or_none(Doi.folded == folded)
    other = row.record if row is not None else None
    if row is None:
        has_it: Any = (Record.foreign_doi != "") & (peewee.fn.LOWER(Record.foreign_doi) == peewee.fn.LOWER(doi))
        others = Record.select().where(has_it, Record.id != record.id)
        other = next((one for one in others if identifiers.fold(one.foreign_doi) == folded), None)
    if row is not None or other is not None:
        whose = f"record {other.object_id}" if other is not None else "no record, but is stored here"
        raise DoiTaken(f"record {record.object_id} cannot have {doi}: it is the DOI of {whose}")


def assign(record: Record, text: str, *, actor: str = "python") -> tuple[str, bool]:
    """Give a record without a DOI this one: under our prefix as its own, else as foreign, which is never registered.
    Nothing is sent. Imports of its document do not take it away. Raises as `check_assign`.
    """
    with database.write():
        row = reservations.lock_record(record)
        doi, ours = check_assign(row, text)
        if ours:
            reservations.assign(row, doi, repositories.config(row.repository), actor)
        else:
            row.foreign_doi, row.updated_at = doi, database.now()
            row.set_by_hand = record_merge.with_hand(row.set_by_hand, FOREIGN_DOI)
            prepared.update(row)
        audit.note(actor, "assign", f"record {row.object_id}", doi)
        activity_log.assigned(doi, row.object_id)
    return doi, ours


def check_unassign(record: Record, text: str) -> NamedDoi:
    """The DOI that can be taken away. Raises `BadInput` for one the record does not have, `Refused` for its only one
    and for a registered one, which is permanent.
    """
    named, folded = of_record(record), identifiers.fold(text)
    found = next((one for one in named if identifiers.fold(one.doi) == folded), None)
    if found is None:
        have = ", ".join(one.doi for one in named) or "none"
        raise BadInput(f"record {record.object_id} does not have the DOI {text!r} (it has: {have})")
    if len(named) == 1:
        raise Refused(
            f"{found.doi} is the only DOI of record {record.object_id}:"
            f" only a surplus one can be taken away{_instead(found)}",
            "only_doi",
        )
    if found.place == OWN:
        row = doi_rows.find(found.doi)
        if doi_rows.facts(row).minted:
            raise Refused(
                f"{found.doi} is {row.status}, and permanent: take the other DOI away, or"
                f" `doitui doi deactivate {found.doi} --reason TEXT`",
                "minted",
            )
        targets.check_abandon(found.doi)
    return found


def _instead(found: NamedDoi) -> str:
    """What to do about an only DOI that is wrong."""
    if found.place == OWN and found.status in (states.DoiStatus.RESERVED, states.DoiStatus.DRAFT):
        return f"; to give it up: `doitui doi abandon {found.doi}`"
    if found.place == FOREIGN:
        return "; to drop it: `doitui record import FILE --doi ignore`, FILE being the record's document"
    return ""


def unassign(record: Record, text: str, *, actor: str = "python") -> NamedDoi:
    """Take a surplus DOI away from a record: its own is abandoned, a foreign one or an alternate identifier removed. A
    document that still names it brings it back at the next import. Raises as `check_unassign`.
    """
    with database.write():
        row = reservations.lock_record(record)
        found = check_unassign(row, text)
        if found.place == OWN:
            targets.abandon(found.doi, actor=actor)
        else:
            _remove(row, found)
            prepared.update(row)
            reservations.refresh(row, repositories.config(row.repository))
        audit.note(actor, "unassign", f"record {row.object_id}", found.doi)
        activity_log.unassigned(found.doi, row.object_id)
    return found


def _remove(row: Record, found: NamedDoi) -> None:
    folded = identifiers.fold(found.doi)
    row.updated_at = database.now()
    if found.place == FOREIGN:
        row.foreign_doi = ""
        row.set_by_hand = record_merge.without_hand(row.set_by_hand, FOREIGN_DOI)
    metadata = json.loads(row.metadata)
    rows = metadata.get("identifiers")
    if not isinstance(rows, list):
        return
    left = [one for one in rows if not (_is_doi(one) and identifiers.fold(one["identifier"]) == folded)]
    if left != rows:
        metadata["identifiers"] = left
        row.metadata = record_plan.dumps(metadata, row.object_id)
        row.content_hash = build.fingerprint({"metadata": metadata, "url": row.url})
