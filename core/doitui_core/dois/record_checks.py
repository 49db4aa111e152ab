"""What DataCite would reject of a record, stored with it: lists filter and sort by it without a check of every record.

Whoever stores a record, its landing page or its fundings stores its check. After a change of settings (`check_basis`)
workers check the records again.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import Any

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database, prepared
from doitui_core.db.chunks import GAP
from doitui_core.db.models import Record
from doitui_core.dois import check_basis, datacite_document
from doitui_core.metadata import validate

#: Records that are checked in one transaction.
CHUNK = 200

_LOCKED = prepared.Select(lambda ids: Record.select().where(Record.id.in_(ids)).order_by(Record.id), tuple, lock=True)


def columns(record: Record, config: Config, known: dict[str, Any] | None = None) -> dict[str, Any]:
    """The columns of the check: the first field that DataCite would reject in a mint to findable, empty without any;
    how many warnings there are; the basis. `known`: the record's `datacite_document.attributes`, if already read.
    """
    found = datacite_document.findings(record, config, "findable", known)
    errors = validate.only_errors(found)
    return {
        "check_field": _field(errors[0]) if errors else "",
        "check_warnings": len(found) - len(errors),
        "check_basis": check_basis.for_repository(config),
    }


def _field(error: validate.Finding) -> str:
    """`creators` of `creators[0].name`; the code of an error of the whole document."""
    top = re.match(r"\w+", error.path)
    return top[0] if top else error.code


def store(record: Record, config: Config) -> None:
    """Check a record that is locked, and store that. Inside `database.write()`."""
    set_on(record, config)
    prepared.update(record)


def set_on(record: Record, config: Config, known: dict[str, Any] | None = None) -> None:
    """Check a record, and set the columns that change by it."""
    for name, value in columns(record, config, known).items():
        if getattr(record, name) != value:
            setattr(record, name, value)


def refresh(stop: threading.Event) -> int:
    """Check all records again whose check is not valid any more, until `stop` is set; how many were checked."""
    checked = 0
    for repository in repositories.all_repositories():
        config = repositories.config(repository)
        basis = check_basis.for_repository(config)
        # Two ranges of an index: nothing is read where every check is valid.
        for stale in (Record.check_basis < basis, Record.check_basis > basis):
            while not stop.is_set() and (ids := _ids((Record.repository == repository.id) & stale)):
                with database.write():
                    _store_all(_LOCKED.all(ids), config)
                checked += len(ids)
                stop.wait(GAP)
    return checked


def _store_all(records: Sequence[Record], config: Config) -> None:
    """Check records that are locked. Most have the same result: one statement for each."""
    by_result: dict[tuple[tuple[str, Any], ...], list[int]] = {}
    for record in records:
        by_result.setdefault(tuple(columns(record, config).items()), []).append(record.id)
    for result, ids in by_result.items():
        Record.update(**dict(result)).where(Record.id.in_(ids)).execute()


def _ids(stale: Any) -> list[int]:
    query: Any = Record.select(Record.id).where(stale).order_by(Record.check_basis, Record.id).limit(CHUNK)
    return [id_ for (id_,) in query.tuples()]


def of_ids(ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """By id the field and the number of warnings (`columns`) of those records, checked now. Nothing is stored."""
    configs: dict[int, Config] = {}
    found = {}
    for record in Record.select().where(Record.id.in_(ids)):
        if record.repository_id not in configs:
            configs[record.repository_id] = repositories.config(record.repository)
        now = columns(record, configs[record.repository_id])
        found[record.id] = (now["check_field"], now["check_warnings"])
    return found
