"""What the doctor says of an account at DataCite: prefix, domains, API keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doitui_core.clock import parse
from doitui_core.config import repositories
from doitui_core.db.models import Record, Repository
from doitui_core.domain.repository_account import AccountFacts, ApiKey
from doitui_core.operations import change_settings
from doitui_core.views import doctor_account, landing_hosts
from doitui_core.views.landing_hosts import Host

MINE = AccountFacts(frozenset({"10.5072"}), ("*",), True)


def account(repository: Repository, facts: AccountFacts) -> list[tuple[str, str]]:
    config = repositories.config(repository)
    return [(check.level, check.remedy) for check in doctor_account.account_checks(config, "DEMO.REPO", facts)]


@pytest.mark.parametrize("prefixes", [frozenset({"10.5072", "10.1"}), None])
def test_a_prefix_that_the_account_has_is_no_finding(archive: Repository, prefixes: frozenset[str] | None) -> None:
    assert account(archive, AccountFacts(prefixes, ("*",), True)) == []


def test_a_prefix_of_somebody_else_fails_with_the_own_one(archive: Repository) -> None:
    facts = AccountFacts(frozenset({"10.2", "10.1"}), ("*",), True)
    assert account(archive, facts) == [("FAIL", "doitui repository set h --prefix 10.1")]


def test_what_a_server_sends_runs_no_command(archive: Repository) -> None:
    ((_, remedy),) = account(archive, AccountFacts(frozenset({"$(reboot)"}), ("*",), True))
    assert remedy.endswith(" --prefix '$(reboot)'")
    assert templates(archive, "`reboot`.org") == [
        "doitui repository set h --landing-page 'https://`reboot`.org/{object_id}'"
    ]


@pytest.mark.parametrize(
    "facts", [AccountFacts(frozenset(), ("*",), True), AccountFacts(frozenset({"10.5072"}), ("*",), False)]
)
def test_an_account_without_prefixes_or_rights_fails(archive: Repository, facts: AccountFacts) -> None:
    ((level, remedy),) = account(archive, facts)
    assert (level, remedy.startswith("curl -sS http://127.0.0.1:1/clients/demo.repo ")) == ("FAIL", True)


def templates(repository: Repository, *domains: str) -> list[str]:
    facts = AccountFacts(None, domains, True)
    return [
        check.remedy for check in doctor_account.template_checks(repositories.config(repository), "DEMO.REPO", facts)
    ]


def test_templates_where_datacite_allows_them_are_no_finding(archive: Repository) -> None:
    change_settings.save_repository("h", {"tombstone_page_base": "https://gone.example.org/t"})
    assert templates(archive, "*.example.org") == []


def test_templates_elsewhere_fail_with_an_allowed_one(archive: Repository) -> None:
    change_settings.save_repository("h", {"tombstone_page_base": "https://gone.example.org/t"})
    assert templates(archive, "*.example.net") == [
        "doitui repository set h --landing-page 'https://www.example.net/{object_id}'",
        "doitui setting set tombstone_page_base https://www.example.net/tombstones --repository h",
    ]


def test_records_at_a_host_that_is_not_allowed_are_counted() -> None:
    facts = AccountFacts(None, ("a.org",), True)
    hosts = {"a.org": Host(5, "x"), "b.org": Host(2, "it's"), "c.org": Host(1, "z")}
    (check,) = doctor_account.host_check("h", "DEMO.REPO", facts, hosts, thorough=True)
    assert check.message == ("3 records would be rejected: DEMO.REPO may not use b.org (2), c.org (1) (domains: a.org)")
    assert check.remedy.startswith("doitui record show 'it'\"'\"'s'   # ")


def test_records_at_allowed_hosts_are_no_finding() -> None:
    facts = AccountFacts(None, ("a.org",), True)
    assert doctor_account.host_check("h", "A.B", facts, {"a.org": Host(5, "x")}, thorough=False) == []


def test_hosts_are_counted_with_the_newest_record(a_record: Callable[..., Record], archive: Repository) -> None:
    for object_id, url in (("a", "https://x.org/1"), ("b", "https://me@x.org:8/2"), ("c", ""), ("d", "http://y.org")):
        a_record(object_id, url=url)
    expected = {"x.org": Host(2, "b"), "y.org": Host(1, "d")}
    assert landing_hosts.of_records(archive.id) == landing_hosts.of_records(archive.id, thorough=True) == expected


@pytest.mark.parametrize(
    ("url", "host"),
    [
        *(("https://a.org/x", "a.org"), ("https://a.org:8080/x", "a.org"), ("https://u:p@a.org/x", "a.org")),
        *(("https://[::1]/x", "[::1]"), ("https://[::1/x", ""), ("urn:x", ""), ("", "")),
    ],
)
def test_the_host_of_an_address(url: str, host: str) -> None:
    assert landing_hosts.host(url) == host


def test_keys_are_told_with_their_last_use() -> None:
    keys = [ApiKey("Nightly", parse("2026-08-01T10:00:00Z")), ApiKey("Old", None)]
    (check,) = doctor_account.key_check("h", "DEMO.REPO", keys)
    assert check.message == "2 API keys of DEMO.REPO: Nightly (used 2026-08-01T10:00:00Z), Old (never used)"


def test_without_keys_nothing_is_said() -> None:
    assert doctor_account.key_check("h", "DEMO.REPO", []) == []
