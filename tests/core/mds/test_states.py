"""What MDS calls do to a DOI, and which of them may be made."""

from __future__ import annotations

from collections.abc import Callable

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


def test_the_steps_lead_to_what_is_wanted(check_all: Callable[..., None]) -> None:
    def check(step: tuple[Remote, Wanted]) -> None:
        state, wanted = step
        for call in steps(state, wanted) or ():
            state = state_after(call, state)
        assert state is TARGET[wanted]

    check_all(check, STEPS)


def test_no_step_publishes_what_is_to_stay_hidden(check_all: Callable[..., None]) -> None:
    def check(remote: Remote, wanted: Wanted) -> None:
        assert not PUBLISHING & set(steps(remote, wanted) or ())

    check_all(check, Remote, [Wanted.TOMBSTONE, Wanted.REGISTERED])


def test_what_is_hidden_already_is_not_hidden_again() -> None:
    assert steps(Remote.REGISTERED, Wanted.TOMBSTONE) == ()


def test_mds_has_no_way(check_all: Callable[..., None]) -> None:
    def check(remote: Remote, wanted: Wanted) -> None:
        assert steps(remote, wanted) is None

    check_all(check, Remote, [Wanted.NONE, Wanted.ABANDONED])
    check_all(check, [Remote.UNKNOWN], Wanted)
    check_all(check, [Remote.NONE, Remote.DRAFT, Remote.FINDABLE], [Wanted.REGISTERED])
    check_all(check, [Remote.REGISTERED, Remote.FINDABLE], [Wanted.DRAFT])
    check_all(check, [Remote.NONE, Remote.DRAFT], [Wanted.TOMBSTONE])
