"""What is known of registration agencies, and the link sources that follow. Nobody is asked here: `deriving` asks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from doitui_core.db import database, prepared
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import DoiAgency
from doitui_core.domain.event import EventValue, Origin
from doitui_core.domain.link_sources import link_source, prefix_to_ask

#: Whose events can be links of our DOIs: those of others have a source of their own, and so has usage.
LINKS = frozenset({Origin.METADATA, Origin.HAND})

#: Prefixes looked up at once.
AT_ONCE = 500

_KNOWN = prepared.Select(
    lambda prefixes: DoiAgency.select(DoiAgency.prefix, DoiAgency.agency).where(
        DoiAgency.prefix.in_(prefixes), DoiAgency.agency != ""
    ),
    list,
)


def known(prefixes: Collection[str]) -> dict[str, str]:
    """The agencies of those of `prefixes` that the resolver named. An answer that named none counts for nothing."""
    rows = [row for some in in_chunks(sorted(prefixes), AT_ONCE) for row in _KNOWN.all(some)]
    return {row.prefix: row.agency for row in rows}


def asked_since(prefixes: Collection[str], moment: datetime) -> set[str]:
    """Those of `prefixes` about which the resolver was asked after `moment`."""
    found: set[str] = set()
    for some in in_chunks(sorted(prefixes), AT_ONCE):
        rows = DoiAgency.select(DoiAgency.prefix).where(DoiAgency.prefix.in_(some), DoiAgency.asked_at > moment)
        found |= {row.prefix for row in rows}
    return found


def note(prefix: str, agency: str) -> None:
    """Remember an answer; `agency` empty: none was named. Inside `database.write()`."""
    columns = {"agency": agency, "asked_at": database.now()}
    row = DoiAgency.insert(prefix=prefix, **columns)
    row.on_conflict(conflict_target=[DoiAgency.prefix], update=columns).execute()


def link_sources(events: Sequence[EventValue]) -> dict[str, str]:
    """By hash the sources of those that are links, as far as agencies are known (`domain.link_sources`)."""
    prefixes = {one.dedupe_hash: prefix_to_ask(one.relation_type_id, one.obj_id) for one in events}
    agencies = known({prefix for prefix in prefixes.values() if prefix})
    return {
        one.dedupe_hash: link_source(one.relation_type_id, one.obj_id, agencies.get(prefixes[one.dedupe_hash], ""))
        for one in events
    }
