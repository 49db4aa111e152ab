"""The connection of one repository to the report store: its settings, a client, the policy of its jobs."""

from __future__ import annotations

from doitui_core.config import repositories
from doitui_core.datacite.reports import ReportsClient
from doitui_core.db.models import Repository
from doitui_core.domain.intermediary import REPORTS
from doitui_core.domain.job_kinds import Service
from doitui_core.queue import connection, rate_limit
from doitui_core.queue.connection import TokenConnection


class ReportConnection(TokenConnection[ReportsClient]):
    """One repository's connection to the report store."""

    service = REPORTS

    @property
    def rate(self) -> float | None:
        """Requests a second; None for no limit."""
        return self.config.report_rate

    @property
    def url(self) -> str:
        """The address of the report store. Raises `WrongEnvironment`."""
        return self.config.reports_url

    def spend(self) -> None:
        """Count one more request of a job that has had its token."""
        rate_limit.spend(self.rate_limit, self.rate)


def for_repository(repository: Repository) -> ReportConnection:
    """Raises `Misconfigured` where the address, or both token and account, are missing or wrong."""
    config = repositories.config(repository)
    client = ReportsClient(config.reports_url, **connection.client_options(config))
    return ReportConnection(config, client, connection.policy(config), rate_limit.name(config, Service.REPORTS))
