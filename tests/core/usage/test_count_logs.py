"""Logs in, counts out: the official examples, and every defect that counter-processor and its fork were seen with."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from doitui_core.domain.counter_terms import METRICS
from doitui_core.errors import BadInput, Misconfigured, UnreadableDocument
from doitui_core.usage import agents, count_logs
from doitui_core.usage.count_logs import CountResult
from doitui_core.usage.hour_store import HourStore

Count = Callable[..., CountResult]
Log = Callable[..., Path]

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:60.0) Gecko/20100101 Firefox/60.0"

#: counter-processor's names for the access methods and metric types, shortened.
SHORT = {
    "total-dataset-investigations": "T_inv",
    "unique-dataset-investigations": "U_inv",
    "total-dataset-requests": "T_req",
    "unique-dataset-requests": "U_req",
}


def line(
    stamp: str = "2018-05-01T10:00:00-07:00",
    ip: str = "1.1.1.1",
    session: str = "-",
    cookie: str = "-",
    user: str = "-",
    url: str = "http://e.org/stash/dataset/doi:10.5072/X",
    doi: str = "doi:10.5072/X",
    agent: str = FIREFOX,
) -> str:
    """One of counter-processor's lines, 19 columns."""
    beside = ["T", "P", "grid.1", "A|B", "2017-01-01", "1", "-", url, "2017"]
    return "\t".join([stamp, ip, session, cookie, user, url, doi, "-", "-", agent, *beside])


def short(counted: count_logs.CountResult, doi: str = "10.5072/X", method: str = "regular") -> dict[str, int]:
    """The counts of one DOI, under short names."""
    return {SHORT[metric]: number for metric, number in counted.counts.get(doi, {}).get(method, {}).items()}


DOWNLOAD = "http://e.org/stash/downloads/file_download/7"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1)"


@pytest.mark.parametrize(
    ("log_name", "expected_name"),
    [
        ("syn_1k.log", "syn_1k.expected.json"),
        ("cdl_counter_2018-05-01.pseudo.log", "cdl_2018-05-01.expected.json"),
    ],
)
def test_the_official_logs_give_the_official_counts(shared: Path, log_name: str, expected_name: str) -> None:
    place = shared / "data" / "counter"
    lists = place / "ua_lists"
    known = agents.load(robots=lists / "mdc_robot.txt", tools=lists / "mdc_machine.txt")
    told = count_logs.count([place / log_name], known, count_logs.CountOptions(month="2018-05"))
    expected = json.loads((place / expected_name).read_text(encoding="utf-8"))
    four = {
        doi: {method: {m: n for m, n in numbers.items() if m in METRICS and n} for method, numbers in methods.items()}
        for doi, methods in expected.items()
    }
    assert (told.counts, told.bad) == (four, [])


DEFECTS = {
    "an unknown country loses no unique count": ([line(ip="203.0.113.9")], {"T_inv": 1, "U_inv": 1}),
    "Z: two of one second are a double click": (
        [line("2018-05-01T10:00:00Z"), line("2018-05-01T10:00:00Z")],
        {"T_inv": 1, "U_inv": 1},
    ),
    "-0700: the edge of thirty seconds": (
        [line("2018-05-01T10:00:00-0700"), line("2018-05-01T10:00:30-0700")],
        {"T_inv": 1, "U_inv": 1},
    ),
    "lines out of order": (
        [line("2018-05-01T10:00:20-07:00"), line("2018-05-01T10:00:00-07:00")],
        {"T_inv": 1, "U_inv": 1},
    ),
    "several users on one URL": (
        [line(user="ann"), line("2018-05-01T10:00:05-07:00", user="bo"), line("2018-05-01T10:00:09-07:00", user="cy")],
        {"T_inv": 3, "U_inv": 3},
    ),
    "an address over the full hour": (
        [line("2018-05-01T13:59:50-07:00"), line("2018-05-01T14:00:05-07:00")],
        {"T_inv": 2, "U_inv": 2},
    ),
    "a user over the full hour": (
        [line("2018-05-01T13:59:50-07:00", user="ann"), line("2018-05-01T14:00:05-07:00", user="ann")],
        {"T_inv": 1, "U_inv": 1},
    ),
    "a robot between two clicks hides neither": (
        [line(user="u"), line("2018-05-01T10:00:20-07:00", user="u", agent=GOOGLEBOT)],
        {"T_inv": 1, "U_inv": 1},
    ),
    "robots in capitals": ([line(agent="BINGBOT")], {}),
    "offsets are reckoned with": (
        [line("2018-05-01T10:00:00-07:00", user="u"), line("2018-05-01T17:00:20Z", user="u")],
        {"T_inv": 1, "U_inv": 1},
    ),
    "user before cookie before session before address": (
        [
            line(user="u", cookie="c1", session="s1", ip="1.1.1.1"),
            line("2018-05-01T10:01:00-07:00", user="u", cookie="c2", session="s2", ip="2.2.2.2"),
            line("2018-05-01T10:02:00-07:00", cookie="c3", session="s3"),
            line("2018-05-01T10:03:00-07:00", cookie="c3", session="s4"),
            line("2018-05-01T10:04:00-07:00", session="s5", ip="3.3.3.3"),
            line("2018-05-01T10:05:00-07:00", session="s5", ip="4.4.4.4"),
        ],
        {"T_inv": 6, "U_inv": 3},
    ),
    "a session id is its own again every hour": (
        [line(session="s"), line("2018-05-01T11:00:00-07:00", session="s")],
        {"T_inv": 2, "U_inv": 2},
    ),
    "a download is both": ([line(url=DOWNLOAD)], {"T_inv": 1, "U_inv": 1, "T_req": 1, "U_req": 1}),
    "another page is neither": ([line(url="http://e.org/about")], {}),
    "two ways to write one DOI": (
        [line(), line("2018-05-01T11:00:00-07:00", doi="doi:10.5072/x")],
        {"T_inv": 2, "U_inv": 2},
    ),
}


@pytest.mark.parametrize(("lines", "expected"), DEFECTS.values(), ids=DEFECTS)
def test_known_defects_of_other_counters(log: Log, count: Count, lines: list[str], expected: dict[str, int]) -> None:
    assert short(count(log(*lines))) == expected


def test_of_two_clicks_at_the_turn_of_the_month_the_later_month_has_one(log: Log, count: Count) -> None:
    path = log(line("2018-05-31T23:59:50-07:00", user="u"), line("2018-06-01T00:00:05-07:00", user="u"))
    assert [short(count(path, month=month)) for month in ("2018-05", "2018-06")] == [{}, {"T_inv": 1, "U_inv": 1}]


def test_the_month_is_that_of_the_logs_own_clock(log: Log, count: Count) -> None:
    assert short(count(log(line("2018-05-31T23:00:00-07:00")), month="2018-05")) == {"T_inv": 1, "U_inv": 1}


def test_hours_of_half_hour_zones_are_those_on_the_wall(log: Log, count: Count) -> None:
    path = log(line("2018-05-01T10:10:00+05:30"), line("2018-05-01T10:50:00+05:30"))
    assert short(count(path)) == {"T_inv": 2, "U_inv": 1}


def test_an_hour_that_daylight_saving_repeats_is_one_hour_on_the_wall(log: Log, count: Count) -> None:
    path = log(
        line("2018-11-04T01:30:00-07:00"),
        line("2018-11-04T01:30:00-08:00"),
        line("2018-11-04T02:30:00-08:00"),
    )
    assert short(count(path)) == {"T_inv": 3, "U_inv": 2}


def test_one_hour_on_the_clocks_of_two_zones_is_one_session(log: Log, count: Count) -> None:
    path = log(line("2018-05-01T12:00:00Z", user="u"), line("2018-05-01T12:10:00+02:00", user="u"))
    assert short(count(path)) == {"T_inv": 2, "U_inv": 1}


def test_a_user_id_that_means_nobody_makes_no_single_visitor_of_all(log: Log, count: Count) -> None:
    path = log(line(user=":guest", ip="1.1.1.1"), line("2018-05-01T10:00:05-07:00", user=":guest", ip="2.2.2.2"))
    as_written, mended = count(path), count(path, anonymous=frozenset({":guest"}))
    assert (short(as_written), short(mended)) == ({"T_inv": 1, "U_inv": 1}, {"T_inv": 2, "U_inv": 2})


def test_several_servers_logs_are_counted_as_one(log: Log, count: Count) -> None:
    one, two = log(line(user="u")), log(line("2018-05-01T10:00:20-07:00", user="u"))
    assert short(count(one, two)) == short(count(two, one)) == {"T_inv": 1, "U_inv": 1}


def test_lines_that_cannot_be_read_are_named_and_stop_nothing(log: Log, count: Count) -> None:
    counted = count(log(line(), "a\tb", line("yesterday"), line(doi="-")), form="counter-processor")
    assert short(counted) == {"T_inv": 1, "U_inv": 1}
    assert [why for _, why in counted.bad] == [
        "has 2 columns, not 19",
        "has the time 'yesterday', which is not ISO 8601",
        "has no identifier",
    ]


def combined(
    path: str = "/records/7", method: str = "GET", status: int = 200, agent: str = FIREFOX, **more: str
) -> str:
    stamp = more.get("stamp", "01/May/2018:10:00:00 -0700")
    user, ip = more.get("user", "-"), more.get("ip", "1.1.1.1")
    return f'{ip} - {user} [{stamp}] "{method} {path} HTTP/1.1" {status} 512 "-" "{agent}"'


VIEWS = r"^/records/(?P<object_id>\d+)$"
DOI_VIEWS = r"^/doi/(?P<doi>10\..+)$"


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ([combined()], 1),
        ([combined("/records/7?from=mail")], 1),
        ([combined("http://e.org/records/7")], 1),
        ([combined(status=304)], 1),
        ([combined(status=206)], 0),
        ([combined(status=302)], 0),
        ([combined(status=404)], 0),
        ([combined(method="HEAD")], 0),
        ([combined("/about")], 0),
        ([combined(user="ann lee")], 1),
        ([combined(agent=r"Fire \"the\" fox")], 1),
        (["www.e.org:443 " + combined()], 1),
        ([combined() + ' "extra" 12'], 1),
        ([combined(), combined(stamp="01/May/2018:10:00:30 -0700")], 1),
        ([combined(), combined(stamp="01/May/2018:10:00:31 -0700")], 2),
        ([combined(), combined(stamp="01/May/2018:17:00:10 +0000", ip="1.1.1.1", user="-")], 2),
    ],
)
def test_combined_lines(log: Log, count: Count, lines: list[str], total: int) -> None:
    assert short(count(log(*lines), views=VIEWS), "7").get("T_inv", 0) == total


def test_a_line_full_of_brackets_is_soon_given_up(log: Log, count: Count) -> None:
    hostile = "1.1.1.1 - " + "a [" * 20_000
    assert count(log(*[hostile] * 20), views=VIEWS).lines["bad"] == 20


def test_a_doi_in_a_path_is_decoded_and_keeps_its_case(log: Log, count: Count) -> None:
    told = count(log(combined("/doi/10.5072%2FAbc"), combined("/doi/10.5072/abc", ip="2.2.2.2")), views=DOI_VIEWS)
    assert short(told, "10.5072/Abc") == {"T_inv": 2, "U_inv": 2}


@pytest.mark.parametrize("given", [{}, {"views": "^/records/"}, {"views": VIEWS, "downloads": "^/files/"}])
def test_patterns_for_combined_must_name_what_was_seen(log: Log, count: Count, given: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        count(log(combined()), **given)


def test_a_pattern_that_is_none_is_refused_by_name(log: Log, count: Count) -> None:
    with pytest.raises(BadInput, match=r"--view-pattern '\(' is no regular expression"):
        count(log(combined()), views="(")


def compressed(path: Path, how: str) -> Path:
    if how == "plain":
        return path
    place = path.with_name(f"{path.name}.{how}")
    if how == "gz":
        # Two members, as log rotation makes them by appending.
        half = path.read_bytes().splitlines(keepends=True)
        place.write_bytes(gzip.compress(half[0]) + gzip.compress(b"".join(half[1:])))
    else:
        zstandard = pytest.importorskip("zstandard")
        place.write_bytes(zstandard.ZstdCompressor().compress(path.read_bytes()))
    return place


@pytest.mark.parametrize("how", ["plain", "gz", "zst"])
def test_compressed_logs_are_read_as_they_are(log: Log, count: Count, how: str) -> None:
    path = log(line(), line("2018-05-01T11:00:00-07:00"))
    assert short(count(compressed(path, how))) == {"T_inv": 2, "U_inv": 2}


@pytest.mark.parametrize("how", ["gz", "zst"])
def test_a_compressed_log_that_is_cut_off_is_named(log: Log, count: Count, how: str) -> None:
    path = compressed(log(*[line(ip=f"1.1.1.{number}") for number in range(200)]), how)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UnreadableDocument, match="is no whole"):
        count(path)


def test_without_its_package_zstd_says_what_to_install(
    log: Log, count: Count, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "a.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + b"0" * 20)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(Misconfigured, match="pip install"):
        count(path)


def test_a_log_larger_than_memory_may_be_is_counted_alike(
    log: Log, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        line(f"2018-05-01T{hour:02}:{minute:02}:00-07:00", ip=f"1.1.1.{minute % 7}")
        for hour in range(24)
        for minute in range(60)
    ]
    path = log(*lines)
    whole = count(path)
    monkeypatch.setattr(HourStore.__init__, "__defaults__", (1000,))
    assert count(path).counts == whole.counts
