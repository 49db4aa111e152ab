"""The host of an address is the one that requests connects to, or the address is refused."""

from __future__ import annotations

import pytest
import requests
import urllib3

from doitui_core.domain import addresses
from doitui_core.domain.environments import check_fence, is_loopback
from doitui_core.errors import WrongEnvironment

#: Ways to write DataCite's production host that a test set-up must not get away with.
DISGUISES = (
    "https://api%2Edatacite%2Eorg",
    "https://api%2edatacite.org/",
    "https://api.datacite%2Forg",
    "https://%61pi.datacite.org",
    "https://api.datacite.org.",
    "https://api.datacite.org..",
    "https://API.DataCite.ORG",
    "https://api.datacite.org:443",
    "https://api.datacite.org:0443",
    "https://api。datacite．org",
    "https://ａｐｉ.datacite.org",
    "https://api.dataciteſ.org",
    "https://api.test.datacite.org@api.datacite.org",
    "https://api.test.datacite.org:x@api.datacite.org/",
    "https://api.datacite.org\\@api.test.datacite.org",
    "https://api.test.datacite.org\\.datacite.org",
    "https://api.datacite.org\\x",
    "https://api\t.datacite.org",
    "https://api.\ndatacite.org",
    " https://api.datacite.org",
    "https:/\\api.datacite.org",
    "https:\\\\api.datacite.org",
    "https:api.datacite.org",
    "//api.datacite.org",
    "https://api.datacite.org:x",
    "https://api.datacite.org:99999",
    "https://api.datacite.org:",
    "https://api.datacite.org#@api.test.datacite.org",
    "https://api.datacite.org?@api.test.datacite.org",
    "https://xn--api-.datacite.org@api.datacite.org",
    "https://",
    "",
)


def test_no_disguise_of_a_production_host_passes_the_test_fence() -> None:
    passed = []
    for url in DISGUISES:
        try:
            passed.append(check_fence(url, "test"))
        except WrongEnvironment:
            continue
    assert passed == []


ACCEPTED = (
    "https://api.test.datacite.org",
    "HTTPS://API.test.datacite.org./dois",
    "http://127.0.0.1:8000",
    "http://[::1]:8075/x",
    "http://localhost",
    "https://xn--mller-kva.example.org/a?b#c",
    "https://my_host.example.org:8443/datacite/",
    "https://a-b.example.org/%2E/@x\u00e9",
)


@pytest.mark.parametrize("url", ACCEPTED)
def test_the_host_seen_is_the_host_that_is_connected_to(url: str) -> None:
    prepared = requests.Request("GET", url).prepare().url
    assert prepared is not None
    there = (urllib3.util.parse_url(prepared).host or "").strip("[]").rstrip(".").lower()
    assert addresses.host(url) == there


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://archiv.m\u00fcller.example.org/1", "archiv.xn--mller-kva.example.org"),
        ("https://api%2Edatacite%2Eorg/x", "api.datacite.org"),
        ("https://api。datacite．org/x", "api.datacite.org"),
        ("http://u:p@127.0.0.1:80/", "127.0.0.1"),
        ("http://127%2E0%2E0%2E1/", "127.0.0.1"),
        ("http://[::1]/", "::1"),
        ("http://LOCALHOST./a b\\c", "localhost"),
    ],
)
def test_the_host_of_somebody_elses_address_is_the_one_that_would_be_reached(url: str, host: str) -> None:
    assert addresses.reached(url) == host


@pytest.mark.parametrize("url", ["http://api.datacite.org\\@e.org/", "http://e.org%00/", "http://a b/", "http://"])
def test_a_host_in_doubt_is_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"host|contain"):
        addresses.reached(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1%2Eexample.org", "http://localhost@example.org", "http://localhost\\x"]
)
def test_nothing_in_disguise_is_on_this_machine(url: str) -> None:
    assert not is_loopback(url)
