"""What a change of `datacite_environment` means for the DOIs that a repository has. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import peewee

from doitui_core.config import repositories, settings
from doitui_core.config.settings import Settings
from doitui_core.db.models import Doi, Job, Repository
from doitui_core.domain import environments
from doitui_core.domain.job_kinds import OPEN
from doitui_core.domain.states import DoiStatus
from doitui_core.text import plural

NAME = "datacite_environment"

#: At DataCite already, in the environment that is left.
THERE = (DoiStatus.FINDABLE, DoiStatus.REGISTERED, DoiStatus.TOMBSTONE, DoiStatus.DRAFT)


@dataclass(frozen=True, slots=True)
class EnvironmentChange:
    """A repository with DOIs whose environment changes. `left` and `reached`: the systems that its requests went to
    and will go to; `dois`: how many it has by status, without abandoned ones; `jobs`: how many jobs are open.
    """

    code: str
    before: str
    after: str
    left: str
    reached: str
    dois: Mapping[str, int]
    jobs: int

    @property
    def total(self) -> int:
        """Its DOIs."""
        return sum(self.dois.values())

    @property
    def lines(self) -> list[str]:
        """What it means, for each kind of DOI."""
        there = {str(status): number for status in THERE if (number := self.dois.get(status, 0))}
        count = plural(self.total, "DOI")
        lines = [f"repository {self.code} has {count} and changes from {self.before} to {self.after}"]
        if there:
            lines.append(_there(there, self.left, self.reached))
        if reserved := self.dois.get(DoiStatus.RESERVED, 0):
            lines.append(f"{reserved} reserved, not sent yet: minting creates them in {self.reached}")
        if self.jobs:
            hold = f"`doitui queue pause --repository {self.code}` holds them"
            lines.append(f"{plural(self.jobs, 'open job')}: sent to {self.reached}; {hold}")
        if there and self.after == "production":
            lines.append("to begin production without these DOIs, use a new database: `doitui --database URL init`")
        return lines


def _there(there: Mapping[str, int], left: str, reached: str) -> str:
    kinds = ", ".join(f"{number} {status}" for status, number in there.items())
    return (
        f"{kinds}: made in {left}, which does not change, and not known to {reached}. They keep their states here;"
        f" a verification reports them as missing, an update sends them to {reached}"
    )


def changes(given: Mapping[str, str | None], repository_id: int = 0) -> list[EnvironmentChange]:
    """The repositories with DOIs whose environment changes when settings are `given`, of a repository or (0) of all;
    None: unset. Values as `repositories.check` has them.
    """
    if NAME not in given:
        return []
    rows = repositories.all_repositories()
    moved = [_change(row, given, of_all=not repository_id) for row in rows if repository_id in (0, row.id)]
    return [change for change in moved if change is not None]


def _change(row: Repository, given: Mapping[str, str | None], *, of_all: bool) -> EnvironmentChange | None:
    found = settings.load(row.id)
    new = _with(found, given, of_all=of_all)
    before, after = found.find(NAME).text, new.find(NAME).text
    left, reached = _system(found), _system(new)
    dois = _dois(row) if before != after and left != reached else {}
    return EnvironmentChange(row.code, before, after, left, reached, dois, _open_jobs(row)) if dois else None


def _with(found: Settings, given: Mapping[str, str | None], *, of_all: bool) -> Settings:
    rows = {**(found.shared if of_all else found.rows)}
    for name, value in given.items():
        rows.pop(name, None)
        rows |= {} if value is None else {name: value}
    return replace(found, shared=rows) if of_all else replace(found, rows=rows)


def _system(found: Settings) -> str:
    """Where the requests go. All sandboxes are one: a port says nothing."""
    if environments.is_loopback(found.find("datacite_url").text):
        return "the sandbox"
    return f"DataCite's {found.find(NAME).text} system"


def _dois(row: Repository) -> dict[str, int]:
    number = peewee.fn.COUNT(Doi.id)
    kept = Doi.select(Doi.status, number).where(Doi.repository == row.id, Doi.status != str(DoiStatus.ABANDONED))
    rows: Any = kept.group_by(Doi.status).tuples()
    return dict(rows)


def _open_jobs(row: Repository) -> int:
    return int(Job.select().where(Job.repository == row.id, Job.status.in_(list(map(str, OPEN)))).count())
