"""What others reported about our DOIs (`event pull`): lists of it, and who cites a DOI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from doitui_core.db.event_models import PulledEvent
from doitui_core.db.models import Doi
from doitui_core.domain import event_ids
from doitui_core.domain.pulled_events import CITED_END
from doitui_core.views import rows
from doitui_core.views.filters import Filter
from doitui_core.views.rows import PulledRow
from doitui_core.views.windows import Window


@dataclass(frozen=True, slots=True)
class Citation:
    """Who cites a DOI: the id of the citing work, the sources that report it, and when it was first reported there."""

    citing_id: str
    sources: tuple[str, ...]
    occurred_at: datetime | None


def citations(doi_id: int) -> list[Citation]:
    """Who cites a DOI, newest first, each work once however many sources and relations report it."""
    by_work: dict[str, list[PulledRow]] = {}
    for row in rows.pulled_events(PulledEvent.doi_id == doi_id, [PulledEvent.id]):
        if citing := _citing(row):
            by_work.setdefault(citing, []).append(row)
    found = [_citation(citing, reported) for citing, reported in by_work.items()]
    return sorted(found, key=lambda one: (one.occurred_at is not None, one.occurred_at), reverse=True)


def _citation(citing_id: str, found: Sequence[PulledRow]) -> Citation:
    times = [row.occurred_at for row in found if row.occurred_at is not None]
    return Citation(citing_id, tuple(sorted({row.source_id for row in found})), min(times, default=None))


def _citing(row: PulledRow) -> str:
    """The id of the work that cites the DOI of `row`; empty for another link, and for what the DOI itself cites."""
    ends = {"subj": row.subj_id, "obj": row.obj_id}
    cited = CITED_END.get(row.relation_type_id, "")
    is_cited = ends.get(cited) == event_ids.doi_id(row.doi)
    return ends["subj" if cited == "obj" else "obj"] if is_cited else ""


def window(doi: Doi | None = None) -> Window:
    """All of them, or those of one DOI, by number, newest first."""
    every = Window(Filter({}, ""), lambda _: PulledEvent.select(PulledEvent.id), rows.pulled_events, (PulledEvent.id,))
    if doi is None:
        return every
    of_doi = PulledEvent.doi_id == doi.id
    return replace(every, ids=lambda filter_: every.ids(filter_).where(of_doi))
