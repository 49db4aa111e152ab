"""The connections of one run, one for each repository and service, and which of them are blocked."""

from __future__ import annotations

import logging
import time

from doitui_core.config import repositories
from doitui_core.config.settings import Settings
from doitui_core.db.models import RateLimit, Repository
from doitui_core.domain import outcomes
from doitui_core.domain.job_kinds import Service
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.errors import DatabaseUnavailable, Misconfigured, RemoteFailed
from doitui_core.queue import blocking
from doitui_core.worker.services import HANDLERS, ServiceConnection
from doitui_core.worker.summary import Summary

log = logging.getLogger("doitui.worker")

#: Seconds for which a repository's settings are cached, and after which a set-up that was wrong is tried again.
CONNECTION_SECONDS = 5.0
RETRY_SECONDS = 300.0

#: A repository's id, and a service.
Place = tuple[int, Service]

#: A repository's password and token as they can be read; None for one that cannot. Compared only.
Secrets = tuple[str | None, ...]


class RepositorySetups:
    """Used by the dispatching thread; other threads only call `stop` and `stopped`."""

    def __init__(self, summary: Summary) -> None:
        self._summary = summary
        self._connections: dict[Place, tuple[float, ServiceConnection]] = {}
        self._retry_at: dict[Place, float] = {}
        self._tried_with: dict[Place, Secrets] = {}
        self._stopped: set[Place] = set()
        #: Whether what is wrong is logged when it is found; a run that ends says it at its end.
        self.logs = True

    def stop(self, place: Place) -> None:
        """Release what is claimed already: a wrong password must not be sent sixteen times."""
        self._stopped.add(place)

    def stopped(self, place: Place) -> bool:
        """Whether `stop` was called for it and nothing was fixed since."""
        return place in self._stopped

    def begin_round(self) -> frozenset[Place]:
        """What is stopped now. Call it before reading the rows: one that is not blocked there was fixed since."""
        return frozenset(self._stopped)

    def ready(self, repository: Repository, service: Service, stopped: frozenset[Place]) -> bool:
        """Whether jobs of the service can be claimed."""
        place = (repository.id, service)
        if service is not Service.DOIS:
            if place in self._stopped and not self._is_refused(place):
                self._stopped.discard(place)
            return not self._waits(repository, service)
        if not repository.blocked_cause and place in stopped | self._retry_at.keys():
            self._forget(place)
        return not repository.blocked_cause or self._works_again(repository)

    def _is_refused(self, place: Place) -> bool:
        """Whether the service refuses our credential, as its rate limit row says."""
        _, at = self._connections.get(place, (0.0, None))
        row = RateLimit.get_or_none(RateLimit.name == at.rate_limit) if at is not None else None
        return row is not None and row.blocked_at is not None

    def works(self, repository: Repository, service: Service) -> bool:
        """Whether the repository is configured completely."""
        if (error := self._broken(repository, service)) is not None:
            tried = _secrets(repository)
            error = self._broken(repository, service)  # again: a missing file may have come just before
            if error is not None:
                self._note_broken(repository, service, error, tried)
                return False
        self._report(repository, service, None)
        return True

    def _broken(self, repository: Repository, service: Service) -> Misconfigured | None:
        try:
            self.connection(repository, service)
        except Misconfigured as error:
            return error
        return None

    def connection(self, repository: Repository, service: Service) -> ServiceConnection:
        """Raises `Misconfigured`."""
        made_at, at = self._connections.get((repository.id, service), (0.0, None))
        if at is None or time.monotonic() - made_at > CONNECTION_SECONDS:
            at = HANDLERS[service].connection(repository)
            self._connections[repository.id, service] = (time.monotonic(), at)
        return at

    def _works_again(self, repository: Repository) -> bool:
        """Check the credentials of a blocked repository from time to time; unblock it if they are accepted."""
        place = (repository.id, Service.DOIS)
        if self._waits(repository, Service.DOIS):
            return False
        self._forget(place)
        tried = _secrets(repository)
        try:
            HANDLERS[Service.DOIS].connection(repository).client.check_credentials()
        except (Misconfigured, RemoteFailed) as error:
            self._note_broken(repository, Service.DOIS, error, tried)
            return False
        blocking.unblock(repository.id)
        self._report(repository, Service.DOIS, None)
        return True

    def _waits(self, repository: Repository, service: Service) -> bool:
        """Whether a set-up that was wrong is left alone for now: its secrets are what they were, and not long ago."""
        place = (repository.id, service)
        if time.monotonic() >= self._retry_at.get(place, 0.0):
            return False
        return self._tried_with.get(place) == _secrets(repository)

    def _forget(self, place: Place) -> None:
        """Forget the connection and what was wrong with it."""
        self._stopped.discard(place)
        self._retry_at.pop(place, None)
        self._connections.pop(place, None)

    def _note_broken(
        self, repository: Repository, service: Service, error: Misconfigured | RemoteFailed, tried: Secrets
    ) -> None:
        """`tried`: the secrets as they were before: a file may have been replaced since."""
        if isinstance(error, DatabaseUnavailable):
            raise error
        outcome = outcomes.from_error(error)
        place = (repository.id, service)
        self._retry_at[place] = time.monotonic() + RETRY_SECONDS
        self._tried_with[place] = tried
        known = repository.blocked_cause  # and may have been fixed meanwhile
        if service is Service.DOIS and not known and outcome.kind is OutcomeKind.BLOCKED:
            blocking.block(repository.id, outcome)
        if self._report(repository, service, outcome) and self.logs:
            log.warning("repository %s sends no %s: %s", repository.code, service.label, outcome.message)

    def _report(self, repository: Repository, service: Service, outcome: Outcome | None) -> bool:
        return self._summary.set_up(service, repository.code, outcome)


def _secrets(repository: Repository) -> Secrets:
    """Read again each time: their files may be replaced while we run."""
    found = repositories.config(repository).settings
    return tuple(_readable(found, name) for name in ("datacite_password", "datacite_api_token"))


def _readable(found: Settings, name: str) -> str | None:
    try:
        return found.secret(name)
    except Misconfigured:
        return None
