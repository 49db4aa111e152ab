"""Retry many jobs, and have one digest report how they ended."""

from __future__ import annotations

from collections.abc import Sequence

from doitui_core.db.chunks import Step, to_the_end
from doitui_core.notify import bulk_digests
from doitui_core.queue import blocking, jobs


def retry(
    *, ids: Sequence[int] = (), cause: str | None = None, every: bool = False, actor: str, step: Step = to_the_end
) -> list[int]:
    """`jobs.retry`; services that refused the jobs named by `ids` are asked again. Raises as `jobs.retry`."""
    back = jobs.retry(ids=ids, cause=cause, every=every, actor=actor, step=step)
    if back and ids:
        blocking.ask_again(back)
    if len(back) > 1:
        bulk_digests.record("DOI retry", back, actor=actor, retry=True)
    return back
