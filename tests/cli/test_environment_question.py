"""A repository with DOIs changes its environment only when somebody confirms it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Doitui = Callable[..., Any]

PRODUCTION = ("repository", "set", "h", "--environment", "production", "--url", "https://api.datacite.org")


def environment(doitui: Doitui) -> str:
    return str(doitui("setting", "get", "datacite_environment", "--repository", "h").out.strip())


@pytest.fixture
def with_doi(archive: Doitui, write: Callable[..., Any]) -> Doitui:
    archive("record", "import", write("a"))
    archive("doi", "reserve", "a")
    return archive


def test_without_a_terminal_it_needs_yes(with_doi: Doitui) -> None:
    done = with_doi(*PRODUCTION)
    assert (done.code, environment(with_doi)) == (2, "test")
    *lines, error = done.err.splitlines()
    assert lines == [
        "repository h has 1 DOI and changes from test to production",
        "1 reserved, not sent yet: minting creates them in DataCite's production system",
    ]
    assert "the environment of DOIs would change (repository h): give --yes to confirm" in error
    done = with_doi(*PRODUCTION, "--yes")
    assert (done.code, environment(with_doi)) == (0, "production")
    back = with_doi("repository", "set", "h", "--environment", "test", "--url", "https://api.test.datacite.org")
    assert (back.code, environment(with_doi)) == (2, "production")


def test_a_dry_run_shows_it_and_asks_nothing(with_doi: Doitui) -> None:
    done = with_doi(*PRODUCTION, "--dry-run", "--json")
    (change,) = done.json["environment_changes"]
    assert (done.code, change["dois"], change["before"], change["after"]) == (0, {"reserved": 1}, "test", "production")
    assert ("1 reserved" in done.err, environment(with_doi)) == (True, "test")


def test_a_repository_without_dois_is_not_asked_about(archive: Doitui) -> None:
    assert (archive(*PRODUCTION).code, environment(archive)) == (0, "production")


def test_a_setting_changed_by_its_name_asks_too(with_doi: Doitui) -> None:
    with_doi(*PRODUCTION, "--yes")
    own = ("datacite_environment", "--repository", "h")
    refused = [with_doi("setting", "unset", *own).code, with_doi("setting", "set", own[0], "test", *own[1:]).code]
    assert (refused, environment(with_doi)) == ([2, 2], "production")
    assert with_doi("setting", "unset", *own, "--yes").code == 0
    assert environment(with_doi) == "test"
