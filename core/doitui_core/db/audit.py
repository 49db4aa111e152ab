"""Who did what: acts on more than one DOI or on none, and, together with the log of all DOIs, the newest of everything.

What is done to one DOI stands in that DOI's own log (`doi_rows`); a request for many, a retry, a pause, a setting here.
"""

from __future__ import annotations

from typing import Any

from doitui_core.db import database
from doitui_core.db.models import Audit, Doi, DoiLog

Row = dict[str, Any]


def note(actor: str, action: str, subject: str, detail: str = "", *, act: Audit | None = None) -> Audit:
    """Store one act, with the transaction at hand; or, of an `act` that goes on, what has come of it by now. Inside
    `database.write()`.
    """
    if act is None:
        return Audit.create(at=database.now(), actor=actor, action=action, subject=subject, detail=detail)
    act.subject, act.detail = subject, detail
    act.save(only=act.dirty_fields)
    return act


def newest(limit: int) -> list[Row]:
    """`at`, `actor`, `action`, `subject` and `detail` of the last `limit` acts, on DOIs or not, newest first.

    Of a DOI the detail is the status it came to, or the `cause` of what went wrong, which is empty elsewhere.
    """
    with database.read():
        acts = [*_acts(limit), *_acts_on_dois(limit)]
    return sorted(acts, key=lambda act: act["at"], reverse=True)[:limit]


def _acts(limit: int) -> list[Row]:
    names = ("at", "actor", "action", "subject", "detail")
    rows = Audit.select().order_by(Audit.id.desc()).limit(limit)
    return [{name: getattr(row, name) for name in names} | {"cause": ""} for row in rows]


def _acts_on_dois(limit: int) -> list[Row]:
    # By id: the order in which they were written, read off the primary key.
    entries = DoiLog.select(DoiLog, Doi.doi).join(Doi).order_by(DoiLog.id.desc()).limit(limit)
    return [
        {name: getattr(entry, name) for name in ("at", "actor", "action", "cause")}
        | {"subject": entry.doi.doi, "detail": entry.to_status}
        for entry in entries
    ]
