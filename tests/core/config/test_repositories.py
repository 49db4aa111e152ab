"""Repositories, and what their settings amount to."""

from __future__ import annotations

import pytest

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.config.settings import Settings
from doitui_core.db.models import Record, Repository, Setting
from doitui_core.errors import BadInput, DoituiError, Misconfigured, NotFound, WrongEnvironment
from doitui_core.operations import change_settings


def config(**rows: str) -> Config:
    return Config(1, "h", Settings(rows, {}, {"PW": "demo"}, {}))


@pytest.mark.parametrize("code", ["", "a b", "a:b", "ä", "a/b", "a\n", "{x}"])
def test_a_code_that_would_not_fit_into_a_doi_or_an_id_is_refused(store: str, code: str) -> None:
    with pytest.raises(BadInput, match="letters, digits"):
        change_settings.save_repository(code, {})


def test_a_repository_with_one_wrong_setting_is_not_made(store: str) -> None:
    with pytest.raises(BadInput):
        change_settings.save_repository("h", {"datacite_prefix": "10.5072", "lease_seconds": "0"})
    assert (Repository.select().count(), Setting.select().count()) == (0, 0)


def test_a_repository_is_changed_and_what_is_not_named_stays(store: str) -> None:
    change_settings.save_repository("h", {"datacite_prefix": "10.5072", "default_publisher": "A"})
    told = repositories.config(change_settings.save_repository("h", {"default_publisher": "B"}))
    assert (told.text("datacite_prefix"), told.text("default_publisher")) == ("10.5072", "B")


def test_a_repository_that_is_not_there_is_answered_with_those_that_are(store: str) -> None:
    change_settings.save_repository("a", {})
    with pytest.raises(NotFound, match=r"'b' \(there are: a\)"):
        repositories.find("b")


@pytest.mark.parametrize(
    ("active", "inactive", "found"),
    [("h", "", "h"), ("h", "i", "h"), ("", "", Misconfigured), ("", "i", Misconfigured), ("hi", "", BadInput)],
)
def test_without_a_code_the_only_active_one_is_meant(
    store: str, active: str, inactive: str, found: str | type[DoituiError]
) -> None:
    for code in active + inactive:
        change_settings.save_repository(code, {}, active=code in active)
    if isinstance(found, str):
        assert repositories.find_or_only(None).code == found
    else:
        with pytest.raises(found):
            repositories.find_or_only(None)


def test_a_repository_is_forgotten_with_its_settings(store: str) -> None:
    change_settings.save_repository("h", {"default_publisher": "A"})
    change_settings.remove_repository("h")
    assert (repositories.all_repositories(), Setting.select().count()) == ([], 0)


def test_a_repository_with_records_stays(archive: Repository, a_record: object) -> None:
    Record.create(repository=archive, object_id="1", metadata="{}", content_hash="", created_at=0, updated_at=0)
    with pytest.raises(BadInput, match="h has records or DOIs and cannot be removed"):
        change_settings.remove_repository("h")


@pytest.mark.parametrize("prefix", ["", "10.12345"])
def test_a_repository_without_a_usable_prefix_says_how_to_set_it(prefix: str) -> None:
    with pytest.raises(Misconfigured, match="repository h"):
        config(datacite_prefix=prefix).require_prefix()


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        ({}, "no account and no password"),
        ({"datacite_repository_id": "A"}, "no password"),
        ({"datacite_password": "env:PW"}, "no account"),
    ],
)
def test_what_is_missing_to_talk_to_datacite_is_named(rows: dict[str, str], missing: str) -> None:
    with pytest.raises(Misconfigured, match=f"repository h has {missing}:"):
        config(**rows).require_account()


def test_account_and_password_are_found() -> None:
    told = config(datacite_repository_id="DEMO.REPO", datacite_password="env:PW")
    assert told.require_account() == ("DEMO.REPO", "demo")


@pytest.mark.parametrize(
    ("rows", "url"),
    [
        ({}, "https://api.test.datacite.org"),
        ({"datacite_environment": "production"}, "https://api.datacite.org"),
        ({"datacite_url": "http://127.0.0.1:8000/"}, "http://127.0.0.1:8000"),
    ],
)
def test_the_address_follows_the_environment_unless_it_is_set(rows: dict[str, str], url: str) -> None:
    assert config(**rows).url == url


@pytest.mark.parametrize(
    ("environment", "url"), [("test", "https://api.datacite.org"), ("production", "https://api.test.datacite.org/")]
)
def test_an_address_of_the_other_side_is_refused(environment: str, url: str) -> None:
    with pytest.raises(WrongEnvironment):
        _ = config(datacite_environment=environment, datacite_url=url).url


def test_test_mode_keeps_a_production_address_out_of_reach() -> None:
    rows = {"datacite_environment": "production", "datacite_url": "https://api.datacite.org"}
    with pytest.raises(WrongEnvironment, match="DATACITE_TEST_MODE"):
        _ = Config(1, "h", Settings(rows, {}, {"DATACITE_TEST_MODE": "true"}, {})).url


@pytest.mark.parametrize(
    ("url", "limit", "rate"),
    [
        ("http://127.0.0.1:8000", "", None),
        ("http://127.0.0.1:8000", "none", None),
        ("http://127.0.0.1:8000", "300", 1.0),
        ("https://api.test.datacite.org", "", 2.5),
        ("https://api.test.datacite.org", "none", 2.5),
        ("https://api.test.datacite.org", "300", 1.0),
        ("https://api.test.datacite.org", "3000", 2.5),
        ("https://proxy.example.org", "3000", 10.0),
    ],
)
def test_only_loopback_has_no_rate_limit(url: str, limit: str, rate: float | None) -> None:
    assert config(datacite_url=url, datacite_rate_limit=limit).rate == rate


@pytest.mark.parametrize(
    ("object_id", "page"),
    [
        ("ms-1", "https://a.org/h/ms-1?x"),
        ("10.5072/a:b", "https://a.org/h/10.5072/a:b?x"),
        ("ä b?#%&+", "https://a.org/h/%C3%A4%20b%3F%23%25%26%2B?x"),
        ("{repository_code}", "https://a.org/h/%7Brepository_code%7D?x"),
    ],
)
def test_an_object_id_is_quoted_for_the_address(object_id: str, page: str) -> None:
    template = "https://a.org/{repository_code}/{object_id}?x"
    assert config(landing_page=template).landing_page(object_id) == page


def test_without_a_template_there_is_no_landing_page() -> None:
    assert config().landing_page("ms-1") == ""
