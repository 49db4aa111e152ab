"""What an answer of the Events API means: `doitui_core.domain.outcomes` where statuses mean another thing for events.

Whatever no rule here knows means what it means for a DOI. From datacite-api 3.2. Nothing ambiguous needs a probe: an
event goes out under its own UUID and with a total, so the same once more is the answer to every doubt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doitui_core.datacite.service_outcomes import Rule, refusal, unrelated
from doitui_core.domain.intermediary import EVENTS
from doitui_core.domain.outcomes import Outcome, OutcomeKind

if TYPE_CHECKING:
    from doitui_core.domain.answer import Answer

_AGAIN = "sent again by itself, under the same UUID"
_LOOK = "see what was sent with `doitui event show`"
_ADDRESS = "no Events API answers at this address: correct events_url"
_TOKEN = "stale or wrong token: correct datacite_api_token (without one: password)"
_NO_RIGHT = "no right to write events: DataCite gives it to its staff only; send usage reports instead"
_CONFLICT = f"another write was faster, or it is there under another UUID; {_AGAIN}"

#: The first that fits.
_RULES = (
    Rule(401, "", OutcomeKind.BLOCKED, "credentials", _TOKEN),
    Rule(403, "", OutcomeKind.BLOCKED, "forbidden", _NO_RIGHT),
    Rule(404, "", OutcomeKind.BLOCKED, "configuration", _ADDRESS),
    Rule(405, "", OutcomeKind.BLOCKED, "configuration", _ADDRESS),
    Rule(409, "", OutcomeKind.RETRYABLE, "conflict", _CONFLICT),
    Rule(422, "token can't be blank", OutcomeKind.BLOCKED, "configuration", "set event_source_token, then retry"),
    Rule(422, "", OutcomeKind.PERMANENT, "event", _LOOK),
    Rule(400, "", OutcomeKind.PERMANENT, "bad_request", _LOOK),
)

#: For other statuses, by their hundred; a status that `outcomes` knows goes first.
_BY_HUNDRED = {
    3: (OutcomeKind.PERMANENT, "redirected", "a redirect is not followed with credentials: correct events_url"),
    4: (OutcomeKind.PERMANENT, "rejected", _LOOK),
    5: (OutcomeKind.AMBIGUOUS, "server_error", f"it may have been done: {_AGAIN}"),
}


def event_outcome(answer: Answer, uuid: str) -> Outcome:
    """The decision on the answer to the event `uuid`. A 2xx that is not about that event is ambiguous."""
    if answer.ok:
        if _names(answer, uuid):
            return Outcome(OutcomeKind.DONE, http_status=answer.status)
        return unrelated(answer, EVENTS, "event", _AGAIN)
    return refusal(answer, EVENTS, _RULES, _BY_HUNDRED)


def _names(answer: Answer, uuid: str) -> bool:
    data = answer.document.get("data")
    return isinstance(data, dict) and str(data.get("id", "")).lower() == uuid
