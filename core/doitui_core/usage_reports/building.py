"""The report of one repository and month, read from the database once for each time it is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Repository
from doitui_core.errors import NotFound
from doitui_core.usage_reports import datasets, month_counts, parts, period, reporter, tsv
from doitui_core.usage_reports.month_counts import Usage
from doitui_core.usage_reports.parts import Part
from doitui_core.usage_reports.period import Period
from doitui_core.usage_reports.reporter import Reporter


@dataclass
class BuiltReport:
    """A report, and its sums once it was read: `datasets`, `totals` by metric type and access method, and how many DOIs
    with counts were `skipped` (`month_counts.usages`).
    """

    reporter: Reporter
    period: Period
    created: date
    datasets: int = 0
    totals: Counter[str] = field(default_factory=Counter)
    skipped: int = 0

    @property
    def uuid(self) -> str:
        """The UUID under which it is submitted."""
        return self.reporter.uuid(self.period.month)

    @property
    def name(self) -> str:
        """The name of its files, without ending."""
        return f"usage-report-{self.reporter.code}-{self.period.month}"

    def parts(self, *, compress: bool = False) -> Iterator[Part]:
        """Its parts, as they are sent. Raises `BadInput` for a count that cannot be."""
        made = (datasets.dataset(usage, self.reporter, self.period) for usage in self._usages())
        return parts.parts(made, self._header, compress=compress)

    def lines(self) -> Iterator[str]:
        """The same as lines of COUNTER's table. Raises as `parts`."""
        return tsv.lines(self._usages(), self.reporter, self.period, self.created)

    def _usages(self) -> Iterator[Usage]:
        self.datasets, self.totals, self.skipped = 0, Counter(), 0
        for usage in month_counts.usages(self.reporter.repository_id, self.period.days, self._skip):
            self.datasets += 1
            self.totals.update(usage.by_relation)
            yield usage

    def _skip(self, dois: int) -> None:
        self.skipped += dois

    def _header(self, compressed: bool) -> dict[str, Any]:
        return datasets.header(self.reporter, self.period, self.created, compressed=compressed)


def for_repository(repository: Repository, month: str) -> BuiltReport:
    """The report of `repository`. Raises `BadInput` for a month that is none or in the future."""
    who = reporter.for_repository(repositories.config(repository))
    return BuiltReport(who, period.for_month(month), database.now().date())


def for_month(month: str, code: str = "") -> list[tuple[Repository, BuiltReport]]:
    """The reports of all repositories of which something was counted, or of that one.

    Raises `BadInput` as `for_repository`, `NotFound` for an unknown repository, or where nothing was counted.
    """
    wanted = [repositories.find(code)] if code else repositories.all_repositories()
    about = period.for_month(month)
    found = [(row, for_repository(row, about.month)) for row in wanted if month_counts.exist(row.id, about.days)]
    if not found:
        where = f" for repository {code}" if code else ""
        raise NotFound(f"no usage of {about.month} was counted{where}: `doitui usage show` lists what was")
    return found
