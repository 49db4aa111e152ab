"""The fence between test and production."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doitui_core.domain.environments import HOSTS, REST_URL, check_fence, is_loopback
from doitui_core.errors import WrongEnvironment

OTHER = {"test": "production", "production": "test"}


@pytest.mark.parametrize(("host", "environment"), HOSTS.items())
def test_a_host_is_reached_from_its_own_environment(host: str, environment: str) -> None:
    assert check_fence(f"https://{host}/x", environment) == f"https://{host}/x"


def test_no_spelling_of_a_host_leads_over_the_fence(check_all: Callable[..., None]) -> None:
    def check(host: str, spelling: str) -> None:
        with pytest.raises(WrongEnvironment):
            check_fence(spelling.format(host.upper()), OTHER[HOSTS[host]])

    check_all(check, HOSTS, ["https://{}", "https://{}:443/dois", "HTTPS://{}.", "https://u:p@{}/"])


@pytest.mark.parametrize("environment", ["test", "production"])
def test_a_host_of_nobody_belongs_to_both(environment: str) -> None:
    assert check_fence("http://127.0.0.1:8000", environment)


@pytest.mark.parametrize(("environment", "url"), REST_URL.items())
def test_datacites_own_address_is_on_the_right_side(environment: str, url: str) -> None:
    assert check_fence(url, environment) == url


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.8.8.8", True),
        ("http://LOCALHOST", True),
        ("http://[::1]:80", True),
        ("http://127.0.0.1.example.org", False),
        ("https://api.test.datacite.org", False),
        ("http://10.0.0.1", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback
