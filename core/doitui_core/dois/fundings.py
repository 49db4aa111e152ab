"""The fundings of records: those imported from CSV, and which of them a document has already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from doitui_core.db import prepared
from doitui_core.db.models import Funding

#: A funding with Kernel 4's names.
Attributes = dict[str, Any]

#: Kernel 4's names of a funding, and the columns and CSV columns.
COLUMNS = {
    "funderName": "funder_name",
    "funderIdentifier": "funder_identifier",
    "funderIdentifierType": "funder_identifier_type",
    "awardNumber": "award_number",
    "awardUri": "award_uri",
    "awardTitle": "award_title",
}

_FUNDINGS = prepared.Select(
    lambda ids: Funding.select().where(Funding.record.in_(ids)).order_by(Funding.record, Funding.id), tuple
)


def imported(record_ids: Sequence[int]) -> dict[int, list[Attributes]]:
    """By record id the imported fundings of those that have any, as Kernel-4 `fundingReferences`."""
    found: dict[int, list[Attributes]] = {}
    for row in _FUNDINGS.all(record_ids):
        members = {key: getattr(row, column) for key, column in COLUMNS.items() if getattr(row, column)}
        found.setdefault(row.record_id, []).append(members)
    return found


def missing(wanted: Sequence[Attributes], stated: Sequence[Any]) -> list[Attributes]:
    """The fundings of `wanted` that are not among those of a document, `stated`."""
    return [one for one in wanted if not any(_is_stated(one, row) for row in stated)]


def _is_stated(one: Attributes, other: Any) -> bool:
    if not isinstance(other, dict):
        return False
    first, second = ({c: str(row.get(k) or "") for k, c in COLUMNS.items()} for row in (one, other))
    return same(first, second)


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rows (by columns) are one funding: the same funder, by identifier or else by name, and award."""
    by = "funder_identifier" if one["funder_identifier"] and other["funder_identifier"] else "funder_name"
    awards = [row["award_number"] or row["award_title"] or row["award_uri"] for row in (one, other)]
    return _folded(one[by]) == _folded(other[by]) and _folded(awards[0]) == _folded(awards[1])


def _folded(text: str) -> str:
    plain = text.strip().casefold().rstrip("/")
    return plain.removeprefix("https://").removeprefix("http://").removeprefix("dx.").removeprefix("doi.org/")
