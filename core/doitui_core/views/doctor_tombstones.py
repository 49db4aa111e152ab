"""The doctor's check of tombstones: each leads to a page of its own, and the page is there."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db.models import Doi
from doitui_core.dois import tombstone_files
from doitui_core.domain.states import DoiStatus
from doitui_core.text import plural
from doitui_core.views.doctor_check import OK, WARN, Check

#: Missing pages that are counted; DOIs that a remedy names.
MOST, NAMED = 1000, 3


def tombstones() -> list[Check]:
    """A finding for each repository whose tombstones lead to their old pages, or whose pages are missing. Without any
    tombstone none.
    """
    found: list[Check] = []
    total = 0
    for row in repositories.all_repositories():
        if number := int(_of(row.id).count()):
            config = repositories.config(row)
            found += [*_old_pages(config), *_files(config)]
            total += number
    return found or [Check("tombstones", OK, plural(total, "tombstone", grouped=True))] * bool(total)


def _of(repository_id: int) -> Any:
    return Doi.select().where(Doi.repository == repository_id, Doi.status == str(DoiStatus.TOMBSTONE))


def _old_pages(config: Config) -> list[Check]:
    base = config.text("tombstone_page_base")
    rows = _of(config.repository_id)
    if base:
        rows = rows.where(~Doi.url.startswith(f"{base}/"))
    if not (number := int(rows.count())):
        return []
    message = f"still leading to the old page: {plural(number, 'tombstone', grouped=True)} of {config.code}"
    if not base:
        remedy = f"doitui setting set tombstone_page_base https://… --repository {config.code}"
        return [Check("tombstones", WARN, f"{message} (no tombstone_page_base)", remedy)]
    dois = " ".join(shlex.quote(row.doi) for row in rows.order_by(Doi.id).limit(NAMED))
    return [Check("tombstones", WARN, message, f"doitui doi update {dois}")]


def _files(config: Config) -> list[Check]:
    directory = config.text(tombstone_files.SETTING)
    if not directory:
        return []
    if not Path(directory).is_dir():
        message = f"{directory} is not a directory: no tombstone page of {config.code} can be written there"
        return [Check("tombstones", WARN, message, f"mkdir -p {shlex.quote(directory)}")]
    number = tombstone_files.missing(config.repository_id, Path(directory), MOST)
    if not number:
        return []
    many = f"{plural(number, 'tombstone page', grouped=True)}{' or more' if number == MOST else ''}"
    return [
        Check("tombstones", WARN, f"{many} of {config.code} missing in {directory}", "doitui doi tombstone-page --all")
    ]
