"""Writes over MDS that meet a server which hangs, fails or was not reached, and workers that die between two calls."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.delivery import delivery, verification
from doitui_core.operations import doi_actions


@pytest.fixture
def mds_house(house: Any) -> Any:
    house.settings(transport="mds")
    return house


def written(house: Any) -> list[tuple[str, str]]:
    return [
        (one["method"], one["path"].split("/")[1]) for one in house.sandbox.requests.entries() if one["method"] != "GET"
    ]


def test_the_sandbox_has_what_was_minted(mds_house: Any) -> None:
    mds_house.mint()
    mds_house.work()

    assert written(mds_house) == [("PUT", "metadata"), ("PUT", "doi")]
    assert (mds_house.there().state, mds_house.doi().status, mds_house.doi().changed) == ("findable", "findable", False)


def test_what_was_minted_is_verified(mds_house: Any) -> None:
    mds_house.minted()
    mds_house.later(hours=25)
    verification.queue_due(24, actor="test")
    mds_house.work()

    assert mds_house.doi().api_check == "verified"


@pytest.mark.parametrize("path", ["/metadata/*", "/doi/*"])
@pytest.mark.parametrize("fault", ["reset", "status status=500", "html"])
def test_whatever_becomes_of_a_call_the_doi_ends_findable(mds_house: Any, path: str, fault: str) -> None:
    mds_house.faults(f"PUT {path} {fault} count=1")
    mds_house.mint()
    mds_house.work()
    mds_house.later(minutes=6)

    assert (mds_house.there().state, mds_house.doi().status, mds_house.job().status) == (
        "findable",
        "findable",
        "completed",
    )


def test_a_worker_that_dies_between_two_calls_leaves_nothing_half_done(mds_house: Any) -> None:
    mds_house.faults("PUT /doi/* status status=503 count=1")
    mds_house.mint()
    lease, at = mds_house.claimed()
    delivery.write(lease, at)
    mds_house.later(minutes=20)

    assert (mds_house.there().state, mds_house.doi().status) == ("findable", "findable")


def test_a_hide_that_hangs_is_found_out_and_stays(mds_house: Any) -> None:
    doi = mds_house.minted()
    mds_house.faults("DELETE /metadata/* reset count=1")
    doi_actions.deactivate(doi.doi, reason="withdrawn")
    mds_house.work()
    mds_house.later(minutes=6)

    assert (mds_house.there().state, mds_house.doi().status) == ("registered", "tombstone")
    assert written(mds_house).count(("DELETE", "metadata")) == 1


def test_a_dead_mds_costs_no_attempt_when_the_breaker_is_open(mds_house: Any) -> None:
    mds_house.faults("PUT /metadata/* status status=502")
    for number in range(7):
        mds_house.mint(str(number))
    mds_house.work(threads=1)

    assert {mds_house.job(str(number)).attempts for number in range(7)} == {0}
