"""What the doctor says of the services: whether they answer, whether something on the way does, how fast we may ask."""

from __future__ import annotations

from doitui_core import database, own_words, queue, upstream
from doitui_core.clock import iso
from doitui_core.doctor_check import FAIL, OK, WARN, Check
from doitui_core.jobs import Lane
from doitui_core.models import Job, Upstream


def outages() -> list[Check]:
    """The services that are out of order."""
    out = [row for row in Upstream.select().order_by(Upstream.name) if row.opened_at is not None]
    since = "is out of order since {}; queued jobs wait, a canary tries, and it goes on by itself"
    return [Check("DataCite", FAIL, f"{row.name} {since.format(iso(row.opened_at))}", "doitui status") for row in out]


def network() -> list[Check]:
    """Whether something on the way has answered instead of a service."""
    met = Job.select(Job.last_error).where(
        Job.lane.in_([str(lane) for lane in Lane]),
        Job.cause.in_((own_words.FIREWALL, own_words.PROXY)),
        Job.status.in_(queue.literally(("pending", "uncertain", "failed"))),
    )
    number, newest = met.count(), met.order_by(Job.id.desc()).first()
    if newest is None:
        return []
    jobs = f"{number:,} {'job was' if number == 1 else 'jobs were'}"
    told = f"{jobs} answered by a firewall, proxy or login page, not by the service: {newest.last_error}"
    return [Check("network", WARN, told, "doitui queue retry --cause firewall   # once the network lets it through")]


def pace() -> list[Check]:
    """Whether DataCite has asked us to wait, or to go slower."""
    now, found = database.now(), []
    for row in Upstream.select().order_by(Upstream.name):
        if (paused := upstream.paused_until(row, now)) is not None:
            told = f"{row.name}: DataCite has asked us to wait until {iso(paused)}"
            found.append(Check("rate limit", WARN, told, "doitui queue resume   # or wait: sending resumes by itself"))
        elif (slowed := upstream.slowed_until(row, now)) is not None:
            told = f"{row.name}: at half the pace until {iso(slowed)}, after a 429"
            found.append(Check("rate limit", WARN, told, "doitui setting get datacite_rate_limit"))
    return found or [Check("rate limit", OK, "nobody has asked us to wait")]
