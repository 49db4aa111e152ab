"""What a run of the worker did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from doitui_core.desk import LOST
from doitui_core.outcomes import Kind, Outcome


@dataclass
class Summary:
    """What a run did: jobs taken up, outcomes by kind, and what is `left`: the last outcome of each job not done.

    `blocked`: why nothing of which repository (by code) could be sent.
    """

    taken: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    left: dict[int, Outcome] = field(default_factory=dict)
    blocked: dict[str, Outcome] = field(default_factory=dict)

    def add(self, job_id: int, outcome: Outcome) -> None:
        if outcome is LOST:
            return
        self.taken += 1
        self.outcomes[str(outcome.kind)] += 1
        if outcome.kind is Kind.DONE:
            self.left.pop(job_id, None)
        else:
            self.left[job_id] = outcome
