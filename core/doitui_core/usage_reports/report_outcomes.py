"""What an answer of the report store means: `doitui_core.domain.outcomes` where statuses mean another thing for
reports.

Whatever no rule here knows means what it means for a DOI. From usage.md 1.1 to 1.8. Nothing ambiguous needs a probe:
the whole report goes again from its first part, whose PUT takes the place of all that is there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from doitui_core.datacite.outcome_rules import Rule, refusal, unrelated
from doitui_core.domain.intermediary import REPORTS
from doitui_core.domain.outcomes import Outcome, OutcomeKind

if TYPE_CHECKING:
    from doitui_core.domain.answer import Answer

_AGAIN = "sent again by itself, from its first part"
_LOOK = "see what is wrong with `doitui usage-report build` and `doitui usage-report validate`"
_ADDRESS = "no report store answers at this address: mend reports_url"
_TOKEN = (
    "missing, stale or wrong token: mend datacite_api_token (DataCite's last a year; without one: account, password)"
)


# The first that fits.
_RULES = (
    Rule(401, "", OutcomeKind.BLOCKED, "credentials", _TOKEN),
    Rule(
        403,
        "",
        OutcomeKind.BLOCKED,
        "forbidden",
        "the account has no right to write usage reports: ask DataCite for a token",
    ),
    Rule(404, "", OutcomeKind.BLOCKED, "configuration", _ADDRESS),
    Rule(405, "", OutcomeKind.BLOCKED, "configuration", _ADDRESS),
    Rule(
        409,
        "",
        OutcomeKind.PERMANENT,
        "taken",
        "the month's report is there under another UUID, by another program or account: ask DataCite to delete it",
    ),
    Rule(413, "", OutcomeKind.PERMANENT, "too_large", "the report store takes no part of this size"),
    # Sashimi stumbles over a request without a valid token before it comes to saying 401 (usage.md 1.8).
    Rule(422, r"undefined method .{0,4}uid\b", OutcomeKind.BLOCKED, "credentials", _TOKEN),
    Rule(422, "", OutcomeKind.PERMANENT, "report", _LOOK),
    Rule(400, "", OutcomeKind.PERMANENT, "bad_request", _LOOK),
)

#: For the rest, by their hundred; but a status of `outcomes` that stands for itself goes before.
_BY_HUNDRED = {
    3: (OutcomeKind.PERMANENT, "redirected", "a redirect is not followed with credentials: mend reports_url"),
    4: (OutcomeKind.PERMANENT, "rejected", _LOOK),
    5: (OutcomeKind.AMBIGUOUS, "server_error", f"it may have been done: {_AGAIN}"),
}


def report_outcome(answer: Answer, uuid: str) -> Outcome:
    """The decision on the answer to a part of the report `uuid`. A 2xx that is not about that report is ambiguous.

    Of a long answer only the beginning is needed, where its id is.
    """
    if answer.ok:
        if re.search(rf'"id"\s*:\s*"{re.escape(uuid)}"', answer.text, re.IGNORECASE):
            return Outcome(OutcomeKind.DONE, http_status=answer.status)
        return unrelated(answer, REPORTS, "report", _AGAIN)
    return refusal(answer, REPORTS, _RULES, _BY_HUNDRED)
