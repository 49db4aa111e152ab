"""What happened to DOIs, one line each, in the words OPUS 4 writes to its opus-doi.log.

The lines go to the logger `doitui.doi`, so they stand in the application's log, and to a file (`log_file`), also where
an act was refused or failed before anything was sent.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from doitui_core.db import database, payload_codec
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

#: By action: what is said of a success, and of an error (its reason follows).
WORDS = {
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

#: Requests that are looked at for the landing page that was sent last.
RECENT = 10

#: What is said of an act that failed before there was a job.
NOT_MADE = "could not generate a DOI for document {document}"
NO_URL = "could not update landing page URL of DOI {doi} of document {document} to {url}"
NO_DOCUMENT = "could not generate the DataCite metadata for DOI registration of document {document}"


def generated(doi: str, document: str) -> None:
    """A DOI string was decided. As all of these: inside a transaction it is told when that commits, or never."""
    database.after_commit(lambda: _write(logging.INFO, f"DOI {doi} was generated for document {document}"))


def url_changed(row: Doi, url: str) -> None:
    """Somebody asked for another landing page."""
    _log_for(logging.INFO, "landing page URL of DOI {doi} of document {document} is to be changed", row, url)


def written(row: Doi, action: str, outcome: Outcome, *, failed: bool) -> None:
    """A write job ended: done, `failed` for good, or to be tried again."""
    done, wrong = WORDS[action]
    if outcome.kind is OutcomeKind.DONE and outcome.message:  # without a write
        _log_for(logging.INFO, "DOI {doi} of document {document}", row, outcome.message)
    elif outcome.kind is OutcomeKind.DONE:
        _log_for(logging.INFO, done, row)
    elif outcome.cause == "metadata" and not outcome.http_status:
        _log_for(logging.ERROR, NO_DOCUMENT, row, outcome.message)
    else:
        _log_for(logging.ERROR if failed else logging.WARNING, wrong, row, outcome.message)
        if failed and action == "update" and _url_differs(row):
            _log_for(logging.ERROR, NO_URL, row, outcome.message)


def _url_differs(row: Doi) -> bool:
    """Whether DataCite has, of all we know, another landing page than the row."""
    sent = Attempt.select(Payload.body).join(Payload, on=Attempt.fingerprint == Payload.fingerprint)
    done: Any = sent.where(Attempt.doi == row.id, Attempt.outcome == str(OutcomeKind.DONE)).order_by(Attempt.id.desc())
    url = next(filter(None, (_url_in(body) for (body,) in done.limit(RECENT).tuples())), row.url)
    return bool(url != row.url)


def _url_in(body: bytes) -> str:
    """The landing page in a stored body: JSON over REST, text over MDS; empty for a body without one."""
    text = payload_codec.unpack(body)
    try:
        return str(json.loads(text).get("url") or "")
    except (ValueError, AttributeError):
        found = re.search(r"^url=(\S+)", text, re.MULTILINE)
        return found[1] if found else ""


def verified(row: Doi, outcome: Outcome) -> None:
    """A verification ended: as wanted, a mismatch, or no answer."""
    if outcome.cause == "mismatch":
        _log_for(logging.ERROR, "verification of DOI {doi} in document {document} failed", row, outcome.message)
    elif outcome.kind is OutcomeKind.DONE:
        _log_for(logging.INFO, "verification of DOI {doi} of document {document} was successful", row)
    else:
        words = "could not get registration status of DOI {doi} in document {document}"
        _log_for(logging.WARNING, words, row, outcome.message)


def not_generated(document: str, error: DoituiError) -> None:
    """No DOI could be generated for a document. As all below: at once, for the act itself is undone."""
    _write(logging.ERROR, f"{NOT_MADE.format(document=document)}: {error}")


def not_described(document: str, error: InvalidMetadata) -> None:
    """A document's metadata does not allow to register it."""
    _write(logging.ERROR, f"{NO_DOCUMENT.format(document=document)}: {error}")


@contextmanager
def deactivating(doi: str) -> Iterator[None]:
    """Say why a DOI cannot be deactivated."""
    with _saying(WORDS["deactivate"][1], doi):
        yield


@contextmanager
def readdressing(doi: str, url: str) -> Iterator[None]:
    """Say why a DOI cannot get another landing page."""
    with _saying(NO_URL, doi, url):
        yield


@contextmanager
def _saying(template: str, doi: str, url: str = "") -> Iterator[None]:
    try:
        yield
    except Refused as error:
        _write(logging.ERROR, f"{template.format(doi=doi, document=_document(doi), url=url)}: {error}")
        raise


def _document(doi: str) -> str:
    """The object id of the record that a DOI belongs to; `-` for none."""
    try:
        row = Doi.get_or_none(Doi.folded == identifiers.fold(doi))
    except DoituiError:
        return "-"
    return row.record.object_id if row is not None and row.record is not None else "-"


def not_registered(doi: str, document: str, reason: str) -> None:
    """A DOI could not even be queued to be registered."""
    _write(logging.ERROR, f"{WORDS['mint'][1].format(doi=doi, document=document)}: {reason}")


def count_line(text: str) -> None:
    """How many a run brought to its end."""
    _write(logging.INFO, text)


def _log_for(level: int, template: str, row: Doi, reason: str = "") -> None:
    record = row.__rel__.get("record") or doi_rows.record(row)
    document = record.object_id if record is not None else "-"
    line = template.format(doi=row.doi, document=document, url=row.url) + (f": {reason}" if reason else "")
    database.after_commit(lambda: _write(level, line))


def _write(level: int, line: str) -> None:
    if log.isEnabledFor(level):
        # Not `log.log`, which would look for the line of code it was called from.
        log.handle(log.makeRecord(log.name, level, __file__, 0, "%s", (harmless(line),), None))
