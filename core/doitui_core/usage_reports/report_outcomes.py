"""What an answer of the report store means: `doitui_core.domain.outcomes` where statuses mean another thing for
reports.

What no rule here covers means the same as for a DOI. From usage.md 1.1 to 1.8. An ambiguous outcome needs no probe:
the whole report is sent again, and the PUT of its first part replaces all that is stored.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from doitui_core.datacite.service_outcomes import Rule, refusal, unrelated
from doitui_core.domain.intermediary import REPORTS
from doitui_core.domain.outcomes import Outcome, OutcomeKind

if TYPE_CHECKING:
    from doitui_core.domain.answer import Answer

#: Accepted, but the datasets are validated later (Sashimi's words for it, usage.md 1.5; a hub's status 202).
WAITING = "waiting"

#: Characters of the reasons shown.
_LONGEST = 500

_AGAIN = "sent again by itself, from its first part"
_LOOK = "see what is wrong with `doitui usage-report build` and `doitui usage-report validate`"
_ADDRESS = "no report store answers at this address: fix reports_url"
_TOKEN = (
    "missing, expired or wrong token: fix datacite_api_token (DataCite's last a year; without one: account, password)"
)
_NO_RIGHT = "the account has no right to write usage reports: ask DataCite for a token"
_EXISTS = "the month's report is there under another UUID, by another program or account: ask DataCite to delete it"

#: The first that fits.
_RULES = (
    Rule(401, "", OutcomeKind.BLOCKED, "credentials", _TOKEN),
    Rule(403, "", OutcomeKind.BLOCKED, "forbidden", _NO_RIGHT),
    Rule(404, "", OutcomeKind.BLOCKED, "configuration", _ADDRESS),
    Rule(405, "", OutcomeKind.BLOCKED, "configuration", _ADDRESS),
    Rule(409, "", OutcomeKind.PERMANENT, "taken", _EXISTS),
    Rule(413, "", OutcomeKind.PERMANENT, "too_large", "the report store takes no part of this size"),
    # Without a valid token Sashimi fails before it can answer 401 (usage.md 1.8).
    Rule(422, r"undefined method .{0,4}uid\b", OutcomeKind.BLOCKED, "credentials", _TOKEN),
    Rule(422, "", OutcomeKind.PERMANENT, "report", _LOOK),
    Rule(400, "", OutcomeKind.PERMANENT, "bad_request", _LOOK),
)

#: For other statuses, by their hundred; statuses that `outcomes` lists by themselves come first.
_BY_HUNDRED = {
    3: (OutcomeKind.PERMANENT, "redirected", "a redirect is not followed with credentials: fix reports_url"),
    4: (OutcomeKind.PERMANENT, "rejected", _LOOK),
    5: (OutcomeKind.AMBIGUOUS, "server_error", f"it may have been done: {_AGAIN}"),
}


def report_outcome(answer: Answer, uuid: str) -> Outcome:
    """The decision on the answer to a part of the report `uuid`. A 2xx that is not about that report is ambiguous.

    Of a long answer only the beginning is needed, where its id is.
    """
    if answer.ok:
        if re.search(rf'"id"\s*:\s*"{re.escape(uuid)}"', answer.text, re.IGNORECASE):
            return _accepted(answer)
        return unrelated(answer, REPORTS, "report", _AGAIN)
    return refusal(answer, REPORTS, _RULES, _BY_HUNDRED)


def is_waiting(answer: Answer) -> bool:
    """Whether the store accepted what was sent without having validated it."""
    return _state(answer.text) == WAITING or (answer.status == 202 and not _state(answer.text))


def waiting(answer: Answer) -> Outcome:
    """The outcome of a report that is stored, but not validated yet: the store is asked again, and nothing sent."""
    message = "accepted by the report store, which has not validated it yet: it is asked again by itself"
    return Outcome(OutcomeKind.RETRYABLE, WAITING, message, answer.status)


def _accepted(answer: Answer) -> Outcome:
    """Done, unless the store says that the report it has stored is not valid. DataCite's says nothing about it."""
    if _state(answer.text) != "not_valid":
        return Outcome(OutcomeKind.DONE, http_status=answer.status)
    reasons = "; ".join(_reasons(answer.text)) or "it gives no reason"
    return Outcome(
        OutcomeKind.PERMANENT, "report", f"stored, but not valid: {reasons[:_LONGEST]}: {_LOOK}", answer.status
    )


def _state(text: str) -> str:
    """The state that an answer, or its beginning, names; empty where it names none."""
    found = re.search(r'"state"\s*:\s*"([a-z_]+)"', text)
    return found[1] if found else ""


def _reasons(text: str) -> list[str]:
    """The messages of the exceptions next to the state; none where they are cut off."""
    found = re.search(r'"exceptions"\s*:\s*(?=\[)', text)
    try:
        listed, _ = json.JSONDecoder().raw_decode(text, found.end()) if found else ([], 0)
    except ValueError:
        return []
    return [str(one["message"]) for one in listed if isinstance(one, dict) and "message" in one]
