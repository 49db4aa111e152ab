"""The fundings of a DOI: of its document and imported from CSV, and which of them DataCite has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doitui_core.db.models import Doi
from doitui_core.dois import fundings
from doitui_core.domain.states import Remote


@dataclass(frozen=True, slots=True)
class FundingRow:
    """One funding. `imported`: from CSV, and not in the document. `sent`: whether DataCite has it; None: unknown, as
    the document was not sent as JSON.
    """

    funder: str
    identifier: str
    award: str
    award_uri: str
    imported: bool
    sent: bool | None


def load(row: Doi, metadata: Any, attempts: Iterable[Mapping[str, Any]]) -> list[FundingRow]:
    """The fundings that the document of a DOI has or gets, in the order in which they are sent. `metadata`: those of
    its record; `attempts`: its requests, as `doi_page.history` has them, oldest first.
    """
    if row.record_id is None or not isinstance(metadata, dict):
        return []
    stated = metadata.get("fundingReferences") or []
    own = [one for one in stated if isinstance(one, dict)] if isinstance(stated, list) else []
    added = fundings.missing(fundings.imported([row.record_id]).get(row.record_id, []), own)
    there = _at_datacite(row, [*own, *added], attempts)
    return [
        *(_row(one, imported=False, there=there) for one in own),
        *(_row(one, imported=True, there=there) for one in added),
    ]


def _at_datacite(row: Doi, whole: list[Any], attempts: Iterable[Mapping[str, Any]]) -> Sequence[Any] | None:
    """The fundings of the document that DataCite took last; None where that is unknown."""
    if row.current_hash and row.current_hash == row.confirmed_hash:
        return whole
    if row.remote == Remote.NONE:
        return []
    for attempt in reversed(list(attempts)):
        sent = attempt["sent"]
        if attempt["outcome"] == "done" and isinstance(sent, dict) and "schemaVersion" in sent:
            return list(sent.get("fundingReferences") or [])
    return None


def _row(one: Mapping[str, Any], *, imported: bool, there: Sequence[Any] | None) -> FundingRow:
    number, title = (str(one.get(name) or "") for name in ("awardNumber", "awardTitle"))
    return FundingRow(
        funder=str(one.get("funderName") or ""),
        identifier=str(one.get("funderIdentifier") or ""),
        award="  ".join(filter(None, (number, title))),
        award_uri=str(one.get("awardUri") or ""),
        imported=imported,
        sent=None if there is None else not fundings.missing([dict(one)], there),
    )
