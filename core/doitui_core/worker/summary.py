"""What a run of the worker did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from doitui_core.domain.job_kinds import Service
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.queue.connection import LOST
from doitui_core.queue.leases import Lease


@dataclass
class Summary:
    """What a run did for its own service: jobs taken up, outcomes by kind, and what is `left`: the last outcome
    of each job not done. All threads may write to it.

    `blocked`: why nothing of which repository (by code) could be sent. `other_services`: outcomes of other services;
    `misconfigured`: which repositories cannot use which service, and why.
    """

    service: Service = Service.DOIS
    taken: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    left: dict[int, Outcome] = field(default_factory=dict)
    blocked: dict[str, Outcome] = field(default_factory=dict)
    other_services: dict[Service, Counter[str]] = field(default_factory=dict)
    misconfigured: dict[tuple[Service, str], Outcome] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def add(self, lease: Lease, outcome: Outcome) -> None:
        """Count an outcome; `LOST` is not one."""
        if outcome is LOST:
            return
        with self._lock:
            if lease.kind.service is not self.service:
                self.other_services.setdefault(lease.kind.service, Counter())[str(outcome.kind)] += 1
                return
            self.taken += 1
            self.outcomes[str(outcome.kind)] += 1
            if outcome.kind is OutcomeKind.DONE:
                self.left.pop(lease.job_id, None)
            else:
                self.left[lease.job_id] = outcome

    def set_blocked(self, service: Service, code: str, outcome: Outcome | None) -> None:
        """Why nothing of the repository can be sent; None: it can."""
        if service is self.service:
            with self._lock:
                self.blocked.pop(code, None)
                if outcome is not None:
                    self.blocked[code] = outcome

    def set_up(self, service: Service, code: str, outcome: Outcome | None) -> bool:
        """Record why the repository cannot use the service; None: it can. Returns whether that is new."""
        self.set_blocked(service, code, outcome)
        with self._lock:
            known = self.misconfigured.pop((service, code), None)
            if outcome is None or outcome.kind is not OutcomeKind.BLOCKED:
                return False
            self.misconfigured[service, code] = outcome
        return known is None or known.message != outcome.message
