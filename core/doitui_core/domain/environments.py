"""Test and production: one table of hosts, and the fence between the two. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from doitui_core.domain import addresses
from doitui_core.domain.database_urls import masked
from doitui_core.errors import Misconfigured, WrongEnvironment
from doitui_core.text import is_on

#: Every host of DataCite and of the DOI system that we may talk to, and the environment it belongs to.
HOSTS = {
    "api.datacite.org": "production",
    "mds.datacite.org": "production",
    "doi.org": "production",
    "dx.doi.org": "production",
    "www.doi.org": "production",
    "hdl.handle.net": "production",
    "api.test.datacite.org": "test",
    "mds.test.datacite.org": "test",
    "handle.test.datacite.org": "test",
}

#: Where DOIs resolve. DataCite registers those of its test system with a resolver of their own.
RESOLVER_URL = {"test": "https://handle.test.datacite.org", "production": "https://doi.org"}

REST_URL = {"test": "https://api.test.datacite.org", "production": "https://api.datacite.org"}

MDS_URL = {"test": "https://mds.test.datacite.org", "production": "https://mds.datacite.org"}

#: Requests per 5 minutes where `datacite_rate_limit` does not say otherwise: the ceiling of the test system, which is
#: also inside DataCite's advice for steady bulk work in production.
DEFAULT_RATE = 750

#: What DataCite allows an account, requests per 5 minutes (support.datacite.org/docs/rate-limit).
CEILING = {"test": 750, "production": 3000}


#: The variable that makes every repository a test one.
TEST_MODE = "DATACITE_TEST_MODE"


def test_mode(environment: Mapping[str, str]) -> bool:
    """Whether `DATACITE_TEST_MODE` is on. Raises `Misconfigured` for a word that is neither on nor off."""
    text = environment.get(TEST_MODE, "")
    try:
        return is_on(text)
    except ValueError as error:
        raise Misconfigured(f"{TEST_MODE}={text!r} cannot be used: {error}, or unset it") from error


def ceiling(url: str) -> float:
    """The most requests per 5 minutes that the host of `url` allows; infinite where it is not DataCite's."""
    belongs = HOSTS.get(_host(url))
    return CEILING[belongs] if belongs else math.inf


def _host(url: str) -> str:
    """Empty for an address that is none."""
    try:
        return addresses.host(url)
    except ValueError:
        return ""


def check_fence(url: str, environment: str, setting: str = "datacite_url") -> str:
    """`url`, if a repository of `environment` may talk to it; hosts of nobody belong to both.

    Raises `WrongEnvironment`, naming the `setting` that `url` came from, also for an address that could be read in two
    ways.
    """
    try:
        host = addresses.host(url)
    except ValueError as error:
        raise WrongEnvironment(f"{setting} is {masked(url)[:100]!r}: {error}") from error
    belongs = HOSTS.get(host, environment)
    if belongs != environment:
        raise WrongEnvironment(
            f"{host} is DataCite's {belongs} system and this repository is set to {environment}:"
            f" change {setting} or datacite_environment (and check whether DATACITE_TEST_MODE is on)"
        )
    return url


def is_test_system(url: str) -> bool:
    """Whether `url` is of DataCite's test system, which has no Event Data and no citation counts."""
    return HOSTS.get(_host(url)) == "test"


def is_loopback(url: str) -> bool:
    """Whether `url` is on this machine: a sandbox, which has no rate limit."""
    host = _host(url)
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def check_private(url: str) -> None:
    """Raise `Misconfigured` where credentials sent to `url` could be read on the way: only HTTPS, or this machine."""
    if urlsplit(url).scheme.lower() != "https" and not is_loopback(url):
        raise Misconfigured(
            f"{_host(url)} would receive credentials unencrypted: use https:// (http:// only on loopback)"
        )
