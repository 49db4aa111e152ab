"""The counts of a month, DOI by DOI in the order of their names, a page at a time.

Read in pages and not by one statement, so that a submission of hours keeps no transaction open. A page begins after the
last DOI of the one before: each DOI comes once, whatever is counted meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from doitui_core.db import raw_sql
from doitui_core.db.chunks import by_key
from doitui_core.domain import strict_json
from doitui_core.domain.counter_terms import COLUMNS, METRICS
from doitui_core.domain.states import MINTED
from doitui_core.domain.usage_rule import is_reported

#: DOIs of a page.
PAGE = 500

# By name, with its unique index. The repository is compared here: with a condition for it the planners use other
# indexes, and sort the whole table for each page.
_DOIS = (
    "SELECT id, doi, folded, url, record_id, wanted, remote, repository_id FROM doi WHERE folded > {p}"
    f" ORDER BY folded LIMIT {PAGE}"
)

# A join and no IN: without good statistics PostgreSQL compares each row of the table with all ids of a list. CROSS JOIN
# makes SQLite begin with the page.
_COUNTS = (
    f"SELECT doi_id, access_method, country, {', '.join(f'SUM({column})' for column in COLUMNS)}"
    " FROM (VALUES {ids}) AS page CROSS JOIN usage_count"
    " WHERE doi_id = page.column1 AND day >= {p} AND day < {p}"
    " GROUP BY doi_id, access_method, country ORDER BY doi_id, access_method, country"
)

_RECORDS = (
    "SELECT id, title, metadata, url, published FROM (VALUES {ids}) AS page CROSS JOIN record WHERE id = page.column1"
)

#: (metric type, access method)
Counted = tuple[str, str]


@dataclass(slots=True)
class Usage:
    """One DOI with its counts, none of them 0: `counts[metric, method]`; `countries[metric, method][country]`."""

    doi: str
    url: str
    title: str
    metadata: dict[str, Any]
    counts: dict[Counted, int] = field(default_factory=dict)
    countries: dict[Counted, dict[str, int]] = field(default_factory=dict)

    @property
    def by_relation(self) -> dict[str, int]:
        """The counts by `METRIC-METHOD`, as the relations of events are named."""
        return {f"{metric}-{method}": count for (metric, method), count in self.counts.items()}


def usages(repository_id: int, days: range, skip: Callable[[int], object] = lambda _: None) -> Iterator[Usage]:
    """What was counted on `days`, by DOI. `skip` is called with numbers of DOIs whose counts are not reported
    (`usage_rule`): they are not registered, or their record is not published.
    """
    for rows in by_key(lambda after: raw_sql.execute(_DOIS, after).fetchall(), itemgetter(2), after=""):
        dois = [row[:7] for row in rows if row[7] == repository_id]
        if not dois:
            continue
        sums = _by_doi(_within(_COUNTS, [row[0] for row in dois], days.start, days.stop))
        yield from _reported([row for row in dois if row[0] in sums], sums, skip)


def exist(repository_id: int, days: range) -> bool:
    """Whether anything was counted for the repository on `days`."""
    statement = (
        "SELECT 1 FROM usage_count JOIN doi ON doi.id = usage_count.doi_id"
        " WHERE usage_count.day >= {p} AND usage_count.day < {p} AND doi.repository_id = {p} LIMIT 1"
    )
    return raw_sql.execute(statement, days.start, days.stop, repository_id).fetchone() is not None


def _within(statement: str, ids: Sequence[int], *values: Any) -> list[Any]:
    listed = ", ".join(f"({int(number)})" for number in ids)
    found: list[Any] = raw_sql.execute(statement.replace("{ids}", listed), *values).fetchall()
    return found


def _by_doi(rows: Sequence[Any]) -> dict[int, list[Any]]:
    sums: dict[int, list[Any]] = {}
    for row in rows:
        if any(row[3:]):
            sums.setdefault(row[0], []).append(row)
    return sums


def _reported(dois: Sequence[Any], sums: dict[int, list[Any]], skip: Callable[[int], object]) -> Iterator[Usage]:
    with_record = [row for row in dois if row[4] is not None and row[6] in MINTED]
    records = {row[0]: row[1:] for row in _within(_RECORDS, [row[4] for row in with_record])} if with_record else {}
    reported = [
        row for row in with_record if row[4] in records and is_reported(row[5], row[6], records[row[4]][-1] == 1)
    ]
    skip(len(dois) - len(reported))
    for number, doi, _, url, record_id, *_ in reported:
        title, metadata, page, _ = records[record_id]
        usage = Usage(doi, url or page, title, strict_json.tolerant_loads(metadata))
        for row in sums[number]:
            _add(usage, *row[1:])
        yield usage


def _add(usage: Usage, method: str, country: str, *numbers: Any) -> None:
    for metric, number in zip(METRICS, numbers, strict=True):
        if number > 0:
            counted, count = (metric, method), int(number)
            usage.counts[counted] = usage.counts.get(counted, 0) + count
            if country:
                usage.countries.setdefault(counted, {})[country.lower()] = count
