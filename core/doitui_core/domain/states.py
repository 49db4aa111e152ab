"""The life of a DOI: four facts, one derived status. Values in, values out: no clock, no database, no network.

wanted        none draft registered findable tombstone abandoned   people and rules set it
remote        unknown none draft registered findable               only a confirmed answer from DataCite sets it
certainty     confirmed uncertain                                  uncertain from a time-out until a probe settles it
api_check, resolver_check   unverified verified mismatch           a verdict sets it, a transport error changes neither

What people see as `verification` is derived from the two checks: what DataCite says, and where the resolver leads.

Next to the status stand marks: failed, uncertain, changed, pending. `failed` and `pending` belong to the DOI's job.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from doitui_core.errors import Refused, TombstoneStays


class Wanted(StrEnum):
    """The target: the state people or rules ask for."""

    NONE = "none"
    DRAFT = "draft"
    REGISTERED = "registered"
    FINDABLE = "findable"
    TOMBSTONE = "tombstone"
    ABANDONED = "abandoned"


class Remote(StrEnum):
    """The state DataCite last confirmed; `UNKNOWN` before the first answer."""

    UNKNOWN = "unknown"
    NONE = "none"
    DRAFT = "draft"
    REGISTERED = "registered"
    FINDABLE = "findable"


class Certainty(StrEnum):
    """Whether `Remote` still holds: `UNCERTAIN` after a write that timed out."""

    CONFIRMED = "confirmed"
    UNCERTAIN = "uncertain"


class Verification(StrEnum):
    """The verdict of a check, or of both."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    MISMATCH = "mismatch"


class DoiStatus(StrEnum):
    """The one word people see."""

    RESERVED = "reserved"
    DRAFT = "draft"
    REGISTERED = "registered"
    FINDABLE = "findable"
    TOMBSTONE = "tombstone"
    ABANDONED = "abandoned"


class Mark(StrEnum):
    """What is shown next to the status."""

    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CHANGED = "changed"
    PENDING = "pending"


class Step(StrEnum):
    """The next request that brings the remote nearer to what is wanted."""

    NOTHING = "nothing"
    PROBE = "probe"
    CREATE = "create"
    REPLACE = "replace"
    DELETE = "delete"


#: Not at DataCite, as far as was ever confirmed.
ABSENT = frozenset({Remote.UNKNOWN, Remote.NONE})

#: Registered or findable at DataCite: permanent. A tombstone is registered too. As the database holds them.
MINTED = (str(Remote.REGISTERED), str(Remote.FINDABLE))

#: What `mint` can ask for, lowest first. DataCite never leads back down.
LADDER = (Wanted.DRAFT, Wanted.REGISTERED, Wanted.FINDABLE)

#: The state at DataCite that stands for what is wanted. A tombstone resolves, but its metadata is not public.
TARGET = {
    Wanted.DRAFT: Remote.DRAFT,
    Wanted.REGISTERED: Remote.REGISTERED,
    Wanted.FINDABLE: Remote.FINDABLE,
    Wanted.TOMBSTONE: Remote.REGISTERED,
}

#: DataCite answers 200 to an event it ignores (lupo's state machine): send what stands here, then compare the state.
#: Where nothing stands, no event is sent and the state stays.
EVENT = {
    (Remote.NONE, Wanted.REGISTERED): "register",
    (Remote.NONE, Wanted.FINDABLE): "publish",
    (Remote.DRAFT, Wanted.REGISTERED): "register",
    (Remote.DRAFT, Wanted.FINDABLE): "publish",
    (Remote.REGISTERED, Wanted.FINDABLE): "publish",
    (Remote.FINDABLE, Wanted.TOMBSTONE): "hide",
    # A tombstone that DataCite lost has to resolve again, and is never public on the way.
    (Remote.NONE, Wanted.TOMBSTONE): "register",
    (Remote.DRAFT, Wanted.TOMBSTONE): "register",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a DOI."""

    wanted: Wanted = Wanted.NONE
    remote: Remote = Remote.UNKNOWN
    certainty: Certainty = Certainty.CONFIRMED
    api_check: Verification = Verification.UNVERIFIED
    resolver_check: Verification = Verification.UNVERIFIED

    @property
    def verification(self) -> Verification:
        """Both checks as one word: what one of them disproves is a mismatch, what both prove is verified."""
        checks = {self.api_check, self.resolver_check}
        if Verification.MISMATCH in checks:
            return Verification.MISMATCH
        return Verification.VERIFIED if checks == {Verification.VERIFIED} else Verification.UNVERIFIED

    @property
    def minted(self) -> bool:
        """DataCite has it as registered or findable: permanent."""
        return self.remote in MINTED

    @property
    def settled(self) -> bool:
        """The remote is, for certain, what is wanted."""
        return self.certainty is Certainty.CONFIRMED and self.remote is TARGET.get(self.wanted)


def want(facts: Facts, target: Wanted, doi: str) -> Facts:
    """`facts` after somebody asked to mint to `target` (draft, registered, findable).

    Raises `TombstoneStays`, and `Refused` for an abandoned DOI or a step back down the ladder.
    """
    if facts.wanted is Wanted.TOMBSTONE:
        raise TombstoneStays(doi)
    if facts.wanted is Wanted.ABANDONED:
        raise Refused(f"{doi} was abandoned: its DOI string is never used again", "abandoned")
    if _rung(Wanted(facts.remote) if facts.remote not in ABSENT else Wanted.NONE) > _rung(target):
        raise Refused(f"{doi} is {facts.remote} at DataCite and cannot go back to {target}", "no_way_back")
    return replace(facts, wanted=target)


def _rung(wanted: Wanted) -> int:
    return LADDER.index(wanted) if wanted in LADDER else -1


def deactivate(facts: Facts, doi: str) -> Facts:
    """`facts` after somebody asked for a tombstone. Raises `Refused` for what DataCite never registered."""
    if not facts.minted:
        raise Refused(
            f"{doi} is {status(facts)}, not registered or findable: there is nothing to deactivate", "not_minted"
        )
    return replace(facts, wanted=Wanted.TOMBSTONE)


def abandon(facts: Facts, doi: str) -> Facts:
    """`facts` after somebody gave up a DOI that was never registered. Its string is burnt. `Refused` for others."""
    if facts.certainty is Certainty.UNCERTAIN:
        raise Refused(f"{doi} is uncertain: a write may still arrive; wait until it is settled", "uncertain")
    if facts.minted:
        raise Refused(f"{doi} is {status(facts)}, and permanent: `doitui doi deactivate {doi} --reason TEXT`", "minted")
    return replace(facts, wanted=Wanted.ABANDONED)


#: What is wanted when a request is cancelled: what is there.
PRESENT = {Remote.DRAFT: Wanted.DRAFT, Remote.REGISTERED: Wanted.REGISTERED, Remote.FINDABLE: Wanted.FINDABLE}


def cancelled(facts: Facts, *, was_tombstone: bool = False) -> Facts:
    """`facts` after the request that was not carried out yet is cancelled. A tombstone that is one stays one.

    `was_tombstone`: it was one before the request, so a cancelled restore leaves the tombstone.
    """
    if status(facts) in (DoiStatus.TOMBSTONE, DoiStatus.ABANDONED):
        return facts
    if was_tombstone and facts.remote is Remote.REGISTERED:
        return replace(facts, wanted=Wanted.TOMBSTONE)
    return replace(facts, wanted=PRESENT.get(facts.remote, Wanted.NONE))


def restore(facts: Facts, target: Wanted, doi: str) -> Facts:
    """`facts` after somebody asked, by name and with a reason, to bring a tombstone back. `Refused` for others."""
    if facts.wanted is not Wanted.TOMBSTONE:
        raise Refused(f"{doi} is {status(facts)}, not a tombstone: there is nothing to restore", "not_a_tombstone")
    return replace(facts, wanted=target)


def answered(facts: Facts, remote: Remote) -> Facts:
    """`facts` after DataCite named a state, be it the wanted one or not. A probe ends here too.

    What was verified before was another content or another state: both checks have to be made again. Where DataCite is
    further up the ladder than was wanted, that is wanted now: nothing leads back down.
    """
    there = PRESENT.get(remote, Wanted.NONE)
    higher = facts.wanted in LADDER and _rung(there) > _rung(facts.wanted)
    return Facts(there if higher else facts.wanted, remote, Certainty.CONFIRMED)


def timed_out(facts: Facts) -> Facts:
    """`facts` after a write whose end nobody knows: `remote` stays what was last confirmed."""
    return replace(facts, certainty=Certainty.UNCERTAIN)


def checked(facts: Facts, *, api: Verification, resolver: Verification) -> Facts:
    """`facts` after both checks. `UNVERIFIED` is no verdict (a transport error proves nothing) and changes nothing."""
    return replace(
        facts,
        api_check=facts.api_check if api is Verification.UNVERIFIED else api,
        resolver_check=facts.resolver_check if resolver is Verification.UNVERIFIED else resolver,
    )


def next_step(facts: Facts) -> Step:
    """What a write job does now. An uncertain DOI is asked about before anything else is sent."""
    if facts.certainty is Certainty.UNCERTAIN:
        return Step.PROBE
    if facts.wanted is Wanted.ABANDONED and facts.remote is Remote.DRAFT:
        return Step.DELETE
    if facts.wanted not in TARGET:
        return Step.NOTHING
    return Step.CREATE if facts.remote in ABSENT else Step.REPLACE


def event(facts: Facts) -> str | None:
    """The word to send so that DataCite moves to what is wanted; None where it must stay as it is."""
    remote = Remote.NONE if facts.remote in ABSENT else facts.remote
    return EVENT.get((remote, facts.wanted))


def action(facts: Facts) -> str:
    """The word for what a write job does: mint until DataCite has what was asked for, deactivate, else update."""
    if facts.wanted is Wanted.TOMBSTONE and facts.remote is Remote.FINDABLE:
        return "deactivate"
    if facts.wanted is Wanted.ABANDONED:
        return "abandon"
    return "update" if facts.remote is TARGET.get(facts.wanted) else "mint"


def status(facts: Facts) -> DoiStatus:
    """The one word people see. A tombstone is one when it is confirmed; until then it is still findable."""
    if facts.wanted is Wanted.ABANDONED:
        return DoiStatus.ABANDONED
    if facts.wanted is Wanted.TOMBSTONE and facts.remote is Remote.REGISTERED:
        return DoiStatus.TOMBSTONE
    return DoiStatus.RESERVED if facts.remote in ABSENT else DoiStatus(facts.remote)


#: OPUS's three words.
OPUS = ("unregistered", "registered", "verified")


def opus(facts: Facts) -> str:
    """Which of them is its."""
    if not facts.minted:
        return "unregistered"
    return "verified" if facts.verification is Verification.VERIFIED else "registered"
