"""Whose visit a line of an access log is: one address, or a list that proxies have added to; any other line is bad."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from doitui_core.usage import access_log, count_logs
from doitui_core.usage.log_lines import BadLine
from doitui_middleware.actors import client_address

Count = Callable[..., count_logs.CountResult]
Log = Callable[..., Path]

VIEWS = r"^/records/(?P<object_id>\d+)$"
FIREFOX = "Mozilla/5.0 (X11) Firefox/128.0"


def line(before: str = "203.0.113.5 - -", after: str = "", agent: str = FIREFOX, minute: int = 0) -> str:
    return f'{before} [10/Mar/2026:10:{minute:02}:00 +0000] "GET /records/7 HTTP/1.1" 200 5 "-" "{agent}"{after}'


def address(text: str, hops: int = 0, form: str = "combined") -> str:
    """The address a line is counted for; `bad: …` for a line that is rejected."""
    try:
        options = access_log.ReadOptions(views=VIEWS, trusted_hops=hops)
        entry = access_log.reader(form, options)(text.encode())
    except BadLine as error:
        return f"bad: {error}"
    assert entry is not None
    return entry.who if entry.kind == "address" else f"{entry.kind} {entry.who} of {entry.address}"


#: What stands before the time, trusted hops, whose visit it is; `bad` for nobody's.
BEFORE = [
    ("203.0.113.5 - -", 0, "203.0.113.5"),
    ("203.0.113.5:1234 - -", 0, "203.0.113.5"),
    ("203.0.113.5 - Jane Doe", 0, "user Jane Doe of 203.0.113.5"),
    ("203.0.113.5 - Doe, Jane", 0, "user Doe, Jane of 203.0.113.5"),
    ("203.0.113.5:1234 - Jane Doe", 0, "user Jane Doe of 203.0.113.5"),
    ('203.0.113.5 - ""', 0, "203.0.113.5"),
    ("203.0.113.5 jane -", 0, "203.0.113.5"),
    ("2001:db8::1 - -", 0, "2001:db8::1"),
    ("fe80::1%eth0 - -", 0, "fe80::1%eth0"),
    ("[2001:db8::1]:443 - -", 0, "2001:db8::1"),
    ("[2001:db8::1] - -", 0, "2001:db8::1"),
    ("host-7.example.org - -", 0, "host-7.example.org"),
    ("www.example.org:443 203.0.113.5 - -", 0, "203.0.113.5"),
    ("unknown - -", 0, "unknown"),
    ("unix: - -", 0, "unix:"),
    ("- - -", 0, "-"),
    ("203.0.113.5, 10.0.0.1 - -", 0, "bad"),
    ("203.0.113.5,10.0.0.1 - -", 0, "bad"),
    ("203.0.113.5, 10.0.0.2, 10.0.0.1 - jane", 0, "bad"),
    ("unknown, 203.0.113.5 - -", 0, "bad"),
    ("2001:db8::1, 10.0.0.1 - -", 0, "bad"),
    ("10.0.2.100 (203.0.113.5, 10.0.0.1) - -", 0, "bad"),
    ("10.0.2.100 (203.0.113.5) - -", 0, "bad"),
    ("203.0.113.5 10.0.0.1 - -", 0, "bad"),
    ("203.0.113.5 10.0.0.1 - jane", 0, "bad"),
    ("203.0.113.5 proxy.example.org - -", 0, "bad"),
    ("www.example.org 203.0.113.5 - -", 0, "bad"),
    ("203.0.113.5 - - -", 0, "bad"),
    ("203.0.113.999 - -", 0, "bad"),
    ("2001:db8::g - -", 0, "bad"),
    ("[2001:db8::1 - -", 0, "bad"),
    ("203.0.113.5:99999999 - -", 0, "bad"),
    ("<script> - -", 0, "bad"),
    ("203.0.113.5, 10.0.0.1 - -", 1, "10.0.0.1"),
    ("203.0.113.5, 10.0.0.1 - -", 2, "203.0.113.5"),
    ("203.0.113.5,10.0.0.1 - -", 2, "203.0.113.5"),
    ("6.6.6.6, 203.0.113.5, 10.0.0.1 - -", 2, "203.0.113.5"),
    ("203.0.113.5 - -", 1, "203.0.113.5"),
    ("203.0.113.5 - -", 2, "203.0.113.5"),
    ("203.0.113.5:4711, 10.0.0.1:80 - Jane Doe", 2, "user Jane Doe of 203.0.113.5"),
    ("[2001:db8::1]:443, 10.0.0.1 - -", 2, "2001:db8::1"),
    ("unknown, 203.0.113.5 - -", 1, "203.0.113.5"),
    ("<script>, 203.0.113.5 - -", 1, "203.0.113.5"),
    ("<script>, 203.0.113.5 - -", 2, "bad"),
    ("10.0.2.100 (203.0.113.5, 10.0.0.1) - -", 1, "10.0.0.1"),
    ("10.0.2.100 (203.0.113.5, 10.0.0.1) - -", 2, "203.0.113.5"),
    ("10.0.2.100 (203.0.113.5) - -", 1, "203.0.113.5"),
    ("10.0.2.100 (203.0.113.5) - -", 2, "10.0.2.100"),
    ("10.0.2.100 (-) - -", 1, "10.0.2.100"),
    ("203.0.113.5 10.0.0.1 - -", 1, "bad"),
    ("www.example.org:443 203.0.113.5, 10.0.0.1 - -", 2, "203.0.113.5"),
]


def test_the_fields_before_the_time_say_whose_visit_it_is_or_the_line_is_bad() -> None:
    found = [(before, hops, address(line(before), hops)) for before, hops, _ in BEFORE]
    told = [(before, hops, who[:3] if who.startswith("bad") else who) for before, hops, who in found]
    assert [row for row in told if row not in BEFORE] == []


#: The last field, trusted hops, and whose visit it is.
AFTER = [
    (' "198.51.100.7"', 0, "198.51.100.7"),
    (' "198.51.100.7:1234"', 1, "198.51.100.7"),
    (' "2001:db8::7"', 0, "2001:db8::7"),
    (' "-"', 0, "203.0.113.5"),
    (' ""', 1, "203.0.113.5"),
    (' 0.004 "198.51.100.7" 17', 0, "198.51.100.7"),
    (' "6.6.6.6, 198.51.100.7"', 1, "198.51.100.7"),
    (' "198.51.100.7, 10.0.0.1"', 2, "198.51.100.7"),
    (' "198.51.100.7"', 2, "203.0.113.5"),
    (' "6.6.6.6, 198.51.100.7"', 0, "bad"),
    (' "198.51.100.7" "0.004"', 0, "bad"),
    (' "no address"', 1, "bad"),
    ("", 0, "bad"),
    (" 198.51.100.7", 0, "bad"),
]


def test_combined_forwarded_takes_the_address_from_the_last_quoted_field() -> None:
    form = access_log.FORWARDED
    found = [(after, hops, address(line(after=after), hops, form)) for after, hops, _ in AFTER]
    told = [(after, hops, who[:3] if who.startswith("bad") else who) for after, hops, who in found]
    assert [row for row in told if row not in AFTER] == []


@pytest.mark.parametrize("hops", [1, 2, 3])
def test_a_log_and_the_middleware_name_the_same_visitor(hops: int) -> None:
    peer = "10.0.2.100"
    for forwarded in ("203.0.113.5", "6.6.6.6, 203.0.113.5", "a, b, c, d", "[2001:db8::1]:443, 203.0.113.5:80"):
        expected = client_address(peer, forwarded, hops)
        assert address(line(f"{peer} ({forwarded}) - -"), hops) == expected
        assert address(line(f"{peer} - -", f' "{forwarded}"'), hops, access_log.FORWARDED) == expected


def test_a_quote_within_a_field_makes_the_line_bad() -> None:
    assert address(line(agent='Mozilla "evil" Firefox')).startswith("bad")


def test_the_columns_of_counter_processor_hold_one_address_too() -> None:
    def columns(who: str) -> str:
        beside = ["-"] * 9
        return "\t".join(
            ["2026-03-10T10:00:00Z", who, "-", "-", "-", "http://e.org/", "doi:10.5072/x", "-", "-", FIREFOX, *beside]
        )

    form = "counter-processor"
    assert address(columns("203.0.113.5, 10.0.0.1"), 0, form).startswith("bad")
    assert [address(columns("203.0.113.5, 10.0.0.1"), hops, form) for hops in (1, 2)] == ["10.0.0.1", "203.0.113.5"]
    assert [address(columns(who), 0, form) for who in ("-", "????", "::1", "h.org")] == ["-", "????", "::1", "h.org"]


def test_four_visitors_behind_a_proxy_stay_four(log: Log, count: Count) -> None:
    visitors = [line(f"203.0.113.{number}, 10.0.0.1 - -") for number in range(4)]
    rejected = count(log(*visitors), views=VIEWS)
    read = count(log(*visitors), views=VIEWS, trusted_hops=2)
    unique = read.counts["7"]["regular"]["unique-dataset-investigations"]
    assert (rejected.counts, rejected.lines["bad"], unique, read.bad) == ({}, 4, 4, [])
    assert rejected.bad[0][0].endswith(".log:1")


def test_a_line_full_of_commas_or_quotes_is_soon_given_up(log: Log, count: Count) -> None:
    for hostile in ("a," * 30_000, "a, " * 20_000, '1.1.1.1 - - [" ' * 4000, line(after=' "' * 30_000)):
        for form, hops in (("combined", 2), ("combined-forwarded", 0)):
            assert count(log(*[hostile] * 20), views=VIEWS, form=form, trusted_hops=hops).lines["other"] == 0


def shares(log: Log, count: Count, same: int, others: int, **options: object) -> str:
    lines = [line(minute=number % 60) for number in range(same)]
    lines += [line(f"198.51.{number // 250}.{number % 250} - -") for number in range(others)]
    return count(log(*lines), views=VIEWS, **options).warning


def test_one_address_of_nearly_all_visits_is_warned_of(log: Log, count: Count) -> None:
    told = {(same, others): shares(log, count, same, others) for same, others in ((90, 10), (99, 1), (19_000, 1000))}
    assert [pair for pair, warning in told.items() if "come from one address, 203.0.113.5" not in warning] == []
    quiet = ((89, 11), (50, 49), (99, 0), (0, 250), (0, 0), (8000, 2000), (10_000, 10_000))
    assert [pair for pair in quiet if shares(log, count, *pair)] == []


def test_visits_of_robots_and_pages_of_no_interest_make_no_proxy(log: Log, count: Count) -> None:
    robots = [line(agent="Googlebot/2.1") for _ in range(300)]
    other = [line().replace("/records/7", "/about") for _ in range(300)]
    own = [line(f"198.51.100.{number} - -") for number in range(120)]
    assert count(log(*robots, *other, *own), views=VIEWS).warning == ""
