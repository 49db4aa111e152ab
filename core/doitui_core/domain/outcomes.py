"""One HTTP outcome in, one decision out. Pure: no clock, no database, no network.

What a status means for an event or a usage report: `datacite.service_outcomes`; over MDS: `datacite.mds_outcomes`.

The table is datacite-api 1.9 read with the question "may the same request be sent again, and when?". It holds for what
the service itself says; an answer in other words (`intermediary`) is retried, whatever its status.

done        2xx: compare the state that came back with the wanted one
retryable   it certainly did nothing, and the same may work later
ambiguous   nobody knows whether it was done: probe before anything else
permanent   the same request will never work: a person has to change something
blocked     nothing of this repository will work until its set-up is corrected
throttled   too fast: later, and it costs no attempt
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from doitui_core.domain import doi_paths, identifiers, intermediary
from doitui_core.domain.answer import line
from doitui_core.domain.intermediary import DATACITE, ServiceProfile
from doitui_core.errors import CredentialsRefused, ForeignAnswer, Misconfigured, NoAnswer, NotSent, RemoteFailed

if TYPE_CHECKING:
    from doitui_core.domain.answer import Answer


class OutcomeKind(StrEnum):
    """What an answer means for its job (see above)."""

    DONE = "done"
    RETRYABLE = "retryable"
    AMBIGUOUS = "ambiguous"
    PERMANENT = "permanent"
    BLOCKED = "blocked"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision: what kind, why in one stable word (`cause`), and the line a person reads.

    `wait`: seconds the remote asked us to stay away, from Retry-After; None when it did not.
    """

    kind: OutcomeKind
    cause: str = ""
    message: str = ""
    http_status: int = 0
    wait: float | None = None


DONE = Outcome(OutcomeKind.DONE)


def nothing_sent(why: str) -> Outcome:
    """Done without a write: what is there is what is wanted, or all that can be had."""
    return Outcome(OutcomeKind.DONE, message=f"nothing was sent: {why}")


#: By HTTP status: kind, cause, what to do (the server's own words come first). Others: by their hundred, below.
BY_STATUS: dict[int, tuple[OutcomeKind, str, str]] = {
    400: (OutcomeKind.PERMANENT, "bad_request", "fix the record, then retry"),
    401: (OutcomeKind.BLOCKED, "credentials", "DataCite rejects this account and password: correct them, then retry"),
    403: (OutcomeKind.PERMANENT, "forbidden", "the account has no permission for this DOI or prefix"),
    404: (OutcomeKind.PERMANENT, "not_there", "DataCite does not have it, or hides it from this account"),
    405: (OutcomeKind.PERMANENT, "not_a_draft", "only drafts can be deleted; deactivate it instead"),
    408: (OutcomeKind.THROTTLED, "throttled", "retried automatically"),
    409: (OutcomeKind.RETRYABLE, "conflict", "another write came first; retried automatically"),
    413: (OutcomeKind.PERMANENT, "too_large", "the document is too large for DataCite"),
    422: (OutcomeKind.PERMANENT, "metadata", "fix the record, then retry"),
    425: (OutcomeKind.THROTTLED, "throttled", "retried automatically"),
    429: (OutcomeKind.THROTTLED, "throttled", "retried automatically"),
}

BY_HUNDRED: dict[int, tuple[OutcomeKind, str, str]] = {
    2: (OutcomeKind.DONE, "", ""),
    3: (OutcomeKind.PERMANENT, "redirected", "redirects are not followed with credentials: correct datacite_url"),
    4: (OutcomeKind.PERMANENT, "rejected", "fix the record, then retry"),
    5: (OutcomeKind.AMBIGUOUS, "server_error", "it may have been done: checked automatically"),
}

#: The cause of a POST for a DOI that exists already (lupo: uniqueness is global across repositories).
DOI_EXISTS = "doi_taken"


#: The message about an answer that is not the service's own.
FOREIGN = "not {}'s own answer: a firewall, proxy or login page on the way, or a wrong {}"


def foreign(answer: Answer, service: ServiceProfile) -> Outcome | None:
    """The decision on an answer that is not the service's own; None for one that is."""
    cause = intermediary.interferer(answer, service)
    if not cause:
        return None
    # Behind a page with 2xx, and behind a proxy that gave up, the request may have been done.
    refused = 300 <= answer.status < 500 or answer.status == intermediary.PORTAL
    kind = OutcomeKind.RETRYABLE if refused else OutcomeKind.AMBIGUOUS
    location = line(answer.headers.get("location", ""))
    summary = f"redirect to {location}" if location else answer.summary
    message = f"HTTP {answer.status}: {summary}; {FOREIGN.format(service.name, service.setting)}"
    return Outcome(kind, cause, message, answer.status, retry_after(answer))


def require_own(answer: Answer, service: ServiceProfile) -> Answer:
    """The answer to a read, if it is the service's own. Raises `ForeignAnswer`."""
    other = foreign(answer, service)
    if other is not None:
        raise ForeignAnswer(f"{answer.url}: {other.message}", other.cause, answer.status)
    return answer


def from_answer(answer: Answer, service: ServiceProfile = DATACITE) -> Outcome:
    """The decision on an answer to a write. A 2xx whose body cannot be read is ambiguous: the state is unknown."""
    other = foreign(answer, service)
    if other is not None:
        return other
    kind, cause, advice = BY_STATUS.get(answer.status) or BY_HUNDRED.get(answer.status // 100, BY_HUNDRED[5])
    wait = retry_after(answer)
    if answer.status == 503 and wait is not None:
        # Who names a time has not begun; any other 5xx may come from a gateway behind which the write went through.
        kind, cause, advice = BY_STATUS[429]
    if kind is OutcomeKind.DONE:
        if answer.unreadable:
            return Outcome(OutcomeKind.AMBIGUOUS, "unreadable", "the answer could not be read", answer.status)
        return Outcome(OutcomeKind.DONE, http_status=answer.status)
    if answer.status == 422 and any("already been taken" in title for _, title in answer.errors):
        cause = DOI_EXISTS
    summary = " ".join(answer.summary.split())
    message = f"HTTP {answer.status}: {summary}; {advice}"
    return Outcome(kind, cause, message, answer.status, wait)


#: The cause of a success that is about another DOI than the one that was asked for.
OTHER_DOI = "other_doi"


def other_doi(answer: Answer, doi: str, names: Iterable[str]) -> Outcome | None:
    """The decision on a success that names another DOI than `doi`; None for any other answer. `names`: the DOIs that
    it names. Nobody knows what was done, and to which: sent again, it may be done to the other one once more.
    """
    others = [name for name in names if identifiers.fold(name) != identifiers.fold(doi)]
    if not answer.ok or not others:
        return None
    message = (
        f"HTTP {answer.status}: the answer is about {others[0]!r}, not about {doi}; nothing was noted: a proxy or cache"
        " on the way mixes requests up; check both DOIs at DataCite, then retry"
    )
    return Outcome(OutcomeKind.PERMANENT, OTHER_DOI, message, answer.status)


def unsendable(doi: str) -> Outcome | None:
    """Why nothing can be sent for `doi`, from a row of an older version; None for any other DOI."""
    reason = doi_paths.unsendable(doi)
    return Outcome(OutcomeKind.PERMANENT, "invalid_doi", reason) if reason else None


def from_error(error: RemoteFailed | Misconfigured) -> Outcome:
    """The decision on a request that brought no answer."""
    if isinstance(error, NotSent):
        return Outcome(OutcomeKind.RETRYABLE, "unreachable", str(error))
    if isinstance(error, NoAnswer):
        return Outcome(OutcomeKind.AMBIGUOUS, "no_answer", str(error))
    if isinstance(error, ForeignAnswer):
        return Outcome(OutcomeKind.RETRYABLE, error.cause, str(error), error.status)
    if isinstance(error, RemoteFailed):
        return Outcome(OutcomeKind.RETRYABLE, "server_error", str(error))
    cause = "credentials" if isinstance(error, CredentialsRefused) else "configuration"
    return Outcome(OutcomeKind.BLOCKED, cause, str(error))


def for_read(outcome: Outcome) -> Outcome:
    """The same for a request that only reads: it can be repeated, whatever became of it."""
    return replace(outcome, kind=OutcomeKind.RETRYABLE) if outcome.kind is OutcomeKind.AMBIGUOUS else outcome


#: The part of a line, or all of it, that promises another try.
_PROMISE = re.compile(r"(?:(?:^|[;:] )[^;:]*\b(?:by (?:itself|themselves)|automatically)\b[^;]*)+$")


def final(outcome: Outcome) -> Outcome:
    """The same for a job that has failed: the message does not promise a retry."""
    return replace(outcome, message=without_promise(outcome.message))


def without_promise(text: str) -> str:
    """`text` without its promise of another try; empty where that is all it says."""
    return _PROMISE.sub("", text)


#: Nobody means more than this, and a typing error must not stop a repository for a year. Seconds.
LONGEST_WAIT = 3600.0


def retry_after(answer: Answer) -> float | None:
    """Seconds of the Retry-After header, both forms of RFC 9110 10.2.3; None for none or nonsense.

    A date is measured against the answer's own Date header, so that our clock does not matter.
    """
    value = answer.headers.get("retry-after", "").strip()
    number = re.fullmatch("[0-9]+", value)
    seconds = float(value) if number else _seconds_until(value, answer.headers.get("date", ""))
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT)


def _seconds_until(then: str, now: str) -> float | None:
    try:
        return (_http_date(then) - _http_date(now)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None


def _http_date(text: str) -> datetime:
    parsed = parsedate_to_datetime(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
