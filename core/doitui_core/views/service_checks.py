"""What the doctor says of the services: whether they answer, whether something on the way does, how fast we may ask."""

from __future__ import annotations

from doitui_core.clock import iso
from doitui_core.db import database
from doitui_core.db.models import Job, RateLimit
from doitui_core.domain import intermediary
from doitui_core.domain.job_kinds import Service
from doitui_core.queue import jobs, rate_limit
from doitui_core.text import plural
from doitui_core.views.doctor_check import FAIL, OK, WARN, Check


def outages() -> list[Check]:
    """The services that are out of order."""
    out = [row for row in RateLimit.select().order_by(RateLimit.name) if row.opened_at is not None]
    since = "unavailable since {}: queue held, testing with single requests"
    return [Check("DataCite", FAIL, f"{row.name} {since.format(iso(row.opened_at))}", "doitui status") for row in out]


def network() -> list[Check]:
    """Whether something on the way has answered instead of a service."""
    met = Job.select(Job.last_error).where(
        Job.lane.in_([str(service) for service in Service]),
        Job.cause.in_((intermediary.FIREWALL, intermediary.PROXY)),
        Job.status.in_(jobs.as_literals(("pending", "uncertain", "failed"))),
    )
    number, newest = met.count(), met.order_by(Job.id.desc()).first()
    if newest is None:
        return []
    job_rows = plural(number, "job was", "jobs were", grouped=True)
    message = f"{job_rows} answered by a firewall, proxy or login page, not by the service: {newest.last_error}"
    return [Check("network", WARN, message, "doitui queue retry --cause firewall   # once the network lets it through")]


def pace() -> list[Check]:
    """Whether DataCite has asked us to wait, or to go slower."""
    now, found = database.now(), []
    for row in RateLimit.select().order_by(RateLimit.name):
        if (paused := rate_limit.paused_until(row, now)) is not None:
            message = f"{row.name}: paused by DataCite until {iso(paused)}"
            found.append(Check("rate limit", WARN, message, "doitui queue resume   # or wait"))
        elif (slowed := rate_limit.slowed_until(row, now)) is not None:
            message = f"{row.name}: half the rate until {iso(slowed)}, after a 429"
            found.append(Check("rate limit", WARN, message, "doitui setting get datacite_rate_limit"))
    return found or [Check("rate limit", OK, "no rate limit in force")]
