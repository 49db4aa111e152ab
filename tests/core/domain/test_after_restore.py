"""What is true of a DOI of a backup once DataCite has answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from doitui_core.domain import after_restore, states
from doitui_core.domain.after_restore import RemoteDoi
from doitui_core.domain.states import Certainty, Facts, Remote, Wanted

BACKUP = datetime(2026, 11, 29, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wanted", "remote", "found", "reason", "becomes"),
    [
        # Done since the backup: not sent again.
        ("findable", "unknown", "findable", "", ("findable", "findable")),
        ("draft", "none", "draft", "", ("draft", "draft")),
        # Not done yet: still wanted.
        ("findable", "unknown", "none", "", ("findable", "none")),
        ("findable", "draft", "draft", "", ("findable", "draft")),
        ("findable", "registered", "registered", "", ("findable", "registered")),
        ("tombstone", "findable", "findable", "", ("tombstone", "findable")),
        # Wanted by the lost database only.
        ("none", "unknown", "findable", "", ("findable", "findable")),
        ("registered", "registered", "findable", "", ("findable", "findable")),
        ("none", "unknown", "none", "", ("none", "none")),
        # Hidden since the backup.
        ("findable", "findable", "registered", "", ("tombstone", "registered")),
        ("findable", "unknown", "registered", "", ("tombstone", "registered")),
        ("findable", "registered", "registered", "withdrawn", ("tombstone", "registered")),
        ("registered", "registered", "registered", "withdrawn", ("tombstone", "registered")),
        ("none", "none", "registered", "withdrawn", ("tombstone", "registered")),
        # Registered as asked, tombstones and abandoned DOIs stay what they are.
        ("registered", "none", "registered", "", ("registered", "registered")),
        ("tombstone", "registered", "registered", "withdrawn", ("tombstone", "registered")),
        ("abandoned", "draft", "none", "", ("abandoned", "none")),
    ],
)
def test_datacite_decides_and_what_was_hidden_stays_hidden(
    wanted: str, remote: str, found: str, reason: str, becomes: tuple[str, str]
) -> None:
    before = Facts(Wanted(wanted), Remote(remote), Certainty.UNCERTAIN)
    after = after_restore.settled(before, RemoteDoi(Remote(found), reason))
    assert ((after.wanted, after.remote), after.certainty) == (becomes, Certainty.CONFIRMED)


def test_a_tombstone_never_gets_an_event_that_publishes_it() -> None:
    for remote in Remote:
        after = after_restore.settled(Facts(Wanted.TOMBSTONE, remote, Certainty.UNCERTAIN), RemoteDoi(Remote.FINDABLE))
        assert states.event(after) == "hide"


@pytest.mark.parametrize(("minutes", "since"), [(-60, False), (-11, False), (-9, True), (0, True), (60, True)])
def test_clocks_may_differ_by_ten_minutes(minutes: int, since: bool) -> None:
    moment = BACKUP + timedelta(minutes=minutes)
    found = RemoteDoi(Remote.FINDABLE, "", moment, moment)
    assert (found.created_since(BACKUP), found.updated_since(BACKUP)) == (since, since)


def test_without_times_a_doi_may_have_been_written_but_not_made() -> None:
    found = RemoteDoi(Remote.FINDABLE)
    assert (found.created_since(BACKUP), found.updated_since(BACKUP)) == (False, True)
