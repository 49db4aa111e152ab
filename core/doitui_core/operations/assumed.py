"""Take imported DOIs for registered, without asking DataCite: for a site that minted them before it used doitui."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

from doitui_core.db import chunks, database
from doitui_core.db.models import Doi, Record, Repository
from doitui_core.dois import doi_rows
from doitui_core.domain import doi_spelling
from doitui_core.domain.states import Facts
from doitui_core.records import importing


@dataclass
class AssumeResult:
    """How many DOIs became registered; how many records have a DOI of another agency, which only counts."""

    assumed: int = 0
    unchanged: int = 0
    foreign: int = 0


def assume_registered(
    repository: Repository, *, prefix: str = "", actor: str = "python", dry_run: bool = False
) -> AssumeResult:
    """Take the DOIs of published records that were imported for registered, without asking DataCite: uncertain until
    it was asked. What was sent from here, or is known of DataCite, does not change; no date does.
    """
    result, prefix = AssumeResult(), doi_spelling.bare(prefix).strip("/")
    published = Doi.select(Doi, Record).join(Record).where(Doi.repository == repository.id, Record.published == 1)
    for chunk in chunks.row_chunks(published, Doi.id, importing.BATCH):
        with nullcontext() if dry_run else database.write():
            for row in chunk:
                if not prefix or row.folded.startswith(f"{prefix}/"):
                    changed = _assume(row, actor, dry_run)
                    result.assumed += changed
                    result.unchanged += not changed
    foreign = Record.select().where(Record.repository == repository.id, Record.published == 1, Record.foreign_doi != "")
    result.foreign = foreign.count()
    return result


def _assume(seen: Doi, actor: str, dry_run: bool) -> bool:
    row = seen if dry_run else doi_rows.lock(seen.id)
    facts = doi_rows.facts(row)
    if facts != Facts() or doi_rows.unfinished(row.id):
        return False
    if not dry_run:
        doi_rows.assume_registered(row, actor)
    return True
