"""What a worker has at hand for the usage reports of one repository: its settings, a client, the rules for its jobs."""

from __future__ import annotations

from doitui_core import desk, repositories, token_desk, upstream
from doitui_core.datacite.reports import ReportsClient
from doitui_core.jobs import Lane
from doitui_core.models import Repository
from doitui_core.own_words import REPORTS
from doitui_core.token_desk import TokenDesk


class ReportDesk(TokenDesk[ReportsClient]):
    """One repository's."""

    service = REPORTS

    @property
    def rate(self) -> float | None:
        return self.config.report_rate

    @property
    def url(self) -> str:
        return self.config.reports_url

    def spend(self) -> None:
        """Count one more request of a job that has had its token."""
        upstream.spend(self.upstream, self.rate)


def of(repository: Repository) -> ReportDesk:
    """Raises `Misconfigured` where the address, or both token and account, are missing or wrong."""
    config = repositories.config(repository)
    client = ReportsClient(config.reports_url, **token_desk.account(config))
    return ReportDesk(config, client, desk.policy(config), upstream.name(config, Lane.REPORTS))
