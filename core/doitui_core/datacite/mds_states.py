"""MDS answers name no state, so what a call does to a DOI is written here. Values in, values out.

From datacite-api 2: `PUT /metadata` is DataCite's event `show`, `PUT /doi` is `publish`, `DELETE /metadata` is `hide`.
Nothing is `register`, and there is no call that only creates: every PUT takes what is there.
"""

from __future__ import annotations

from enum import StrEnum

from doitui_core.domain.states import Remote, Wanted


class Call(StrEnum):
    """The calls of MDS that write. Reading is REST's: MDS tells its owner of a hidden DOI as of a findable one."""

    PUT_METADATA = "put_metadata"
    PUT_URL = "put_url"
    DELETE_METADATA = "delete_metadata"
    DELETE_DOI = "delete_doi"


#: The DOI after a call that succeeded, by its state before. What is not here stays as it was, and UNKNOWN unknown.
AFTER: dict[tuple[Call, Remote], Remote] = {
    (Call.PUT_METADATA, Remote.NONE): Remote.DRAFT,
    # Trap 1: metadata that is sent again brings a hidden DOI back.
    (Call.PUT_METADATA, Remote.REGISTERED): Remote.FINDABLE,
    (Call.DELETE_METADATA, Remote.FINDABLE): Remote.REGISTERED,
    # Trap 4: it hides what is not there by making an empty draft of it.
    (Call.DELETE_METADATA, Remote.NONE): Remote.DRAFT,
    # Trap 3: an address cannot be changed without publishing.
    **{(Call.PUT_URL, before): Remote.FINDABLE for before in Remote},
    **{(Call.DELETE_DOI, before): Remote.NONE for before in Remote},
}

_MINT = (Call.PUT_METADATA, Call.PUT_URL)

#: The calls that bring a DOI to what is wanted, in their order, and send its metadata again where that is allowed.
#: Where nothing stands, MDS has no way: it cannot register without publishing, nor lead back to draft, nor renew the
#: metadata of what is hidden.
STEPS: dict[tuple[Remote, Wanted], tuple[Call, ...]] = {
    (Remote.NONE, Wanted.DRAFT): (Call.PUT_METADATA,),
    (Remote.NONE, Wanted.FINDABLE): _MINT,
    (Remote.DRAFT, Wanted.DRAFT): (Call.PUT_METADATA,),
    (Remote.DRAFT, Wanted.FINDABLE): _MINT,
    (Remote.REGISTERED, Wanted.FINDABLE): _MINT,
    (Remote.FINDABLE, Wanted.FINDABLE): _MINT,
    (Remote.FINDABLE, Wanted.TOMBSTONE): (Call.DELETE_METADATA,),
    # Old MDS toggles: DELETE of what is hidden brings it back. And any PUT does, so nothing at all is sent.
    (Remote.REGISTERED, Wanted.TOMBSTONE): (),
    (Remote.REGISTERED, Wanted.REGISTERED): (),
}


def state_after(call: Call, before: Remote) -> Remote:
    """The state of a DOI that was `before` when `call` succeeded; UNKNOWN where that depends on what nobody knows."""
    return AFTER.get((call, before), before)


def steps(remote: Remote, wanted: Wanted) -> tuple[Call, ...] | None:
    """The calls to make now, one after the other, each only when the one before is done; None: MDS has no way.

    UNKNOWN has no way either: ask first, or a hidden DOI that nobody knew of comes back.
    """
    return STEPS.get((remote, wanted))
