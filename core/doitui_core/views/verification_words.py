"""What people read of a verification: whether the landing page was fetched is part of it."""

from __future__ import annotations

from doitui_core.datacite.resolver import NOT_VISITED, REHEARSAL
from doitui_core.db.models import DoiLog
from doitui_core.domain.states import Verification


def of_doi(doi_id: int, verification: str) -> str:
    """`verification` of a DOI, with what its last check left out: `verified (sandbox: page not fetched)`."""
    if verification != Verification.VERIFIED:
        return verification
    checks = DoiLog.select(DoiLog.detail).where(DoiLog.doi == doi_id, DoiLog.action == "verify")
    last = checks.order_by(DoiLog.id.desc()).first()
    return words(verification, last.detail if last is not None else "")


def words(verification: str, detail: str) -> str:
    """The same, by the `detail` of the last check in the log."""
    if verification != Verification.VERIFIED or NOT_VISITED not in detail:
        return verification
    return f"{verification} ({'sandbox: ' if REHEARSAL in detail else ''}page not fetched)"
