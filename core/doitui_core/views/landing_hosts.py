"""At which hosts the landing pages of records are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from doitui_core.db.models import Record

#: The newest records, of which hosts are looked at without being asked for all; and rows read at once.
NEWEST, CHUNK = 1000, 10_000


@dataclass(slots=True)
class Host:
    """How many records have a landing page of their own there, and the newest of them."""

    records: int
    example: str


def of_records(repository_id: int, *, thorough: bool = False) -> dict[str, Host]:
    """The hosts of records that have an address of their own: of the newest 1,000 records, or of all."""
    found: dict[str, Host] = {}
    for object_id, url in _addresses(repository_id, thorough):
        if url and (name := host(url)):
            found.setdefault(name, Host(0, object_id)).records += 1
    return found


def host(url: str) -> str:
    """The host of an address as it is written; empty where there is none."""
    try:
        place = urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return place if place.startswith("[") else place.partition(":")[0]


def _addresses(repository_id: int, thorough: bool) -> Iterator[tuple[str, str]]:
    mine: Any = Record.select(Record.id, Record.object_id, Record.url).where(Record.repository == repository_id)
    newest = mine.order_by(Record.id.desc())
    if not thorough:
        yield from ((object_id, url) for _, object_id, url in newest.limit(NEWEST).tuples())
        return
    rows: list[Any] = list(newest.limit(CHUNK).tuples())
    while rows:
        yield from ((object_id, url) for _, object_id, url in rows)
        rows = list(newest.where(Record.id < rows[-1][0]).limit(CHUNK).tuples())
