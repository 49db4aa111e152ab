"""The counts that an Events API sends with a list, in one spelling for both versions of the API. Pure.

Up to 10 of each, most or newest first. A list without events has none: the server leaves them out (datacite-api 3.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: The counts, and the name of their own counts by year or month. `created` is of version 2 only.
FACETS = {
    "sources": "",
    "occurred": "",
    "created": "",
    "prefixes": "",
    "citation_types": "year_months",
    "relation_types": "year_months",
    "registrants": "years",
}

#: The columns of `statistic_rows`.
COLUMNS = ("statistic", "id", "title", "period", "count")


def read(meta: Mapping[str, Any], total: int, size: int) -> dict[str, Any]:
    """`{"total", "total_pages", "sources": [{"id", "title", "count"}], …}`, with every name of `FACETS`.

    `total_pages`: the requests that reach all events with `size` on each; the server's own number stops at 10,000
    results or not, by version and way of paging. Inner lists have `sum`: a number of events too, whatever the name.
    """
    plain = {spelled(name): value for name, value in meta.items()}
    facets = {name: [_bucket(one, inner) for one in _dicts(plain.get(name))] for name, inner in FACETS.items()}
    return {"total": total, "total_pages": -(-total // max(size, 1)), **facets}


def statistic_rows(statistics: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One row for each number, with the names of `COLUMNS`; `period` is a year, a month or empty."""
    for name in ("total", "total_pages"):
        yield _row(name, count=statistics[name])
    for name, inner in FACETS.items():
        for bucket in statistics[name]:
            yield _row(name, bucket["id"], bucket["title"], count=bucket["count"])
            for part in bucket.get(inner, ()):
                yield _row(name, bucket["id"], bucket["title"], part["id"], part["sum"])


def spelled(name: str) -> str:
    """One spelling for both versions: subj-id and subjId become subj_id."""
    return re.sub("-|(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _bucket(found: Mapping[str, Any], inner: str) -> dict[str, Any]:
    plain = {spelled(name): value for name, value in found.items()}
    parts = {inner: [_counted(one, "sum") for one in _dicts(plain.get(inner))]} if inner else {}
    return _counted(plain, "count") | parts


def _counted(found: Mapping[str, Any], key: str) -> dict[str, Any]:
    name, number = str(found.get("id") or ""), found.get(key)
    is_number = isinstance(number, int) and not isinstance(number, bool)
    return {"id": name, "title": str(found.get("title") or name), key: number if is_number else 0}


def _dicts(found: object) -> Sequence[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _row(statistic: str, id_: str = "", title: str = "", period: str = "", count: int = 0) -> dict[str, Any]:
    return dict(zip(COLUMNS, (statistic, id_, title, period, count), strict=True))
