"""What an answer of the report store means: `doitui_core.outcomes` where statuses mean another thing for reports.

Whatever no rule here knows means what it means for a DOI. From usage.md 1.1 to 1.8. Nothing ambiguous needs a probe:
the whole report goes again from its first part, whose PUT takes the place of all that is there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from doitui_core import outcomes
from doitui_core.outcomes import Kind, Outcome

if TYPE_CHECKING:
    from doitui_core.datacite.answer import Answer

_HTML = r"\A\s*<(!doctype|html)"
_AGAIN = "sent again by itself, from its first part"
_LOOK = "see what is wrong with `doitui usage-report build` and `doitui usage-report validate`"
_ADDRESS = "no report store answers at this address: mend reports_url"
_TOKEN = (
    "missing, stale or wrong token: mend datacite_api_token (DataCite's last a year; without one: account, password)"
)


class _Rule(NamedTuple):
    """For answers whose status, or its hundred, is `status` and whose text has `says` (any case) in it."""

    status: int
    says: str
    kind: Kind
    cause: str
    advice: str


# The first that fits.
_RULES = (
    _Rule(401, "", Kind.BLOCKED, "credentials", _TOKEN),
    # DataCite says it in JSON; a page comes from something on the way and says nothing about rights.
    _Rule(403, _HTML, Kind.RETRYABLE, "firewall", f"a firewall or proxy refused it, not the report store; {_AGAIN}"),
    _Rule(
        403, "", Kind.BLOCKED, "forbidden", "the account has no right to write usage reports: ask DataCite for a token"
    ),
    _Rule(404, "", Kind.BLOCKED, "configuration", _ADDRESS),
    _Rule(405, "", Kind.BLOCKED, "configuration", _ADDRESS),
    _Rule(
        409,
        "",
        Kind.PERMANENT,
        "taken",
        "the month's report is there under another UUID, by another program or account: ask DataCite to delete it",
    ),
    _Rule(413, "", Kind.PERMANENT, "too_large", "the report store takes no part of this size"),
    # Sashimi stumbles over a request without a valid token before it comes to saying 401 (usage.md 1.8).
    _Rule(422, r"undefined method .{0,4}uid\b", Kind.BLOCKED, "credentials", _TOKEN),
    _Rule(422, "", Kind.PERMANENT, "report", _LOOK),
    _Rule(400, "", Kind.PERMANENT, "bad_request", _LOOK),
)

#: For the rest, by their hundred; but a status of `outcomes` that stands for itself goes before.
_BY_HUNDRED = {
    3: (Kind.PERMANENT, "redirected", "a redirect is not followed with credentials: mend reports_url"),
    4: (Kind.PERMANENT, "rejected", _LOOK),
    5: (Kind.AMBIGUOUS, "server_error", f"it may have been done: {_AGAIN}"),
}


def report_outcome(answer: Answer, uuid: str) -> Outcome:
    """The decision on the answer to a part of the report `uuid`. A 2xx that is not about that report is ambiguous.

    Of a long answer only the beginning is needed, where its id is.
    """
    if answer.ok:
        if re.search(rf'"id"\s*:\s*"{re.escape(uuid)}"', answer.text, re.IGNORECASE):
            return Outcome(Kind.DONE, http_status=answer.status)
        message = f"HTTP {answer.status}: the answer is not about this report; {_AGAIN}"
        return Outcome(Kind.AMBIGUOUS, "unreadable", message, answer.status)
    wait = outcomes.retry_after(answer)
    found = _rule(answer) or (None if wait is not None and answer.status == 503 else _general(answer))
    if found is None:
        return outcomes.of_answer(answer)
    kind, cause, advice = found
    return Outcome(kind, cause, f"HTTP {answer.status}: {answer.summary}; {advice}", answer.status, wait)


def _rule(answer: Answer) -> tuple[Kind, str, str] | None:
    for rule in _RULES:
        if answer.status == rule.status and re.search(rule.says, answer.text, re.IGNORECASE):
            return rule.kind, rule.cause, rule.advice
    return None


def _general(answer: Answer) -> tuple[Kind, str, str] | None:
    """None for a status of which `outcomes` knows more than its hundred."""
    if answer.status in outcomes.BY_STATUS:
        return None
    return _BY_HUNDRED.get(answer.status // 100, _BY_HUNDRED[5])
