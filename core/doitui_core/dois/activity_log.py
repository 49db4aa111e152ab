"""What happened to DOIs, one line each, in the words of OPUS 4's opus-doi.log, refused acts included.

The lines go to the logger `doitui.doi` and to a file (`log_file`).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from doitui_core.db import database, fields
from doitui_core.db.models import Attempt, Doi, Payload
from doitui_core.dois import doi_rows
from doitui_core.dois.log_file import LogFile
from doitui_core.domain import identifiers
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.errors import DoituiError, InvalidMetadata, Refused
from doitui_core.text import harmless

log = logging.getLogger("doitui.doi")
log.addHandler(LogFile())
log.setLevel(logging.INFO)

#: By action: the messages of a success and of an error (its reason follows).
MESSAGES = {
    "mint": (
        "DOI {doi} of document {document} was registered successfully",
        "an error occurred while registering DOI {doi} for document {document}",
    ),
    "update": (
        "metadata and landing page URL of DOI {doi} of document {document} were updated successfully",
        "an error occurred while updating DOI {doi} of document {document}",
    ),
    "deactivate": (
        "metadata deletion of DOI {doi} of document {document} was successful",
        "an error occurred while deregistering DOI {doi} of document {document}",
    ),
    "abandon": (
        "draft of DOI {doi} of document {document} was deleted successfully",
        "an error occurred while deleting the draft of DOI {doi} of document {document}",
    ),
}

#: Requests searched for the landing page that was sent last.
RECENT = 10

NO_URL = "could not update landing page URL of DOI {doi} of document {document} to {url}"
NO_DOCUMENT = "could not generate the DataCite metadata for DOI registration of document {document}"


def generated(doi: str, document: str, because: str = "") -> None:
    """A DOI string was stored. As all messages of a change, it is logged when the transaction commits. `because`: the
    setting that caused it.
    """
    line = f"DOI {doi} was generated for document {document}{_caused(because)}"
    database.after_commit(lambda: _write(logging.INFO, line))


def assigned(doi: str, document: str) -> None:
    """A person gave a record this DOI."""
    database.after_commit(lambda: _write(logging.INFO, f"DOI {doi} was assigned to document {document}"))


def unassigned(doi: str, document: str) -> None:
    """A person took a surplus DOI away from a record."""
    database.after_commit(lambda: _write(logging.INFO, f"DOI {doi} was taken away from document {document}"))


def queued(doi: str, document: str, because: str) -> None:
    """A registration was queued because a record was published."""
    line = f"DOI {doi} of document {document} is to be registered{_caused(because)}"
    database.after_commit(lambda: _write(logging.INFO, line))


def nothing_to_register(document: str) -> None:
    """A record was published that has no DOI of ours, with a setting that would register it."""
    line = f"document {document} does not provide a local DOI that can be registered: abort DOI registration process"
    database.after_commit(lambda: _write(logging.INFO, line))


def _caused(because: str) -> str:
    return f" ({because})" if because else ""


def url_changed(row: Doi, url: str) -> None:
    """A new landing page URL was requested."""
    _log_for(logging.INFO, "landing page URL of DOI {doi} of document {document} is to be changed", row, url)


def written(row: Doi, action: str, outcome: Outcome, *, failed: bool) -> None:
    """A write job ended: done, `failed`, or to be tried again."""
    done, error = MESSAGES[action]
    if outcome.kind is OutcomeKind.DONE and outcome.message:  # done without a write
        _log_for(logging.INFO, "DOI {doi} of document {document}", row, outcome.message)
    elif outcome.kind is OutcomeKind.DONE:
        _log_for(logging.INFO, done, row)
    elif outcome.cause == "metadata" and not outcome.http_status:
        _log_for(logging.ERROR, NO_DOCUMENT, row, outcome.message)
    else:
        _log_for(logging.ERROR if failed else logging.WARNING, error, row, outcome.message)
        if failed and action == "update" and _url_differs(row):
            _log_for(logging.ERROR, NO_URL, row, outcome.message)


def _url_differs(row: Doi) -> bool:
    """Whether DataCite accepted another landing page than the row has."""
    sent = Attempt.select(Payload.body).join(Payload, on=Attempt.fingerprint == Payload.fingerprint)
    done: Any = sent.where(Attempt.doi == row.id, Attempt.outcome == str(OutcomeKind.DONE)).order_by(Attempt.id.desc())
    url = next(filter(None, (_url_in(body) for (body,) in done.limit(RECENT).tuples())), row.url)
    return bool(url != row.url)


def _url_in(body: bytes) -> str:
    """The landing page in a stored body, JSON (REST) or text (MDS); empty without one."""
    text = fields.unpack_text(body)
    try:
        return str(json.loads(text).get("url") or "")
    except (ValueError, AttributeError):
        found = re.search(r"^url=(\S+)", text, re.MULTILINE)
        return found[1] if found else ""


def verified(row: Doi, outcome: Outcome) -> None:
    """A verification ended."""
    if outcome.cause == "mismatch":
        _log_for(logging.ERROR, "verification of DOI {doi} in document {document} failed", row, outcome.message)
    elif outcome.kind is OutcomeKind.DONE:
        _log_for(logging.INFO, "verification of DOI {doi} of document {document} was successful", row)
    else:
        template = "could not get registration status of DOI {doi} in document {document}"
        _log_for(logging.WARNING, template, row, outcome.message)


def not_generated(document: str, error: DoituiError, because: str = "") -> None:
    """No DOI could be generated. As all messages below, it is logged at once: the transaction is rolled back."""
    _write(logging.ERROR, f"could not generate a DOI for document {document}{_caused(because)}: {error}")


def not_described(document: str, error: InvalidMetadata) -> None:
    """A document cannot be registered with its metadata."""
    _write(logging.ERROR, f"{NO_DOCUMENT.format(document=document)}: {error}")


@contextmanager
def refusals(template: str, doi: str, url: str = "") -> Iterator[None]:
    """Log a `Refused` with an error message of this module, and raise it."""
    try:
        yield
    except Refused as error:
        _write(logging.ERROR, f"{template.format(doi=doi, document=_document(doi), url=url)}: {error}")
        raise


def _document(doi: str) -> str:
    """The object id of the DOI's record; `-` for none."""
    try:
        row = Doi.get_or_none(Doi.folded == identifiers.fold(doi))
    except DoituiError:
        return "-"
    return row.record.object_id if row is not None and row.record is not None else "-"


def not_registered(doi: str, document: str, reason: str) -> None:
    """A DOI could not be queued for registration."""
    _write(logging.ERROR, f"{MESSAGES['mint'][1].format(doi=doi, document=document)}: {reason}")


def count_line(text: str) -> None:
    """How many DOIs a run completed."""
    _write(logging.INFO, text)


def _log_for(level: int, template: str, row: Doi, reason: str = "") -> None:
    record = doi_rows.record(row)
    document = record.object_id if record is not None else "-"
    line = template.format(doi=row.doi, document=document, url=row.url) + (f": {reason}" if reason else "")
    database.after_commit(lambda: _write(level, line))


def _write(level: int, line: str) -> None:
    if log.isEnabledFor(level):
        # `log.log` would look up the calling line of code.
        log.handle(log.makeRecord(log.name, level, __file__, 0, "%s", (harmless(line),), None))
