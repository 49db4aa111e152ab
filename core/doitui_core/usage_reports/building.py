"""The report of one repository and month, read from the database once for each time it is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from doitui_core import database, repositories
from doitui_core.errors import NotFound
from doitui_core.models import Repository
from doitui_core.usage_reports import counted, datasets, parts, period, reporter, tsv
from doitui_core.usage_reports.counted import LeftOut, Usage
from doitui_core.usage_reports.parts import Part
from doitui_core.usage_reports.period import Period
from doitui_core.usage_reports.reporter import Reporter


@dataclass
class Report:
    """A report, and what it came to: `datasets`, `totals` by metric type and access method, once it was read."""

    reporter: Reporter
    period: Period
    created: date
    datasets: int = 0
    totals: Counter[str] = field(default_factory=Counter)
    left_out: LeftOut = field(default_factory=LeftOut)

    @property
    def uuid(self) -> str:
        return self.reporter.uuid(self.period.month)

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"usage-report-{self.reporter.code}-{self.period.month}"

    def parts(self, *, compress: bool = False) -> Iterator[Part]:
        """Its parts, as they are sent. Raises `BadInput` for a count that cannot be."""
        made = (datasets.dataset(usage, self.reporter, self.period) for usage in self._usages())
        return parts.parts(made, self._header, compress=compress)

    def lines(self) -> Iterator[str]:
        """The same as lines of COUNTER's table."""
        return tsv.lines(self._usages(), self.reporter, self.period, self.created)

    def _usages(self) -> Iterator[Usage]:
        self.datasets, self.totals, self.left_out = 0, Counter(), LeftOut()
        for usage in counted.usages(self.reporter.repository_id, self.period.days, self.left_out):
            self.datasets += 1
            self.totals.update({f"{metric}-{method}": count for (metric, method), count in usage.counts.items()})
            yield usage

    def _header(self, compressed: bool) -> dict[str, Any]:
        return datasets.header(self.reporter, self.period, self.created, compressed=compressed)


def of(repository: Repository, month: str) -> Report:
    """The report of `repository`. Raises `BadInput` for a month that is none or in the future."""
    who = reporter.of(repositories.config(repository))
    return Report(who, period.of(month), database.now().date())


def of_month(month: str, code: str = "") -> list[tuple[Repository, Report]]:
    """The reports of all repositories of which something was counted, or of that one.

    Raises `BadInput` as `of`, `NotFound` for an unknown repository, or where nothing was counted.
    """
    wanted = [repositories.find(code)] if code else repositories.listed()
    days = period.of(month).days
    found = [(row, of(row, month)) for row in wanted if counted.exist(row.id, days)]
    if not found:
        where = f" for repository {code}" if code else ""
        raise NotFound(f"no usage of {month} was counted{where}: `doitui usage show` tells what was")
    return found
