"""What a run of the worker did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from doitui_core.desk import LOST
from doitui_core.jobs import Lane
from doitui_core.outcomes import Kind, Outcome
from doitui_core.queue import Lease


@dataclass
class Summary:
    """What a run did in the lane it was made for: jobs taken up, outcomes by kind, and what is `left`: the last outcome
    of each job not done. All threads may write to it.

    `blocked`: why nothing of which repository (by code) could be sent. `beside`: outcomes in other lanes, by lane;
    `misconfigured`: whose set-up for which lane cannot be used, and why.
    """

    lane: Lane = Lane.DOIS
    taken: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    left: dict[int, Outcome] = field(default_factory=dict)
    blocked: dict[str, Outcome] = field(default_factory=dict)
    beside: dict[Lane, Counter[str]] = field(default_factory=dict)
    misconfigured: dict[tuple[Lane, str], Outcome] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def add(self, lease: Lease, outcome: Outcome) -> None:
        if outcome is LOST:
            return
        with self._lock:
            if lease.kind.lane is not self.lane:
                self.beside.setdefault(lease.kind.lane, Counter())[str(outcome.kind)] += 1
                return
            self.taken += 1
            self.outcomes[str(outcome.kind)] += 1
            if outcome.kind is Kind.DONE:
                self.left.pop(lease.job_id, None)
            else:
                self.left[lease.job_id] = outcome

    def rests(self, lane: Lane, code: str, outcome: Outcome | None) -> None:
        """Why nothing of the repository can be sent; None: it can."""
        if lane is self.lane:
            with self._lock:
                self.blocked.pop(code, None)
                if outcome is not None:
                    self.blocked[code] = outcome

    def set_up(self, lane: Lane, code: str, outcome: Outcome | None) -> bool:
        """Note why the repository's set-up for the lane cannot be used; None: it can. Whether that is news."""
        self.rests(lane, code, outcome)
        with self._lock:
            known = self.misconfigured.pop((lane, code), None)
            if outcome is None or outcome.kind is not Kind.BLOCKED:
                return False
            self.misconfigured[lane, code] = outcome
        return known is None or known.message != outcome.message
