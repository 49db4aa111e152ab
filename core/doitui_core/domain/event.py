"""One event, as a value: subject, relation, object, source, and how often."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from doitui_core.domain import event_ids
from doitui_core.domain.event_kinds import USAGE, USAGE_RELATIONS
from doitui_core.errors import BadInput, InvalidDoi
from doitui_core.metadata.kernel4 import VOCABULARIES

#: Kernel-4's relationType in the spelling of Event Data: IsSupplementTo, is-supplement-to.
RELATIONS = {word: re.sub(r"(?<=[a-z])(?=[A-Z])", "-", word).lower() for word in VOCABULARIES["relationType"]}

AUTHORED_BY, AUTHORED_AT, FUNDED_BY = "is-authored-by", "is-authored-at", "is-funded-by"

#: Control characters and halves of characters: no id of anything.
_NOT_IN_IDS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")

_KNOWN = frozenset({*RELATIONS.values(), *USAGE.values(), AUTHORED_BY, AUTHORED_AT, FUNDED_BY})


class Origin(StrEnum):
    """What was counted, what a document states, what somebody typed in."""

    USAGE = "usage"
    METADATA = "metadata"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class EventValue:
    """Something that happened to a DOI. Ids are canonical, the relation in kebab-case.

    `total`: how often since the beginning, 1 for what is stated. `occurred_at`: ISO 8601 in UTC; empty: when DataCite
    gets it. `payload`: `subj` and `obj`, further metadata of both ends (datacite-api 5). `known_as`: the UUID it
    has where it is not that of its hash.
    """

    subj_id: str
    relation_type_id: str
    obj_id: str
    source_id: str
    total: int = 1
    occurred_at: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    known_as: str = ""

    @property
    def obj_type(self) -> str:
        """doi, orcid, ror, url, uri, or other."""
        return event_ids.id_type(self.obj_id)

    @property
    def dedupe_hash(self) -> str:
        """Equal for equal subject, relation, object and source: 64 hexadecimal digits."""
        return event_ids.dedupe_hash(self.subj_id, self.relation_type_id, self.obj_id, self.source_id)

    @property
    def uuid(self) -> str:
        """The UUID under which it goes out, always."""
        return self.known_as or event_ids.event_uuid(self.dedupe_hash)


def as_sent(event: EventValue) -> EventValue:
    """The event as it goes out: one of usage names the landing page as subject and the DOI as object.

    DataCite attributes a view or download to the object (event.rb `set_source_and_target_doi`; datacite-api 9). The
    UUID stays that of the stored order, the recipe's (`event_ids.dedupe_hash`), so what was sent in that order is the
    same event.
    """
    if event.relation_type_id not in USAGE_RELATIONS:
        return event
    sides = {"subj": "obj", "obj": "subj"}
    payload = {sides.get(name, name): value for name, value in event.payload.items()}
    return replace(event, subj_id=event.obj_id, obj_id=event.subj_id, payload=payload, known_as=event.uuid)


def is_id(text: str) -> bool:
    """Whether `text` can be an id of an event: one line, of characters that every database keeps."""
    return bool(text) and not _NOT_IN_IDS.search(text)


def subject(doi: str) -> str:
    """The canonical id of a subject. Raises `InvalidDoi`."""
    canonical = event_ids.doi_id(doi)
    if not is_id(canonical):
        raise InvalidDoi(f"{doi!r} is not a DOI: the subject of an event must be one, such as 10.5072/abc")
    return canonical


def from_text(subj: str, relation: str, obj: str, source: str, *, total: int = 1, occurred_at: str = "") -> EventValue:
    """The event that somebody types in. The relation also in Kernel-4's spelling; ids in any.

    Raises `InvalidDoi` for a subject that is none, `BadInput` for an unknown relation, an empty object or source, or a
    total below 1.
    """
    kebab = RELATIONS.get(relation.strip(), relation.strip())
    if kebab not in _KNOWN:
        raise BadInput(
            f"{relation!r} is not a relation type: use one of Kernel 4 (is-cited-by …), {AUTHORED_BY}, {AUTHORED_AT},"
            f" {FUNDED_BY}, or one of usage, such as unique-dataset-requests-regular"
        )
    object_id = event_ids.canonical(obj)
    for what, text in (("object", object_id), ("source", source.strip())):
        if not is_id(text):
            raise BadInput(f"{text!r} cannot be the {what} of an event: give an id in one line")
    if total < 1:
        raise BadInput(f"an event has a total of 1 or more, not {total}")
    return EventValue(subject(subj), kebab, object_id, source.strip(), total, occurred_at)
