"""Which causes a retry can name: those that something has failed of. A misspelt cause is refused, not ignored."""

from __future__ import annotations

from collections.abc import Iterable

from doitui_core.errors import BadInput


def check(cause: str, found: Iterable[str], what: str) -> None:
    """Raise `BadInput` where `cause` is none of `found`, the causes that failed `what` (jobs, events) have."""
    causes = sorted({name for name in found if name})
    if cause in causes:
        return
    there = f"causes here are {', '.join(causes)}" if causes else f"no {what} have failed"
    raise BadInput(f"no failed {what} with cause {cause!r}: {there}")
