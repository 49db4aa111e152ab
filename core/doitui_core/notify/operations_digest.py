"""The digest to `doi_failure_notify`: one mail at the end of a run that drains, else one an hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import peewee

from doitui_core.clock import iso
from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.models import NoticeItem
from doitui_core.notify import digest, notices, pending_results
from doitui_core.text import plural

#: How long results wait for others, while a worker runs as a service.
EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Kind:
    """The results with one cause: how many, and the first of them. `cause` empty: registered DOIs."""

    cause: str
    number: int
    lines: Sequence[str]


def waiting() -> int:
    """How many results wait for the next digest."""
    return int(NoticeItem.select().count())


def report_due(*, ended: bool) -> int:
    """Write the digests that are due; how many. One read if there is none. `ended`: a run has ended, whose results are
    not to wait.
    """
    first = NoticeItem.select(NoticeItem.created_at).order_by(NoticeItem.id).limit(1).scalar()
    if first is None or (not ended and first > database.now() - EVERY):
        return 0
    with database.write():
        return sum(_report(configs) for configs in _by_recipients())


def _by_recipients() -> list[list[Config]]:
    """The repositories with results, those together that report to the same addresses over the same server."""
    found: Any = NoticeItem.select(NoticeItem.repository_id).distinct().order_by(NoticeItem.repository_id).tuples()
    together: dict[tuple[str, ...], list[Config]] = {}
    for (number,) in found:
        config = notices.config_of(number)
        server = (config.settings.find("smtp_url").text, config.settings.find("mail_from").text)
        together.setdefault((*sorted(pending_results.operations(config)), *server), []).append(config)
    return list(together.values())


def _report(configs: Sequence[Config]) -> bool:
    """One digest. Another worker may be writing the same: its topic is that of the first result, and only who stores it
    removes results.
    """
    mine = NoticeItem.repository_id.in_([config.repository_id for config in configs])
    found: Any = (
        NoticeItem.select(
            peewee.fn.MIN(NoticeItem.id), peewee.fn.MAX(NoticeItem.id), peewee.fn.MIN(NoticeItem.created_at)
        )
        .where(mine)
        .tuples()
        .get()
    )
    first, last, since = found
    recipients = pending_results.operations(configs[0])
    mine &= NoticeItem.id <= last
    stored = bool(recipients) and _put(configs[0], f"operations:{first}", recipients, since, _kinds(mine))
    if stored or not recipients:
        NoticeItem.delete().where(mine).execute()
    return stored


def _kinds(mine: Any) -> list[_Kind]:
    """Failures first, most of one cause first."""
    number = peewee.fn.COUNT(NoticeItem.id)
    counted: Any = NoticeItem.select(NoticeItem.cause, number).where(mine).group_by(NoticeItem.cause).tuples()
    ordered = sorted(counted, key=lambda one: (not one[0], -one[1], one[0]))
    return [_Kind(cause, many, _first(mine & (NoticeItem.cause == cause))) for cause, many in ordered]


def _first(which: Any) -> list[str]:
    rows = NoticeItem.select().where(which).order_by(NoticeItem.id).limit(digest.NAMED)
    return [" ".join(filter(None, (row.doi, row.object_id, row.url, row.error))) for row in rows]


def _put(config: Config, topic: str, recipients: Sequence[str], since: Any, kinds: Sequence[_Kind]) -> bool:
    failures = [kind for kind in kinds if kind.cause]
    failed = sum(kind.number for kind in failures)
    registered = sum(kind.number for kind in kinds if not kind.cause)
    sums = [f"{failed:,} failed ({plural(len(failures), 'cause')})"] * bool(failed)
    summary = ", ".join(sums + [f"{registered:,} registered"] * bool(registered))
    text = [f"DOIs since {iso(since)}: {summary}."]
    for kind in kinds:
        name = digest.head(kind.cause, kind.number) if kind.cause else f"{kind.number} registered"
        text += ["", name, *digest.list_lines(kind.lines, kind.number)]
    text += ["", digest.look(kind.cause for kind in failures)]
    if config.environment == "test":
        text += ["", "This is DataCite's test system: doi.org does not know these DOIs."]
    return notices.put(config, topic, recipients, f"DOIs: {summary}", text)
