"""What MDS calls do to a DOI, and which of them may be made."""

from __future__ import annotations

import pytest

from doitui_core.datacite.mds_states import STEPS, Call, state_after, steps
from doitui_core.domain.states import TARGET, Remote, Wanted

PUBLISHING = {Call.PUT_METADATA, Call.PUT_URL}


@pytest.mark.parametrize(
    ("call", "before", "after"),
    [
        (Call.PUT_METADATA, Remote.NONE, Remote.DRAFT),
        (Call.PUT_METADATA, Remote.DRAFT, Remote.DRAFT),
        (Call.PUT_METADATA, Remote.REGISTERED, Remote.FINDABLE),
        (Call.PUT_METADATA, Remote.FINDABLE, Remote.FINDABLE),
        (Call.PUT_METADATA, Remote.UNKNOWN, Remote.UNKNOWN),
        (Call.PUT_URL, Remote.DRAFT, Remote.FINDABLE),
        (Call.PUT_URL, Remote.REGISTERED, Remote.FINDABLE),
        (Call.PUT_URL, Remote.FINDABLE, Remote.FINDABLE),
        (Call.PUT_URL, Remote.UNKNOWN, Remote.FINDABLE),
        (Call.DELETE_METADATA, Remote.NONE, Remote.DRAFT),
        (Call.DELETE_METADATA, Remote.DRAFT, Remote.DRAFT),
        (Call.DELETE_METADATA, Remote.REGISTERED, Remote.REGISTERED),
        (Call.DELETE_METADATA, Remote.FINDABLE, Remote.REGISTERED),
        (Call.DELETE_METADATA, Remote.UNKNOWN, Remote.UNKNOWN),
        (Call.DELETE_DOI, Remote.DRAFT, Remote.NONE),
        (Call.DELETE_DOI, Remote.UNKNOWN, Remote.NONE),
    ],
)
def test_a_call_leads_from_one_state_to_another(call: Call, before: Remote, after: Remote) -> None:
    assert state_after(call, before) is after


@pytest.mark.parametrize(("remote", "wanted"), STEPS)
def test_the_steps_lead_to_what_is_wanted(remote: Remote, wanted: Wanted) -> None:
    state = remote
    for call in steps(remote, wanted) or ():
        state = state_after(call, state)

    assert state is TARGET[wanted]


@pytest.mark.parametrize("remote", Remote)
@pytest.mark.parametrize("wanted", [Wanted.TOMBSTONE, Wanted.REGISTERED])
def test_no_step_publishes_what_is_to_stay_hidden(remote: Remote, wanted: Wanted) -> None:
    assert not PUBLISHING & set(steps(remote, wanted) or ())


def test_what_is_hidden_already_is_not_hidden_again() -> None:
    assert steps(Remote.REGISTERED, Wanted.TOMBSTONE) == ()


@pytest.mark.parametrize(
    ("remote", "wanted"),
    [
        *((remote, wanted) for remote in Remote for wanted in (Wanted.NONE, Wanted.ABANDONED)),
        *((Remote.UNKNOWN, wanted) for wanted in Wanted),
        *((remote, Wanted.REGISTERED) for remote in (Remote.NONE, Remote.DRAFT, Remote.FINDABLE)),
        *((remote, Wanted.DRAFT) for remote in (Remote.REGISTERED, Remote.FINDABLE)),
        *((remote, Wanted.TOMBSTONE) for remote in (Remote.NONE, Remote.DRAFT)),
    ],
)
def test_mds_has_no_way(remote: Remote, wanted: Wanted) -> None:
    assert steps(remote, wanted) is None
