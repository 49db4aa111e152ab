"""Where a DOI leads: walks over real servers, and what they prove."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.datacite import resolver
from doitui_core.datacite.pace import Pace
from doitui_core.datacite.resolver import MOST_HOPS, Hop, Resolver, ResolverFinding, Stop, Walk, judge
from doitui_core.domain.states import Verification
from doitui_core.errors import WrongEnvironment
from doitui_core.operations import change_settings

DOI = "10.5072/a"
BASE = "https://doi.org"
PAGE = "https://archive.example.org/a"

VERIFIED, MISMATCH, NO_VERDICT = Verification.VERIFIED, Verification.MISMATCH, Verification.UNVERIFIED


@pytest.fixture
def check(site: Any) -> Any:
    """`check(wanted)`: the finding of a resolver that is `site`."""

    def run(wanted: str, deadline: float = 5, environment: str = "test") -> ResolverFinding:
        return Resolver(site.url, environment, deadline=deadline).check(DOI, wanted)

    return run


def to(hop: str, *statuses: int) -> Walk:
    """A walk from the resolver to `hop`, which answers with the last of `statuses`."""
    return Walk([Hop(f"{BASE}/{DOI}", 302, hop), *[Hop(hop, status) for status in statuses]], Stop.ANSWERED)


# The verdict, of walks as values.


ANSWERS = {
    VERIFIED: (200, 204, 401, 403, 429),
    MISMATCH: (404, 410),
    NO_VERDICT: (300, 304, 400, 405, 500, 502, 503, 504, 999),
}


@pytest.mark.parametrize(
    ("status", "verdict"), [(status, verdict) for verdict, statuses in ANSWERS.items() for status in statuses]
)
def test_what_the_landing_page_answers(status: int, verdict: Verification) -> None:
    assert judge(to(PAGE, status), PAGE).verdict is verdict


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(404, MISMATCH)] + [(status, NO_VERDICT) for status in (200, 301, 400, 401, 403, 410, 429, 500, 503)],
)
def test_what_a_resolver_answers_that_leads_nowhere(status: int, verdict: Verification) -> None:
    assert judge(Walk([Hop(f"{BASE}/{DOI}", status)], Stop.ANSWERED), PAGE).verdict is verdict


@pytest.mark.parametrize(
    "same",
    [
        ("https://a.org", "https://a.org/"),
        ("HTTPS://A.org/x", "https://a.ORG/x"),
        ("https://a.org:443/x", "https://a.org/x"),
        ("http://a.org:80/x", "http://a.org/x"),
        ("https://a.org/ä", "https://a.org/%C3%A4"),
        ("https://a.org/%c3%a4", "https://a.org/%C3%A4"),
        ("https://a.org/%7Ejo", "https://a.org/~jo"),
        ("https://a.org/a b", "https://a.org/a%20b"),
        ("https://müller.example/x", "https://xn--mller-kva.example/x"),
        ("https://a.org/x?y=z&ä=1#top", "https://a.org/x?y=z&%C3%A4=1#top"),
    ],
    ids=lambda pair: pair[0],
)
def test_one_address_in_two_spellings_is_one(same: tuple[str, str]) -> None:
    assert [judge(to(a, 200), b).verdict for a, b in (same, same[::-1])] == [VERIFIED, VERIFIED]


@pytest.mark.parametrize(
    "other",
    [
        "http://archive.example.org/a",
        "https://archive.example.org/A",
        "https://archive.example.org/a/",
        "https://archive.example.org/a?x=1",
        "https://archive.example.org/a#x",
        "https://archive.example.org:8443/a",
        "https://www.archive.example.org/a",
        "https://archive.example.org/%2561",
        "file:///a",
        "http://[nonsense",
        "https://archive.example.org:port/a",
        "",
    ],
)
def test_another_address_is_a_mismatch_whatever_it_answers(other: str) -> None:
    walk = Walk([Hop(f"{BASE}/{DOI}", 302, other or "https://x.example.org")], Stop.BROKEN, "why")
    assert judge(walk, PAGE).verdict is MISMATCH


def test_a_resolver_that_sends_to_its_own_secure_address_has_not_led_anywhere_yet() -> None:
    hops = [Hop(f"http://doi.org/{DOI}", 301, f"{BASE}/{DOI}"), Hop(f"{BASE}/{DOI}", 302, PAGE), Hop(PAGE, 200)]
    assert judge(Walk(hops, Stop.ANSWERED), PAGE).verdict is VERIFIED


@pytest.mark.parametrize(
    ("stop", "verdict"), [(Stop.OUTSIDE, VERIFIED), (Stop.BROKEN, NO_VERDICT), (Stop.SILENT, NO_VERDICT)]
)
def test_a_walk_that_ends_behind_the_right_address(stop: Stop, verdict: Verification) -> None:
    finding = judge(Walk([Hop(f"{BASE}/{DOI}", 302, PAGE)], stop, "the reason"), PAGE)
    assert (finding.verdict, "the reason" in finding.reason) == (verdict, True)


@pytest.mark.parametrize("stop", [Stop.SILENT, Stop.BROKEN])
def test_a_resolver_that_does_not_answer_proves_nothing(stop: Stop) -> None:
    assert judge(Walk([], stop, "no connection"), PAGE) == ResolverFinding(NO_VERDICT, "no connection")


# Where a walk may go.


@pytest.mark.parametrize(
    ("target", "base", "environment", "stop"),
    [
        (PAGE, BASE, "production", None),
        ("https://doi.org/10.1/x", BASE, "production", None),
        ("https://doi.org/10.1/x", "https://handle.test.datacite.org", "test", Stop.OUTSIDE),
        ("https://api.datacite.org/dois", "https://handle.test.datacite.org", "test", Stop.OUTSIDE),
        ("https://dx.doi.org/10.1/x", "https://handle.test.datacite.org", "test", Stop.OUTSIDE),
        ("https://handle.test.datacite.org/10.1/x", BASE, "production", Stop.OUTSIDE),
        ("ftp://archive.example.org/a", BASE, "production", Stop.OUTSIDE),
        (PAGE, "http://127.0.0.1:8000", "test", Stop.OUTSIDE),
        ("http://localhost:1/x", "http://127.0.0.1:8000", "test", None),
        ("http://127.0.0.1:8000/admin", BASE, "production", Stop.BROKEN),
        ("http://[::1]/admin", BASE, "production", Stop.BROKEN),
        ("file:///etc/passwd", BASE, "production", Stop.BROKEN),
        ("javascript:alert(1)", BASE, "production", Stop.BROKEN),
        ("https://", BASE, "production", Stop.BROKEN),
        ("http://[nonsense", BASE, "production", Stop.BROKEN),
        ("", BASE, "production", Stop.BROKEN),
    ],
)
def test_a_redirect_is_followed_only_to_where_we_may_go(
    target: str, base: str, environment: str, stop: Stop | None
) -> None:
    refused = resolver.refusal(target, base, environment)
    assert (refused[0] if refused else None) is stop


@pytest.mark.parametrize(
    ("settings", "base"),
    [
        ({}, "https://handle.test.datacite.org"),
        ({"datacite_environment": "production"}, "https://doi.org"),
        ({"datacite_url": "http://127.0.0.1:8000"}, "http://127.0.0.1:8000"),
        ({"datacite_url": "https://proxy.example.org"}, "https://handle.test.datacite.org"),
        ({"datacite_url": "http://127.0.0.1:8000", "resolver_url": "http://127.0.0.1:9000"}, "http://127.0.0.1:9000"),
    ],
)
def test_every_environment_has_a_resolver(store: str, settings: dict[str, str], base: str) -> None:
    assert resolver.base(repositories.config(change_settings.save_repository("h", settings))) == base


@pytest.mark.parametrize(
    "settings",
    [
        {"resolver_url": "https://doi.org"},
        {"resolver_url": "https://dx.doi.org"},
        {"resolver_url": "https://handle.test.datacite.org", "datacite_environment": "production"},
    ],
)
def test_a_resolver_behind_the_fence_is_refused_by_the_name_of_its_setting(
    store: str, settings: dict[str, str]
) -> None:
    config = repositories.config(change_settings.save_repository("h", settings))
    with pytest.raises(WrongEnvironment, match="resolver_url"):
        resolver.base(config)


# Walks over real servers.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_any_kind_is_followed_to_the_page(site: Any, check: Any, status: int) -> None:
    wanted = site.page("/page")
    site.redirect(f"/{DOI}", wanted, status)
    assert check(wanted) == ResolverFinding(VERIFIED, f"{wanted} answers 200")


def test_a_chain_of_redirects_is_followed_to_its_end(site: Any, check: Any) -> None:
    wanted = site.redirect("/1", "/2")
    site.redirect(f"/{DOI}", wanted)
    site.redirect("/2", "../3?x=1#part")
    site.page("/3?x=1", 410)
    assert check(wanted).verdict is MISMATCH


@pytest.mark.parametrize(("hops", "verdict"), [(MOST_HOPS, VERIFIED), (MOST_HOPS + 1, NO_VERDICT)])
def test_ten_redirects_are_followed_and_no_more(site: Any, check: Any, hops: int, verdict: Verification) -> None:
    site.redirect(f"/{DOI}", "/1")
    for number in range(1, hops):
        site.redirect(f"/{number}", f"/{number + 1}")
    site.page(f"/{hops}")
    assert check(f"{site.url}/1").verdict is verdict


def test_a_circle_is_walked_once(site: Any, check: Any) -> None:
    wanted = site.redirect("/1", "/2")
    site.redirect("/2", "/1#again")
    site.redirect(f"/{DOI}", wanted)
    finding = check(wanted)
    assert (finding.verdict, "circle" in finding.reason, site.asked) == (NO_VERDICT, True, [f"/{DOI}", "/1", "/2"])


def test_a_resolver_that_sends_to_itself_is_a_circle_and_no_verdict(site: Any, check: Any) -> None:
    site.redirect(f"/{DOI}", f"/{DOI}")
    assert (check(PAGE).verdict, len(site.asked)) == (NO_VERDICT, 1)


def test_a_page_that_sets_a_cookie_and_sends_to_itself_is_asked_again(site: Any, check: Any) -> None:
    wanted = site.redirect("/1", "/1", **{"Set-Cookie": "seen=1"})
    site.redirect(f"/{DOI}", wanted)
    check(wanted)
    assert [headers.get("cookie") for _, headers in site.requests] == [None, None, "seen=1"]


def test_a_cookie_does_not_outlive_its_walk(site: Any, check: Any) -> None:
    wanted = site.page("/1", **{"Set-Cookie": "seen=1; Path=/"})
    site.redirect(f"/{DOI}", wanted)
    check(wanted), check(wanted)
    assert {headers.get("cookie") for _, headers in site.requests} == {None}


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "https://api.datacite.org/dois",
        "https://doi.org/10.1/x",
        "http://[nonsense",
        "gopher://x/",
    ],
)
def test_a_first_redirect_to_elsewhere_is_a_mismatch_and_not_followed(site: Any, check: Any, target: str) -> None:
    site.redirect(f"/{DOI}", target)
    finding = check(f"{site.url}/page")
    assert (finding.verdict, target in finding.reason, site.asked) == (MISMATCH, True, [f"/{DOI}"])


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        ("file:///etc/passwd", NO_VERDICT),
        ("http://[nonsense", NO_VERDICT),
        ("https://api.datacite.org/dois", VERIFIED),
        ("https://www.example.org/", VERIFIED),
    ],
)
def test_a_landing_page_that_leads_on_to_where_nobody_follows(
    site: Any, check: Any, target: str, verdict: Verification
) -> None:
    wanted = site.redirect("/page", target)
    site.redirect(f"/{DOI}", wanted)
    finding = check(wanted)
    assert (finding.verdict, target in finding.reason) == (verdict, True)


def test_a_rehearsal_stays_on_this_machine(site: Any, check: Any) -> None:
    site.redirect(f"/{DOI}", PAGE)
    begun = time.monotonic()
    finding = check(PAGE)
    assert (finding.verdict, "a rehearsal stays on this machine" in finding.reason) == (VERIFIED, True)
    assert time.monotonic() - begun < 1


def test_a_page_that_hangs_is_waited_for_until_the_deadline_and_proves_nothing(site: Any, check: Any) -> None:
    wanted = site.page("/page", 0)
    site.redirect(f"/{DOI}", wanted)
    begun = time.monotonic()
    assert check(wanted, deadline=0.5).verdict is NO_VERDICT
    assert 0.4 < time.monotonic() - begun < 2


@pytest.mark.parametrize("hops", [2, 5])
def test_the_deadline_is_for_all_hops_together(site: Any, check: Any, hops: int) -> None:
    site.delay = 0.4
    site.redirect(f"/{DOI}", "/1")
    for number in range(1, hops):
        site.redirect(f"/{number}", f"/{number + 1}")
    site.page(f"/{hops}")
    begun = time.monotonic()
    assert check(f"{site.url}/1", deadline=1).verdict is NO_VERDICT
    assert time.monotonic() - begun < 1.5


def test_a_server_that_is_gone_proves_nothing(site: Any, check: Any) -> None:
    wanted = "http://127.0.0.1:1/page"
    site.redirect(f"/{DOI}", wanted)
    assert check(wanted).verdict is NO_VERDICT


def test_a_resolver_that_is_gone_proves_nothing() -> None:
    assert Resolver("http://127.0.0.1:1", "test", deadline=5).check(DOI, PAGE).verdict is NO_VERDICT


def test_a_download_behind_the_doi_is_not_downloaded(site: Any, check: Any) -> None:
    wanted = site.page("/whole.zip", **{"Content-Length": "1000000000000"})
    site.redirect(f"/{DOI}", wanted)
    assert check(wanted).verdict is VERIFIED


def test_no_credentials_go_anywhere(site: Any, check: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login jo password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    wanted = site.page("/page")
    site.redirect(f"/{DOI}", wanted.replace("//", "//jo:s3cret@"))
    check(wanted.replace("//", "//jo:s3cret@"))
    assert (site.asked, [headers.get("authorization") for _, headers in site.requests]) == (
        [f"/{DOI}", "/page"],
        [None, None],
    )


def test_who_asks_and_for_what_is_reported(site: Any) -> None:
    Resolver(site.url, "test", deadline=5, email="ops@archive.example.org").check(DOI, PAGE)
    headers = site.requests[0][1]
    assert (headers["user-agent"].endswith("(mailto:ops@archive.example.org)"), "text/html" in headers["accept"]) == (
        True,
        True,
    )


def test_a_doi_is_escaped_in_the_address(site: Any) -> None:
    Resolver(site.url, "test", deadline=5).check("10.5072/a<b>#c%d?e(f);g", PAGE)
    assert site.asked == ["/10.5072/a%3Cb%3E%23c%25d%3Fe(f);g"]


def test_a_location_in_plain_utf_8_is_understood(site: Any, check: Any) -> None:
    # As `http.server` writes headers: these characters become the bytes of UTF-8.
    site.redirect(f"/{DOI}", "/ä".encode().decode("latin-1"))
    site.page("/%C3%A4")
    assert check(f"{site.url}/ä").verdict is VERIFIED


# The pace.


class Time:
    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_of_one_host_so_much_is_asked_in_a_second_and_no_more() -> None:
    clock = Time()
    pace = Pace(5, clock, clock.sleep)
    for _ in range(12):
        pace("https://archive.example.org/x")
    assert clock.slept == [1.0, 1.0]


def test_hosts_do_not_wait_for_each_other() -> None:
    clock = Time()
    pace = Pace(5, clock, clock.sleep)
    for number in range(12):
        pace(f"https://{number % 3}.example.org/x")
    assert clock.slept == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/x", "http://localhost/x"])
def test_on_this_machine_there_is_no_pace(url: str) -> None:
    clock = Time()
    pace = Pace(5, clock, clock.sleep)
    for _ in range(100):
        pace(url)
    assert clock.slept == []


def test_every_hop_keeps_the_pace(site: Any) -> None:
    asked: list[str] = []
    wanted = site.page("/page")
    site.redirect(f"/{DOI}", wanted)
    Resolver(site.url, "test", deadline=5, pace=asked.append).check(DOI, wanted)
    assert asked == [f"{site.url}/{DOI}", wanted]
