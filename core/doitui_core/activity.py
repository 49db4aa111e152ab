"""What happened to DOIs, one line each, in the words OPUS 4 writes to its opus-doi.log.

The lines go to the logger `doitui.doi`, so they stand in the application's log, and, where `DOITUI_LOG` names a file,
in that file too: rotating, shared by all processes of a host. A log that cannot be written is told once and stops
nothing.
"""

from __future__ import annotations

import logging
import os
import threading

from doitui_core import database
from doitui_core.models import Doi
from doitui_core.notices import harmless
from doitui_core.outcomes import Kind, Outcome

log = logging.getLogger("doitui.doi")
log.addHandler(logging.NullHandler())  # where nobody has set up a log, Python itself would print to stderr

#: A full file is put aside at this size in bytes; so many of those are kept.
LARGEST_FILE = 10_000_000
KEPT_FILES = 5

FORMAT = "%(asctime)s %(levelname)s: %(message)s"

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

#: The files that are written to; "" stands for none.
_attached = {""}
_attaching = threading.Lock()

NO_DOCUMENT = "could not generate the DataCite metadata for DOI registration of document {document}"


def generated(row: Doi) -> None:
    """A DOI string was decided. As all of these: inside a transaction it is told when that commits, or never."""
    _tell(logging.INFO, "DOI {doi} was generated for document {document}", row)


def readdressed(row: Doi, url: str) -> None:
    """Somebody asked for another landing page."""
    _tell(logging.INFO, "landing page URL of DOI {doi} of document {document} is to be changed", row, url)


def written(row: Doi, action: str, outcome: Outcome, *, failed: bool) -> None:
    """A write job ended: done, `failed` for good, or to be tried again."""
    done, wrong = WORDS[action]
    if outcome.kind is Kind.DONE and outcome.message:  # without a write
        _tell(logging.INFO, "DOI {doi} of document {document}", row, outcome.message)
    elif outcome.kind is Kind.DONE:
        _tell(logging.INFO, done, row)
    elif outcome.cause == "metadata" and not outcome.http_status:
        _tell(logging.ERROR, NO_DOCUMENT, row, outcome.message)
    else:
        _tell(logging.ERROR if failed else logging.WARNING, wrong, row, outcome.message)


def verified(row: Doi, outcome: Outcome) -> None:
    """A verification ended: as wanted, a mismatch, or no answer."""
    if outcome.cause == "mismatch":
        _tell(logging.ERROR, "verification of DOI {doi} in document {document} failed", row, outcome.message)
    elif outcome.kind is Kind.DONE:
        _tell(logging.INFO, "verification of DOI {doi} of document {document} was successful", row)
    else:
        words = "could not get registration status of DOI {doi} in document {document}"
        _tell(logging.WARNING, words, row, outcome.message)


def not_generated(document: str, reason: str) -> None:
    """Nothing can be registered for a document as it is."""
    _write(logging.ERROR, f"{NO_DOCUMENT.format(document=document)}: {reason}")


def counted(words: str) -> None:
    """How many a run brought to its end."""
    _write(logging.INFO, words)


def _tell(level: int, words: str, row: Doi, reason: str = "") -> None:
    _attach(os.environ.get("DOITUI_LOG", ""))
    if not log.isEnabledFor(level):
        return
    document = row.record.object_id if row.record is not None else "-"
    line = words.format(doi=row.doi, document=document) + (f": {reason}" if reason else "")
    database.afterwards(lambda: _write(level, line))


def _write(level: int, line: str) -> None:
    _attach(os.environ.get("DOITUI_LOG", ""))
    log.log(level, "%s", harmless(line))


def _attach(path: str) -> None:
    """Write to that file too from now on."""
    if path in _attached:
        return
    with _attaching:
        if path not in _attached:
            _add_handler(path)
            _attached.add(path)  # last: who finds it there may rely on it


def _add_handler(path: str) -> None:
    from concurrent_log_handler import ConcurrentRotatingFileHandler

    class File(ConcurrentRotatingFileHandler):
        told = False

        def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
            if not self.told:
                self.told = True
                logging.getLogger("doitui").warning("the log %s cannot be written: see DOITUI_LOG", path)

    try:
        handler = File(path, maxBytes=LARGEST_FILE, backupCount=KEPT_FILES, encoding="utf-8")
    except OSError as error:
        logging.getLogger("doitui").warning("the log %s cannot be written: %s", path, error.strerror or error)
        return
    handler.setFormatter(logging.Formatter(FORMAT))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
