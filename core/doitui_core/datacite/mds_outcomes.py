"""What an MDS answer means: `outcomes` for the text protocol, of poodle (today) and of the Java MDS before it.

Both say in plain text what REST says in JSON, and some statuses mean another thing per call. From datacite-api 2 and
the sources it names; whatever no rule here knows means what it means in REST.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from doitui_core.datacite.mds_states import Call
from doitui_core.domain import outcomes
from doitui_core.domain.intermediary import MDS
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import Remote

if TYPE_CHECKING:
    from doitui_core.domain.answer import Answer

#: Causes that `outcomes` has not. ABSENT and DEACTIVATED come with DONE: the question is answered, or nothing is left.
ABSENT = "absent"
DEACTIVATED = "deactivated"
#: The address came before the metadata: send the metadata, then the address once more.
METADATA_FIRST = "metadata_first"
#: A deactivation that was answered like a creation: an empty draft was made (poodle), or a hidden DOI was brought
#: back (the Java MDS toggled). Ask before anything else is sent.
NOT_HIDDEN = "not_hidden"
QUOTA = "quota"

_OK = r"OK\b"
_ADDRESS = r"(?:https?|ftp)://\S+\s*\Z"
_NOTHING = r"\Z"
#: What a success says, by call and status. Some versions of poodle repeat the address where others say OK.
_SUCCESS: dict[Call, dict[int, str]] = {
    Call.PUT_METADATA: {200: _OK, 201: _OK},
    Call.PUT_URL: {200: f"{_OK}|{_ADDRESS}", 201: f"{_OK}|{_ADDRESS}"},
    Call.DELETE_METADATA: {200: _OK, 204: _NOTHING},
    Call.DELETE_DOI: {200: _OK, 204: _NOTHING},
}


class _Rule(NamedTuple):
    """For answers of `status` to one of `calls` whose text has `says` (any case) in it."""

    calls: frozenset[Call]
    status: int
    says: str
    kind: OutcomeKind
    cause: str
    advice: str


_ALL = frozenset(Call)
_PUT_METADATA = frozenset({Call.PUT_METADATA})
_PUT_URL = frozenset({Call.PUT_URL})
_HIDE = frozenset({Call.DELETE_METADATA})
_DELETES = _HIDE | {Call.DELETE_DOI}
#: A text that speaks of a DOI comes from MDS itself, and not from whatever web server is at a wrong address.
_OF_MDS = r"\A[^<{]*\bDOI\b"
_AGAIN = "metadata and URL are sent again automatically"
_RECORD = "fix the record, then retry"

# The first that fits.
_RULES = (
    _Rule(_HIDE, 201, "", OutcomeKind.AMBIGUOUS, NOT_HIDDEN, "it may be public: checked automatically"),
    _Rule(_DELETES, 404, _OF_MDS, OutcomeKind.DONE, ABSENT, "it is not there"),
    _Rule(_ALL, 404, _OF_MDS, OutcomeKind.PERMANENT, "not_there", "MDS does not take this DOI: look at its form"),
    _Rule(_ALL, 404, "", OutcomeKind.BLOCKED, "configuration", "no MDS at this address: correct mds_url"),
    _Rule(_HIDE, 410, "", OutcomeKind.DONE, DEACTIVATED, "it is deactivated"),
    _Rule(_ALL, 410, "", OutcomeKind.PERMANENT, DEACTIVATED, "it is deactivated: only `restore` brings it back"),
    _Rule(_PUT_URL, 412, "", OutcomeKind.RETRYABLE, METADATA_FIRST, _AGAIN),
    _Rule(_PUT_URL, 422, "can't be blank", OutcomeKind.RETRYABLE, METADATA_FIRST, _AGAIN),
    _Rule(_PUT_METADATA, 400, "", OutcomeKind.PERMANENT, "metadata", _RECORD),
    _Rule(_PUT_METADATA, 415, "", OutcomeKind.PERMANENT, "metadata", _RECORD),
    _Rule(_ALL, 403, "quota", OutcomeKind.BLOCKED, QUOTA, "the account's DOIs are used up: ask for more, then retry"),
)

#: What an answer proves about the DOI, whatever was known of it.
PROVES = {ABSENT: Remote.NONE, DEACTIVATED: Remote.REGISTERED}


def readable(answer: Answer, call: Call) -> bool:
    """Whether it is a success of this call in MDS's own words, and not a proxy's page."""
    words = _SUCCESS[call].get(answer.status)
    return words is not None and re.match(rf"\s*(?:{words})", answer.text) is not None


def other_doi(answer: Answer) -> list[str]:
    """The DOIs that a success names: `OK (10.5072/ABC)`, and the address of what was made."""
    text = re.match(r"\s*OK\s*\((10\..+)\)\s*\Z", answer.text)
    place = re.search(r"/(?:metadata|doi)/(10\.[^?#]+)", answer.headers.get("location", ""))
    return ([text[1]] if text else []) + ([unquote(place[1])] if place else [])


def mds_outcome(answer: Answer, call: Call) -> Outcome:
    """The decision on the answer to `call`. A 2xx in words that are not MDS's own, or in none, is ambiguous, and so is
    a page; any other answer that is not MDS's own is retried.
    """
    if readable(answer, call):
        return Outcome(OutcomeKind.DONE, http_status=answer.status)
    other = outcomes.foreign(answer, MDS)
    if other is not None:
        return other
    for rule in _RULES:
        if call in rule.calls and answer.status == rule.status and re.search(rule.says, answer.text, re.IGNORECASE):
            message = f"HTTP {answer.status}: {answer.summary}; {rule.advice}"
            wait = 0.0 if rule.cause == METADATA_FIRST else outcomes.retry_after(answer)
            return Outcome(rule.kind, rule.cause, message, answer.status, wait)
    if answer.ok:
        return Outcome(OutcomeKind.AMBIGUOUS, "unreadable", "the answer could not be read", answer.status)
    return outcomes.from_answer(answer, MDS)
