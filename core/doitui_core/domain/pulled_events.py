"""Which events of an Events API others made about our DOIs, and who cites whom. Pure.

A link is reported by whoever's metadata states it: DataCite makes `datacite-…` events with our DOI as subject from the
documents we sent (datacite-api 5), and Crossref `crossref` events with a paper as subject from its own. So what comes
back with our DOI as subject and such a source is our own statement, and never a citation by somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from doitui_core import clock
from doitui_core.domain import event_ids
from doitui_core.domain.event import RELATIONS, is_id
from doitui_core.errors import BadInput

#: The relation types that are stored: links of works. Usage comes from our own counts, authors and funders from our own
#: documents.
LINKS = frozenset(RELATIONS.values())

#: By relation type the end that is cited (lupo event.rb; datacite-api 3.2).
CITED_END = {
    **dict.fromkeys(("cites", "references", "is-supplemented-by"), "obj"),
    **dict.fromkeys(("is-cited-by", "is-referenced-by", "is-supplement-to"), "subj"),
}

#: Sources that DataCite fills from the documents of the subject: this beginning, or one of these.
_FROM_METADATA, _ALSO_FROM_METADATA = "datacite-", frozenset({"orcid-affiliation"})


class PulledKind(StrEnum):
    """What an event is to us. Only `STORED` ones are stored."""

    STORED = "stored"
    OURS = "ours"
    OTHER_DOIS = "other_dois"
    NO_LINK = "no_link"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class PulledValue:
    """An event as an Events API has it, ids in canonical form. `occurred_at`: microseconds since 1970, 0: unknown."""

    uuid: str
    subj_id: str
    relation_type_id: str
    obj_id: str
    source_id: str
    source_token: str
    total: int
    occurred_at: int

    @property
    def dedupe_hash(self) -> str:
        """As `EventValue.dedupe_hash`."""
        return event_ids.dedupe_hash(self.subj_id, self.relation_type_id, self.obj_id, self.source_id)

    @property
    def ends(self) -> tuple[str, str]:
        """Both ids, the cited one first."""
        return (self.subj_id, self.obj_id) if self.cited_end == "subj" else (self.obj_id, self.subj_id)

    @property
    def cited_end(self) -> str:
        """`subj` or `obj`; empty for a link that is no citation."""
        return CITED_END.get(self.relation_type_id, "")


@dataclass(frozen=True, slots=True)
class OwnEvents:
    """How a repository's events are recognised: their `sources`, and their source `token` where it is no default."""

    sources: frozenset[str] = frozenset()
    token: str = ""


def read(event: Mapping[str, Any]) -> PulledValue | None:
    """An event of `EventQueryClient`; None where an id is missing or cannot be stored."""
    names = ("subj_id", "relation_type_id", "obj_id", "source_id")
    texts = [event.get(name) for name in names]
    subj, relation, obj, source = (text if isinstance(text, str) else "" for text in texts)
    uuid = str(event["id"]).lower()
    if not all(map(is_id, (uuid, subj, relation, obj, source))):
        return None
    total = event.get("total")
    is_count = isinstance(total, int) and not isinstance(total, bool) and 0 < total < 2**62
    return PulledValue(
        uuid,
        event_ids.canonical(subj),
        relation,
        event_ids.canonical(obj),
        source,
        str(event.get("source_token") or ""),
        int(total) if is_count and isinstance(total, int) else 1,
        _micros(event.get("occurred_at")),
    )


def kind(event: PulledValue | None, ours: frozenset[str], own: OwnEvents) -> PulledKind:
    """What `event` is to a repository. `ours`: those of its two ids that are DOIs of the repository."""
    if event is None:
        return PulledKind.UNUSABLE
    if event.relation_type_id not in LINKS:
        return PulledKind.NO_LINK
    if not ours:
        return PulledKind.OTHER_DOIS
    return PulledKind.OURS if _is_own(event, event.subj_id in ours, own) else PulledKind.STORED


def _is_own(event: PulledValue, is_subject: bool, own: OwnEvents) -> bool:
    if own.token and event.source_token == own.token:
        return True
    if not is_subject:
        return False
    if event.source_id.startswith(_FROM_METADATA) or event.source_id in own.sources | _ALSO_FROM_METADATA:
        return True
    # Under our UUID, with another source on the wire.
    ends = event.subj_id, event.relation_type_id, event.obj_id
    hashes = (event_ids.dedupe_hash(*ends, source) for source in own.sources)
    return event.uuid in map(event_ids.event_uuid, hashes)


def _micros(text: object) -> int:
    try:
        return clock.micros(clock.parse(str(text)))
    except BadInput:
        return 0
