"""Lines of the middleware's spool as entries of a log: for `usage count`, which stores nothing and knows no records."""

from __future__ import annotations

from doitui_core.usage.access_log import Entry
from doitui_core.usage.log_lines import BadLine
from doitui_middleware import spool_line

FIELDS = 12


def read(line: bytes) -> Entry | None:
    """What `line` says, None for an empty one. Raises `BadLine`. The wall clock of a spool is UTC."""
    if line == b"\n":
        return None
    try:
        hit = spool_line.decode(line)
    except spool_line.BadLine as error:
        raise BadLine(str(error)) from error
    return Entry(
        time=hit.time,
        wall=hit.time,
        # The hash of an address has the hour in it already.
        kind=f"spool {hit.actor_kind}",
        who=hit.actor,
        address="",
        agent=hit.agent,
        url=hit.url,
        key=hit.key,
        is_doi=hit.key_kind == spool_line.DOI,
        request=hit.kind == spool_line.DOWNLOAD,
        takes_back=hit.taken_back,
        repository=hit.repository,
    )
