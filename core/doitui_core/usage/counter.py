"""COUNTER's rules for research data (Code of Practice RD1, 10.2 to 10.4). Values in, values out: no clock, no database.

A hit is a double click if and only if the next hit of the same actor on the same URL comes within 30 seconds: the later
one stays, pair after pair, and its time decides hour, day and month. So what counts in an hour depends on that hour and
the 30 seconds after it, and on nothing else: an hour is the unit in which all is counted, and counted again.

A session is an actor in one hour of the clock on the wall, so no session reaches from one hour into the next, and the
unique counts of days and months are sums over their hours.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence, Set
from enum import StrEnum
from typing import NamedTuple

#: Microseconds. "A maximum of 30 seconds" (10.2): the edge belongs to it.
DOUBLE_CLICK = 30_000_000

HOUR = 3_600_000_000

#: [total investigations, unique investigations, total requests, unique requests]
Tally = list[int]


class Reason(StrEnum):
    """Why a hit counts or does not.

    `new` is the word for a hit that comes and that nothing speaks against. It is kept as `counted`: so it will be read
    once its hour is counted, unless it turns out a double click or taken back.
    """

    NEW = "new"
    COUNTED = "counted"
    DOUBLE_CLICK = "double_click"
    TAKES_BACK = "takes_back"
    TAKEN_BACK = "taken_back"
    ROBOT = "robot"
    UNKNOWN_REPOSITORY = "unknown_repository"
    UNKNOWN_ID = "unknown_id"
    UNPUBLISHED = "unpublished"
    NOT_MINTED = "not_minted"
    TOMBSTONE = "tombstone"
    OTHER_SOURCE = "other_source"
    FROZEN = "frozen"


class Hit(NamedTuple):
    """One view or download that counts unless it is a double click.

    `time`: microseconds since 1970 in UTC. `hour`: the hour on the wall, as a number that grows with it. `actor`: who,
    by the best that is known: signed-in user, else user cookie, else session cookie, else IP address + agent + hour.
    `url` with its query. `place`: what it is counted for, as DOI and access method. `request`: content was fetched.
    """

    time: int
    hour: int
    actor: Hashable
    url: Hashable
    place: Hashable
    request: bool
    country: str = ""


#: A hit that the site took back (an error after its 200) is named by its time, actor and URL.
Named = tuple[int, Hashable, Hashable]


def judge(hits: Sequence[Hit], taken_back: Set[Named] = frozenset()) -> list[Reason]:
    """For each of `hits`, which are in order of time: counted, a double click, or taken back."""
    counted, double_click = Reason.COUNTED, Reason.DOUBLE_CLICK  # looked up once: a member of an enum costs 0.1 us
    reasons = [counted] * len(hits)
    following: dict[tuple[Hashable, Hashable], int] = {}
    for at in range(len(hits) - 1, -1, -1):
        time, _, actor, url, _, _, _ = hits[at]
        if taken_back and (time, actor, url) in taken_back:
            reasons[at] = Reason.TAKEN_BACK
            continue
        then = following.get((actor, url))
        if then is not None and then - time <= DOUBLE_CLICK:
            reasons[at] = double_click
        following[actor, url] = time
    return reasons


#: (place, actor): in one hour that is a session.
Sessions = set[tuple[Hashable, Hashable]]


class Counting:
    """Sums of hits by (place, country). Sessions are remembered until `forget` says that their hours are over.

    A session counts once, in the country it began in, whatever countries its hits came from.
    """

    def __init__(self) -> None:
        self.tallies: dict[tuple[Hashable, str], Tally] = {}
        self._sessions: dict[int, tuple[Sessions, Sessions]] = {}

    def add(self, hits: Iterable[Hit]) -> None:
        """Count `hits`, each hour's in order of time; double clicks are not among them any more."""
        at = -1
        investigating: Sessions = set()
        requesting: Sessions = set()
        for _, hour, actor, _, place, request, country in hits:
            if hour != at:
                at, (investigating, requesting) = hour, self._sessions.setdefault(hour, (set(), set()))
            tally = self.tallies.get((place, country))
            if tally is None:
                tally = self.tallies[place, country] = [0, 0, 0, 0]
            session = (place, actor)
            tally[0] += 1
            if session not in investigating:
                investigating.add(session)
                tally[1] += 1
            if request:
                tally[2] += 1
                if session not in requesting:
                    requesting.add(session)
                    tally[3] += 1

    def forget(self, first: int) -> None:
        """Free the memory of the hours from `first` on: no more hits of theirs will come."""
        for hour in [hour for hour in self._sessions if hour >= first]:
            del self._sessions[hour]
