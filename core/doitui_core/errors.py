"""All exceptions of doitui.

DoituiError
├── BadInput                 the input cannot be used
│   ├── UnreadableDocument   a file or document that cannot be read as its format
│   │   └── DocumentTooLarge  more bytes than allowed, as sent or once inflated
│   ├── InvalidDoi           not a DOI that DataCite accepts
│   ├── InvalidEvent         an event without what every event has
│   ├── InvalidReport        a usage report that a report store does not take
│   ├── NotFound             no such record, DOI, job, repository or setting
│   └── AmbiguousId          an object id that several repositories have
├── Misconfigured            settings or set-up must be fixed first
│   ├── NotAnOperator        the login name is not in the setting operators
│   ├── DatabaseNotReady     does not exist, or has an older or newer schema
│   ├── DatabaseUnavailable  the database cannot be reached, is locked, or is read-only
│   │   ├── DatabaseReplaced  the database file was restored, recreated or deleted meanwhile
│   │   └── DiskFull         the disk of the database is full
│   ├── WrongEnvironment     a test set-up with a production host, or vice versa
│   └── CredentialsRefused   the service rejects the account or password
├── Refused                  not allowed in this state; nothing was changed
│   ├── InvalidMetadata      DataCite would reject the document; has the findings
│   ├── EventTaken           the key or the UUID of an event is another event's
│   ├── ReportTaken          the month or the UUID of a usage report is another report's
│   ├── DoiTaken             the DOI string belongs to another record or account
│   └── TombstoneStays       only `restore` may make a tombstone findable
└── RemoteFailed             DataCite did not answer, or answered with an error
    ├── NotSent              no byte of the request was sent
    ├── NoAnswer             it was sent; the outcome is unknown
    ├── BadAnswer            a success without the shape of the API
    └── ForeignAnswer        a firewall, proxy or login page answered instead of the service

Every message is one line: what was wrong, which value, what to do. Which branch ends a command with which exit code is
written in `doitui.cli.exits`, not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doitui_core.metadata.validate import Finding


class DoituiError(Exception):
    """The root: catch it to catch everything doitui raises on purpose."""


class BadInput(DoituiError):
    """What was typed or handed in cannot be used; `member` names the part of a document, where it is one."""

    def __init__(self, message: str, member: str = "") -> None:
        super().__init__(message)
        self.member = member


class UnreadableDocument(BadInput):
    """A file or document is not what it should be: broken XML or JSON, too large, of an unknown format."""


class DocumentTooLarge(UnreadableDocument):
    """More bytes than allowed, as it was sent or once it is inflated."""


class InvalidDoi(BadInput):
    """Not a DOI as DataCite takes it."""


class InvalidEvent(BadInput):
    """An event that lacks what every event has; `titles` say each fault as DataCite does."""

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__("; ".join(titles))
        self.titles = tuple(titles)


class InvalidReport(BadInput):
    """A usage report that is not taken; `titles` are its faults, one sentence each."""

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__("; ".join(titles))
        self.titles = tuple(titles)


class NotFound(BadInput):
    """No such record, DOI, job, repository or setting."""


class AmbiguousId(BadInput):
    """An object id that several repositories have; `choices` are the ids that say which."""

    def __init__(self, object_id: str, choices: Sequence[str]) -> None:
        super().__init__(f"{object_id!r} exists in several repositories: use {' or '.join(choices)}")
        self.choices = tuple(choices)


class Misconfigured(DoituiError):
    """Settings or set-up must be corrected first."""


class NotAnOperator(Misconfigured):
    """The login name is not in the setting `operators`: it may read only."""


class DatabaseNotReady(Misconfigured):
    """The database is not made yet, or of an older or a newer schema than this program."""


class DatabaseUnavailable(Misconfigured):
    """The database cannot be reached, stays locked, or cannot be written."""


class DatabaseReplaced(DatabaseUnavailable):
    """The database is another one than the program began with. What it knows is about the old one: it has to end, or to
    open the new one.
    """


class DiskFull(DatabaseUnavailable):
    """The disk of the database, or of a file in its directory, is full. What was committed before stays."""


class WrongEnvironment(Misconfigured):
    """A test set-up pointed at a production host, or the other way round."""


class CredentialsRefused(Misconfigured):
    """The remote does not know the account or its password."""


class Refused(DoituiError):
    """Allowed to nobody in this state; nothing was changed. `cause` is a short stable word for scripts."""

    def __init__(self, message: str, cause: str = "refused") -> None:
        super().__init__(message)
        self.cause = cause


class InvalidMetadata(Refused):
    """DataCite would refuse the document; `findings` say why, errors first."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"{finding.message} ({finding.code})" for finding in findings), "metadata")
        self.findings = tuple(findings)


class EventTaken(Refused):
    """The key or the UUID of an event belongs to another one."""


class ReportTaken(Refused):
    """The creator and month, or the UUID, of a usage report belong to another one."""


class DoiTaken(Refused):
    """The DOI string belongs to another record or another account."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "doi_taken")


class TombstoneStays(Refused):
    """Only `restore` leads out of a tombstone."""

    def __init__(self, doi: str) -> None:
        super().__init__(f"{doi} is a tombstone: only `doitui doi restore {doi} --reason TEXT` brings it back")
        self.cause = "tombstone"


class RemoteFailed(DoituiError):
    """DataCite did not answer, or answered with an error."""


class NotSent(RemoteFailed):
    """No byte of the request went out: name resolution, connection or TLS failed."""


class NoAnswer(RemoteFailed):
    """The request was sent (or may have been), and nobody knows what became of it."""


class BadAnswer(RemoteFailed):
    """The service answered a success of a shape that its API does not have: nothing in it is believed."""


class ForeignAnswer(RemoteFailed):
    """A firewall, proxy or login page answered instead of the service, with that status. `cause`: see
    `intermediary`.
    """

    def __init__(self, message: str, cause: str, status: int) -> None:
        super().__init__(message)
        self.cause = cause
        self.status = status
