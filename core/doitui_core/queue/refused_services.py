"""Which services refuse our credentials now: for the doctor, and for whoever asks why nothing goes out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from doitui_core.clock import EPOCH
from doitui_core.config import repositories
from doitui_core.db.models import RateLimit
from doitui_core.domain.job_kinds import Service
from doitui_core.errors import Misconfigured
from doitui_core.queue import rate_limit


def for_service(service: Service) -> list[RateLimit]:
    """The rows of the lane that are refused, oldest first; those of credentials that nobody has any more left out."""
    rows = RateLimit.select().where(RateLimit.blocked_at > EPOCH, RateLimit.name.in_(sorted(set(_in_use(service)))))
    return list(rows.order_by(RateLimit.blocked_at))


def _in_use(service: Service) -> Iterator[str]:
    for row in repositories.all_repositories():
        with suppress(Misconfigured):  # a secret that cannot be read is told as such
            if row.active:
                yield rate_limit.name(repositories.config(row), service)
