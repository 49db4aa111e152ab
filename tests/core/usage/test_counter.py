"""COUNTER's rules, as tables. CoP RD 10.2 to 10.4; the cases are those in which other counters went wrong."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_core.usage.counter import HOUR, Counting, Hit, Reason, judge

SECOND = 1_000_000

#: 10:00:00 on some day.
TEN = 10 * HOUR


def hit(seconds: float, actor: str = "A", url: str = "/x", request: bool = False, **more: object) -> Hit:
    """A hit so many seconds after ten o'clock."""
    time = TEN + round(seconds * SECOND)
    return Hit(time, time // HOUR, actor, url, more.get("place", "X"), request, str(more.get("country", "")))


def counts(hits: Sequence[Hit]) -> list[int]:
    """[total, unique investigations, total, unique requests] of all that counts."""
    ordered = sorted(hits, key=lambda hit: hit.time)
    counting = Counting()
    counting.add(hit for hit, why in zip(ordered, judge(ordered), strict=True) if why is Reason.COUNTED)
    return [sum(numbers) for numbers in zip(*counting.tallies.values(), strict=True)]


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [
        ([60, 89], [89]),
        ([60, 95], [60, 95]),
        ([0, 30], [30]),
        ([0, 30.000001], [0, 30.000001]),
        ([0, 0], [0]),
        ([0, 25, 50, 75], [75]),
        ([0, 25, 60], [25, 60]),
        ([3590, 3605], [3605]),
        ([50390, 50410], [50410]),
    ],
    ids=[
        "29 s: the later one stays",
        "35 s: both",
        "30 s: still a double click",
        "a microsecond more: both",
        "the same moment",
        "a chain: the last",
        "a chain that ends",
        "over the full hour",
        "over midnight",
    ],
)
def test_of_two_clicks_within_thirty_seconds_the_later_one_counts(seconds: list[float], kept: list[float]) -> None:
    hits = [hit(second) for second in seconds]
    told = [second for second, why in zip(seconds, judge(hits), strict=True) if why is Reason.COUNTED]
    assert told == kept[-len(told) :]
    assert len(told) == len(kept)


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        ([hit(0, "A"), hit(5, "B"), hit(10, "C")], [3, 3, 0, 0]),
        ([hit(0, url="/x/1"), hit(5, url="/x/2")], [2, 1, 0, 0]),
        ([hit(0, url="/x?page=1"), hit(5, url="/x?page=2")], [2, 1, 0, 0]),
        ([hit(0, url="/f1", request=True), hit(5, url="/f2", request=True)], [2, 1, 2, 1]),
        ([hit(0), hit(60, url="/f", request=True)], [2, 1, 1, 1]),
        ([hit(0), hit(3599)], [2, 1, 0, 0]),
        ([hit(0), hit(3600)], [2, 2, 0, 0]),
        ([hit(0, country="us"), hit(60, country="de")], [2, 1, 0, 0]),
        ([hit(0, country=""), hit(60, "B", country="us")], [2, 2, 0, 0]),
        ([hit(0, place=("X", "regular")), hit(60, place=("X", "machine"))], [2, 2, 0, 0]),
        ([hit(0, place="X"), hit(60, place="Y")], [2, 2, 0, 0]),
    ],
    ids=[
        "clicks of several people on one URL",
        "two pages of one dataset",
        "a query makes another URL",
        "two files of one dataset: one session",
        "a request is an investigation too",
        "one hour: one session",
        "the next hour: another session",
        "a session in two countries is one",
        "an unknown country loses nothing",
        "a person with a script is one of each",
        "two datasets: one session each",
    ],
)
def test_totals_and_uniques(hits: list[Hit], expected: list[int]) -> None:
    assert counts(hits) == expected


def test_the_time_of_the_click_that_stays_says_in_which_hour_it_is() -> None:
    hits = [hit(3590), hit(3605)]
    assert [h.hour for h, why in zip(hits, judge(hits), strict=True) if why is Reason.COUNTED] == [11]


def test_what_the_site_took_back_counts_for_nothing_and_hides_nothing() -> None:
    hits = [hit(0), hit(10)]
    assert judge(hits, {(hits[1].time, "A", "/x")}) == [Reason.COUNTED, Reason.TAKEN_BACK]


def test_a_session_counts_in_the_country_it_began_in() -> None:
    counting = Counting()
    counting.add([hit(0, country="us"), hit(60, country="de")])
    assert {country: tally[:2] for (_, country), tally in counting.tallies.items()} == {"us": [1, 1], "de": [1, 0]}


HITS = st.lists(
    st.builds(
        hit,
        st.integers(0, 10_000),
        st.sampled_from("AB"),
        st.sampled_from(["/x", "/y"]),
        st.booleans(),
    ),
    max_size=60,
)


@given(HITS)
def test_uniques_are_never_more_than_totals_nor_requests_more_than_investigations(hits: list[Hit]) -> None:
    total, unique, requests, unique_requests = counts(hits) or [0, 0, 0, 0]
    assert unique_requests <= unique <= total
    assert unique_requests <= requests <= total


@given(HITS, st.integers())
def test_the_order_in_which_hits_arrive_changes_nothing(hits: list[Hit], seed: int) -> None:
    shuffled = list(hits)
    random.Random(seed).shuffle(shuffled)
    # Two at the same moment are one click, whichever stays.
    alike = [hit._replace(request=False) for hit in hits], [hit._replace(request=False) for hit in shuffled]
    assert counts(alike[0]) == counts(alike[1])


@given(HITS)
def test_an_hour_needs_only_the_thirty_seconds_after_it(hits: list[Hit]) -> None:
    ordered = sorted(hits, key=lambda hit: hit.time)
    whole = dict(zip(map(id, ordered), judge(ordered), strict=True))
    for hour in {hit.hour for hit in ordered}:
        part = [hit for hit in ordered if hour * HOUR <= hit.time <= (hour + 1) * HOUR + 30 * SECOND]
        for one, why in zip(part, judge(part), strict=True):
            assert one.hour != hour or whole[id(one)] == why
