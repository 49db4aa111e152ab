"""Who did what: acts on more than one DOI or on none, and, together with the log of all DOIs, the newest of everything.

What is done to one DOI stands in that DOI's own log (`doi_rows`); a wish for many, a retry, a pause, a setting here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from doitui_core.db import database
from doitui_core.db.models import Audit, Doi, DoiLog

Row = dict[str, Any]

#: Numbers that are named; the rest is counted.
NAMED = 8


def note(actor: str, action: str, subject: str, detail: str = "", *, act: Audit | None = None) -> Audit:
    """Keep one act, with the transaction at hand; or, of an `act` that goes on, what has come of it by now. Inside
    `database.write()`.
    """
    if act is None:
        return Audit.create(at=database.now(), actor=actor, action=action, subject=subject, detail=detail)
    act.subject, act.detail = subject, detail
    act.save(only=act.dirty_fields)
    return act


def list_ids(noun: str, ids: Sequence[int]) -> str:
    """`job 12`, or `12 jobs: 3, 4, 5 …`."""
    if len(ids) == 1:
        return f"{noun} {ids[0]}"
    return f"{plural(noun, len(ids))}: {', '.join(map(str, ids[:NAMED]))}" + (" …" if len(ids) > NAMED else "")


def plural(noun: str, many: int) -> str:
    """`1 job`, `2 jobs`."""
    return f"{many} {noun}" if many == 1 else f"{many} {noun}s"


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
