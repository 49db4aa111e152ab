"""Refusals of services at which a status means another thing than for a DOI: their rules go before `domain.outcomes`,
which says what a 403 or 422 means for a DOI. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from doitui_core.domain import outcomes
from doitui_core.domain.intermediary import ServiceProfile
from doitui_core.domain.outcomes import Outcome, OutcomeKind

if TYPE_CHECKING:
    from doitui_core.domain.answer import Answer

#: Kind, cause, what to do.
Meaning = tuple[OutcomeKind, str, str]


class Rule(NamedTuple):
    """For answers whose status is `status` and whose text has `says` (any case) in it."""

    status: int
    says: str
    kind: OutcomeKind
    cause: str
    advice: str


def unrelated(answer: Answer, service: ServiceProfile, what: str, advice: str) -> Outcome:
    """The decision on a success that is not about `what` was sent (as "event"): not the service's own, or ambiguous."""
    message = f"HTTP {answer.status}: the answer is not about this {what}; {advice}"
    return outcomes.foreign(answer, service) or Outcome(OutcomeKind.AMBIGUOUS, "unreadable", message, answer.status)


def refusal(
    answer: Answer, service: ServiceProfile, rules: Sequence[Rule], by_hundred: Mapping[int, Meaning]
) -> Outcome:
    """The decision on an answer of `service` that is no success: not its own; the first rule that fits; then its
    hundred, unless `outcomes` knows more than the hundred of its status; then what it means for a DOI.
    """
    other = outcomes.foreign(answer, service)
    if other is not None:
        return other
    wait = outcomes.retry_after(answer)
    found = _rule(answer, rules)
    if found is None and not (wait is not None and answer.status == 503) and answer.status not in outcomes.BY_STATUS:
        found = by_hundred.get(answer.status // 100, by_hundred[5])
    if found is None:
        return outcomes.from_answer(answer, service)
    kind, cause, advice = found
    return Outcome(kind, cause, f"HTTP {answer.status}: {answer.summary}; {advice}", answer.status, wait)


def _rule(answer: Answer, rules: Sequence[Rule]) -> Meaning | None:
    for rule in rules:
        if answer.status == rule.status and re.search(rule.says, answer.text, re.IGNORECASE):
            return rule.kind, rule.cause, rule.advice
    return None
