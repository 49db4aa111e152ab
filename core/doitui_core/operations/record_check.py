"""The findings of many records, grouped: what one correction in the archive would fix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db.chunks import row_chunks
from doitui_core.db.models import Record
from doitui_core.dois import datacite_document
from doitui_core.metadata.validate import Finding

#: Records read at a time.
CHUNK = 500

#: Object ids that are named for each group.
NAMED = 20


@dataclass
class FindingGroup:
    """One kind of finding at one place of the document (`creators[].name`). `records`: how many records have it;
    `object_ids`: the first of them; `message` and `remedy`: those of the first.
    """

    code: str
    level: str
    path: str
    message: str
    records: int = 0
    object_ids: list[str] = field(default_factory=list)
    remedy: str = ""


@dataclass
class CheckResult:
    """`records`: how many were checked; `refused`: how many DataCite would reject; `groups`: errors first, then
    those of most records.
    """

    records: int = 0
    refused: int = 0
    groups: list[FindingGroup] = field(default_factory=list)


def all_records(repository_id: int = 0) -> Iterator[Record]:
    """All records, or those of a repository, oldest first."""
    query = Record.select()
    mine = query.where(Record.repository == repository_id) if repository_id else query
    for chunk in row_chunks(mine, Record.id, CHUNK):
        yield from chunk


def check(records: Iterable[Record]) -> CheckResult:
    """Check `records` as for a mint to findable."""
    result, groups = CheckResult(), dict[tuple[str, str, str], FindingGroup]()
    configs: dict[int, Config] = {}
    for record in records:
        config = configs.get(record.repository_id) or repositories.config(record.repository)
        configs[record.repository_id] = config
        findings = datacite_document.findings(record, config, "findable")
        result.records += 1
        result.refused += any(finding.level == "error" for finding in findings)
        _add(groups, record, findings)
    result.groups = sorted(groups.values(), key=lambda group: (group.level, -group.records, group.code, group.path))
    return result


def _add(groups: dict[tuple[str, str, str], FindingGroup], record: Record, findings: Iterable[Finding]) -> None:
    """Count a record once in each group."""
    for key, finding in {(found.level, found.code, _place(found.path)): found for found in findings}.items():
        if (group := groups.get(key)) is None:
            group = FindingGroup(finding.code, finding.level, key[2], finding.message, remedy=finding.remedy)
            groups[key] = group
        group.records += 1
        if len(group.object_ids) < NAMED:
            group.object_ids.append(record.object_id)


def _place(path: str) -> str:
    return re.sub(r"\[\d+\]", "[]", path)
