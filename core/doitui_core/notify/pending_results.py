"""What operations get in one digest a run or an hour, where `doi_failure_notify_mode` is `digest`: results are noted
with the write they report, and `operations_digest` makes one mail of them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from doitui_core.config import repositories, setting_parsers
from doitui_core.config.repositories import Config
from doitui_core.db import database, prepared
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import Doi, NoticeItem, Record, Repository
from doitui_core.errors import Misconfigured
from doitui_core.text import harmless

#: DOIs of one statement; characters of a stored error.
CHUNK, LONGEST_ERROR = 500, 500


def collects(config: Config) -> bool:
    """Whether operations get digests, not a mail each."""
    try:
        return config.text("doi_failure_notify_mode") != "each"
    except Misconfigured:
        return True


def note(
    config: Config,
    topic: str,
    cause: str = "",
    error: str = "",
    *,
    row: Doi | None = None,
    record: Record | None = None,
) -> bool:
    """Note a result for the next digest; False in mode `each`, without addresses or server, or if it is noted already.
    Inside `database.write()`. `cause` empty: the DOI was registered.
    """
    if not collects(config) or not operations(config):
        return False
    item = NoticeItem(
        topic=f"{config.repository_id}:{topic}",
        repository_id=config.repository_id,
        object_id=record.object_id if record is not None else "",
        cause=cause,
        error=harmless(error, LONGEST_ERROR),
        created_at=database.now(),
    )
    if row is not None:
        item.doi_id, item.doi, item.url = row.id, row.doi, row.url
    return prepared.insert(item)


def operations(config: Config) -> list[str]:
    """The addresses that `doi_failure_notify` gives, if there is a mail server."""
    try:
        server = config.settings.find("smtp_url").text.strip()
        return setting_parsers.mail_addresses(config.text("doi_failure_notify")) if server else []
    except Misconfigured:
        return []


def forget(doi_ids: Collection[int], recipients: Collection[str]) -> None:
    """Drop the results of DOIs of which a mail to `recipients` reports, unless operations of their repository are not
    among those. Inside `database.write()`.
    """
    told = set(recipients)
    found: Any = NoticeItem.select(NoticeItem.repository_id).distinct().tuples() if doi_ids else ()
    configs = [repositories.config(Repository.get_by_id(number)) for (number,) in found]
    whose = [config.repository_id for config in configs if told.issuperset(operations(config))]
    if whose:
        for chunk in in_chunks(doi_ids, CHUNK):
            NoticeItem.delete().where(NoticeItem.doi_id.in_(chunk), NoticeItem.repository_id.in_(whose)).execute()
