"""Everything doitui raises on purpose.

DoituiError
├── BadInput                 what was typed or handed in cannot be used
│   ├── UnreadableDocument   a file or document that is not what it should be
│   ├── InvalidDoi           not a DOI as DataCite takes it
│   ├── NotFound             no such record, DOI, job, repository or setting
│   └── AmbiguousId          an object id that several repositories have
├── Misconfigured            settings or set-up must be mended first
│   ├── DatabaseNotReady     not made yet, of an older or of a newer schema
│   ├── DatabaseUnavailable  the database cannot be reached, is locked, or is read-only
│   │   ├── DatabaseReplaced it is another one than at the beginning: restored, made anew or deleted
│   │   ├── DatabaseReplaced  another one stands in its place since the program began
│   │   └── DiskFull         nothing more can be written to it
│   ├── WrongEnvironment     a test set-up pointed at a production host, or the other way round
│   └── CredentialsRefused   the remote does not know the account or password
├── Refused                  allowed to nobody in this state; nothing was changed
│   ├── InvalidMetadata      DataCite would refuse the document; carries the findings
│   ├── DoiTaken             the DOI string belongs to another record or account
│   └── TombstoneStays       only `restore` leads out of a tombstone
└── RemoteFailed             DataCite could not be asked, or answered with an error
    ├── NotSent              no byte of the request went out
    ├── NoAnswer             it was sent, and nobody knows what became of it
    ├── BadAnswer            a success whose shape is not that of the API
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
    """What was typed or handed in cannot be used."""


class UnreadableDocument(BadInput):
    """A file or document is not what it should be: broken XML or JSON, too large, of an unknown format."""


class InvalidDoi(BadInput):
    """Not a DOI as DataCite takes it."""


class NotFound(BadInput):
    """No such record, DOI, job, repository or setting."""


class AmbiguousId(BadInput):
    """An object id that several repositories have; `choices` are the ids that say which."""

    def __init__(self, object_id: str, choices: Sequence[str]) -> None:
        super().__init__(f"{object_id!r} exists in several repositories: use {' or '.join(choices)}")
        self.choices = tuple(choices)


class Misconfigured(DoituiError):
    """Settings or set-up must be mended first."""


class DatabaseNotReady(Misconfigured):
    """The database is not made yet, or of an older or a newer schema than this program."""


class DatabaseUnavailable(Misconfigured):
    """The database cannot be reached, stays locked, or cannot be written."""


class DatabaseReplaced(DatabaseUnavailable):
    """The database is another one than the program began with. What it knows is about the old one: it has to end, or to
    open the new one.
    """


class DiskFull(DatabaseUnavailable):
    """The disk of the database, or of a file beside it, is full. What was committed before stays."""


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
    """DataCite could not be asked, or answered with an error."""


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
