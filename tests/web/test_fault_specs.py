"""INTERFACE 5: the words of a fault, what they mean and which are refused."""

from __future__ import annotations

import pytest

from doitui.web.sandbox.faults import KINDS, Faults, parse_fault
from doitui_core.errors import BadInput


def taken(spec, requests):
    faults = Faults([spec])
    return [bool(faults.acting(*request)) for request in requests]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_named_without_options(kind):
    assert parse_fault(f"PUT /dois/* {kind}").kind == kind


@pytest.mark.parametrize(
    ("spec", "method", "path", "matches"),
    [
        ("PUT /dois/* hang", "PUT", "/dois/10.5072/a/b", True),
        ("put /dois/* hang", "PUT", "/dois/10.5072/a", True),
        ("PUT /dois/* hang", "PUT", "/dois", False),
        ("PUT /dois/* hang", "POST", "/dois/10.5072/a", False),
        ("* /dois* hang", "DELETE", "/dois/10.5072/a", True),
        ("* * hang", "GET", "/heartbeat", True),
        ("GET /dois/10.5072/a? hang", "GET", "/dois/10.5072/ab", True),
        ("GET /dois/10.5072/a. hang", "GET", "/dois/10.5072/ab", False),
    ],
)
def test_a_fault_matches_method_and_path(spec, method, path, matches):
    assert parse_fault(spec).matches(method, path) is matches


def test_every_takes_each_nth_matching_request():
    hit, miss = ("GET", "/a"), ("GET", "/b")
    assert taken("GET /a reset every=2", [hit, miss, hit, hit, hit]) == [False, False, True, False, True]


def test_count_takes_at_most_n_requests():
    assert taken("GET /a reset count=2", [("GET", "/a")] * 4) == [True, True, False, False]


def test_every_and_count_go_together():
    assert taken("GET /a reset every=2 count=1", [("GET", "/a")] * 5) == [False, True, False, False, False]


def test_all_faults_that_take_a_request_act_in_their_order():
    faults = Faults(["* * latency seconds=0", "* * reset", "POST * hang"])
    assert [fault.kind for fault in faults.acting("GET", "/a")] == ["latency", "reset"]


def test_replacing_counts_from_zero():
    faults = Faults(["* * reset count=1"])
    faults.acting("GET", "/a")
    faults.replace(["* * reset count=1"])
    assert len(faults.acting("GET", "/a")) == 1


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "PUT /dois/*",
        "FETCH /dois/* hang",
        "PUT dois hang",
        "PUT /dois/* explode",
        "PUT /dois/* hang every",
        "PUT /dois/* hang every=0",
        "PUT /dois/* hang every=1.5",
        "PUT /dois/* hang count=-1",
        "PUT /dois/* hang seconds=-1",
        "PUT /dois/* hang seconds=inf",
        "PUT /dois/* hang seconds=nan",
        "PUT /dois/* hang status=500",
        "PUT /dois/* reset seconds=1",
        "PUT /dois/* status status=200",
        "PUT /dois/* status status=999",
        "PUT /dois/* html status=100",
        "PUT /dois/* gateway status=200",
        "PUT /dois/* html seconds=1",
        "GET /dois search-lag seconds=-1",
        "GET /dois search-lag status=500",
    ],
)
def test_a_fault_that_cannot_be_parsed_is_one_clear_line(spec):
    with pytest.raises(BadInput, match=r"^fault [^\n]+$"):
        parse_fault(spec)


def test_replacing_by_a_bad_fault_changes_nothing():
    faults = Faults(["* * reset"])
    with pytest.raises(BadInput):
        faults.replace(["* * hang", "nonsense"])
    assert [fault.kind for fault in faults.acting("GET", "/a")] == ["reset"]
