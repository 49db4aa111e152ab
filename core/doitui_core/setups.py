"""What a run of the worker knows of the set-ups of repositories: a desk for each lane, and which of them rest."""

from __future__ import annotations

import logging
import time

from doitui_core import outcomes, rests
from doitui_core.errors import DatabaseUnavailable, Misconfigured, RemoteFailed
from doitui_core.jobs import Lane
from doitui_core.lanes import SERVICES, Desk
from doitui_core.models import Repository
from doitui_core.outcomes import Kind, Outcome
from doitui_core.summary import Summary

log = logging.getLogger("doitui.worker")

#: Seconds for which a repository's settings are kept, and after which a set-up that was wrong is tried again.
DESK_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 300.0

#: A repository's id, and a lane.
Place = tuple[int, Lane]


class SetUps:
    """One run's. Only the dispatching thread looks; a thread that meets a wrong password says so by `stop`."""

    def __init__(self, summary: Summary) -> None:
        self._summary = summary
        self._desks: dict[Place, tuple[float, Desk]] = {}
        self._look_again: dict[Place, float] = {}
        self._stopped: set[Place] = set()
        #: Whether what is wrong is logged when it is found; a run that ends says it at its end.
        self.logs = True

    def stop(self, place: Place) -> None:
        """What is claimed already goes back: a wrong password must not be told to DataCite sixteen times."""
        self._stopped.add(place)

    def stopped(self, place: Place) -> bool:
        return place in self._stopped

    def begin_round(self) -> frozenset[Place]:
        """Who is stopped now, before the rows are read: who is not blocked in them has been mended since."""
        return frozenset(self._stopped)

    def ready(self, repository: Repository, lane: Lane, stopped: frozenset[Place]) -> bool:
        """Whether jobs of the lane can be claimed: the set-up is whole, and nothing of it is refused."""
        place = (repository.id, lane)
        if lane is not Lane.DOIS:
            self._stopped.discard(place)  # refusals of other services are in their upstream rows
            return time.monotonic() >= self._look_again.get(place, 0.0)
        if not repository.blocked_cause and place in stopped | self._look_again.keys():
            self._forget(place)
        return not repository.blocked_cause or self._mended(repository)

    def works(self, repository: Repository, lane: Lane) -> bool:
        """Whether the set-up is whole."""
        try:
            self.desk(repository, lane)
        except Misconfigured as error:
            self._rest(repository, lane, error)
            return False
        self._told(repository, lane, None)
        return True

    def desk(self, repository: Repository, lane: Lane) -> Desk:
        """Raises `Misconfigured`."""
        made_at, at = self._desks.get((repository.id, lane), (0.0, None))
        if at is None or time.monotonic() - made_at > DESK_SECONDS:
            at = SERVICES[lane].desk(repository)
            self._desks[repository.id, lane] = (time.monotonic(), at)
        return at

    def _mended(self, repository: Repository) -> bool:
        """Whether the set-up of a blocked repository is right by now; tried now and then. Then it is unblocked."""
        place = (repository.id, Lane.DOIS)
        if time.monotonic() < self._look_again.get(place, 0.0):
            return False
        self._forget(place)
        try:
            SERVICES[Lane.DOIS].desk(repository).client.check_credentials()
        except (Misconfigured, RemoteFailed) as error:
            self._rest(repository, Lane.DOIS, error)
            return False
        rests.unblock(repository.id)
        self._told(repository, Lane.DOIS, None)
        return True

    def _forget(self, place: Place) -> None:
        """Whatever was known of a set-up that was wrong."""
        self._stopped.discard(place)
        self._look_again.pop(place, None)
        self._desks.pop(place, None)

    def _rest(self, repository: Repository, lane: Lane, error: Misconfigured | RemoteFailed) -> None:
        if isinstance(error, DatabaseUnavailable):
            raise error
        outcome = outcomes.of_error(error)
        self._look_again[repository.id, lane] = time.monotonic() + LOOK_AGAIN_SECONDS
        known = repository.blocked_cause  # and may have been mended during this look
        if lane is Lane.DOIS and not known and outcome.kind is Kind.BLOCKED:
            rests.block(repository.id, outcome)
        if self._told(repository, lane, outcome) and self.logs:
            log.warning("repository %s sends no %s: %s", repository.code, lane.in_words, outcome.message)

    def _told(self, repository: Repository, lane: Lane, outcome: Outcome | None) -> bool:
        return self._summary.set_up(lane, repository.code, outcome)
