"""Which services refuse our credentials now: for the doctor, and for whoever asks why nothing goes out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from doitui_core import repositories, upstream
from doitui_core.clock import EPOCH
from doitui_core.errors import Misconfigured
from doitui_core.jobs import Lane
from doitui_core.models import Upstream


def of(lane: Lane) -> list[Upstream]:
    """The rows of the lane that are refused, oldest first; those of credentials that nobody has any more left out."""
    rows = Upstream.select().where(Upstream.blocked_at > EPOCH, Upstream.name.in_(sorted(set(_in_use(lane)))))
    return list(rows.order_by(Upstream.blocked_at))


def _in_use(lane: Lane) -> Iterator[str]:
    for row in repositories.listed():
        with suppress(Misconfigured):  # a secret that cannot be read is told as such
            if row.active:
                yield upstream.name(repositories.config(row), lane)
