"""The table of settings, and where a value comes from."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from doitui_core.config import repositories, secrets, settings
from doitui_core.config.settings import TABLE, Settings
from doitui_core.errors import BadInput, Misconfigured, NotFound
from doitui_core.operations import change_settings

NAME = "default_publisher"
SOURCES = ("flag", "repository", f"DOITUI_{NAME.upper()}", "global", "default")


def seen(
    rows: dict[str, str] | None = None,
    shared: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
    flags: dict[str, str] | None = None,
) -> Settings:
    return Settings(rows or {}, shared or {}, environment or {}, flags or {})


def test_every_setting_has_help_in_one_line(check_all: Callable[..., None]) -> None:
    def check(name: str) -> None:
        assert TABLE[name].help
        assert "\n" not in TABLE[name].help

    check_all(check, TABLE)


def test_every_default_can_be_read(check_all: Callable[..., None]) -> None:
    def check(name: str) -> None:
        assert str(seen().get(name) or "") == TABLE[name].default

    check_all(check, TABLE)


def test_every_default_can_be_set(check_all: Callable[..., None]) -> None:
    def check(name: str) -> None:
        assert settings.check(name, TABLE[name].default) == TABLE[name].default

    check_all(check, [name for name in TABLE if not TABLE[name].secret])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("datacite_environment", "test"),
        ("default_resource_type", "Text"),
        ("suffix_pattern", "{repository_code}/{year}/{object_id}"),
        ("lease_seconds", 300),
        ("max_attempts", 5),
        ("backoff_minutes", 5),
        ("datacite_rate_limit", None),
        ("datacite_url", ""),
    ],
)
def test_the_documented_defaults(name: str, value: object) -> None:
    assert seen().get(name) == value


def test_a_setting_without_default_can_be_emptied(check_all: Callable[..., None]) -> None:
    def check(name: str) -> None:
        assert seen(rows={name: ""}, shared={name: "x"}).get(name) in ("", None)

    check_all(check, [name for name in TABLE if not TABLE[name].default])


@pytest.mark.parametrize("place", range(5))
def test_the_nearest_place_that_has_a_value_wins(place: int) -> None:
    flag, row, variable, shared = (
        {key: "here"} if place <= at else {} for at, key in enumerate((NAME, NAME, SOURCES[2], NAME))
    )
    assert seen(row, shared, variable, flag).find(NAME).source == SOURCES[place]


@pytest.mark.parametrize("on", ["1", "true", "TRUE", " yes ", "on"])
def test_test_mode_beats_all(on: str) -> None:
    name = "datacite_environment"
    production = {name: "production"}
    told = seen(production, production, {"DATACITE_TEST_MODE": on}, production)
    assert (told.get(name), told.find(name).source) == ("test", "DATACITE_TEST_MODE")


@pytest.mark.parametrize("off", ["", "0", "false", "no", " Off "])
def test_test_mode_that_is_off_changes_nothing(off: str) -> None:
    told = seen({"datacite_environment": "production"}, environment={"DATACITE_TEST_MODE": off})
    assert told.get("datacite_environment") == "production"


@pytest.mark.parametrize("unknown", ["tru", "maybe", "2", "production", "-"])
def test_test_mode_that_is_neither_on_nor_off_is_refused(unknown: str) -> None:
    found = seen({"datacite_environment": "production"}, environment={"DATACITE_TEST_MODE": unknown})
    for read in (found.find, found.get, lambda name: settings.display(found, name)):
        with pytest.raises(Misconfigured, match=f"DATACITE_TEST_MODE='{unknown}'"):
            read("datacite_environment")


def test_test_mode_touches_nothing_but_the_environment() -> None:
    assert seen({NAME: "A"}, environment={"DATACITE_TEST_MODE": "1"}).get(NAME) == "A"


def test_an_inactive_repositorys_rows_count_as_absent(store: str) -> None:
    change_settings.set_setting(NAME, "everybody's")
    repository = change_settings.save_repository("h", {NAME: "its own"}, active=False)
    assert repositories.config(repository).text(NAME) == "everybody's"


def test_a_repository_put_back_to_work_has_its_rows_again(store: str) -> None:
    change_settings.set_setting(NAME, "everybody's")
    change_settings.save_repository("h", {NAME: "its own"}, active=False)
    assert repositories.config(change_settings.save_repository("h", {}, active=True)).text(NAME) == "its own"


def test_the_environment_stands_between_repository_and_global(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change_settings.set_setting(NAME, "everybody's")
    monkeypatch.setenv("DOITUI_DEFAULT_PUBLISHER", "the shell's")
    assert settings.load().find(NAME).text == "the shell's"


def test_no_repository_sees_another_ones_rows(store: str) -> None:
    change_settings.save_repository("a", {NAME: "A"})
    assert repositories.config(change_settings.save_repository("b", {})).text(NAME) == ""


@pytest.mark.parametrize(
    "act",
    [settings.known, lambda name: change_settings.set_setting(name, "1"), change_settings.unset_setting, seen().find],
)
def test_an_unknown_setting_is_refused(store: str, act: object) -> None:
    with pytest.raises(NotFound, match="no setting 'auto_mnit'"):
        act("auto_mnit")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lease_seconds", "0"),
        ("lease_seconds", "-1"),
        ("lease_seconds", ""),
        ("lease_seconds", "1.5"),
        ("lease_seconds", "1e3"),
        ("lease_seconds", "٣"),
        ("lease_seconds", "99999999999999999999"),
        ("max_attempts", "none"),
        ("backoff_minutes", "five"),
        ("datacite_rate_limit", "0"),
        ("datacite_environment", "staging"),
        ("datacite_environment", ""),
        ("datacite_url", "api.datacite.org"),
        ("datacite_url", "ftp://api.datacite.org"),
        ("datacite_url", "http://[::1"),
        ("datacite_url", "http://a:b"),
        ("datacite_url", "http://"),
        ("resolver_url", "doi.org"),
        ("tombstone_page_base", "archive.example.org/gone"),
        ("tombstone_page_directory", "gone"),
        ("verify_delay_hours", "-1"),
        ("verify_delay_hours", ""),
        ("verify_delay_hours", "none"),
        ("landing_page", "https://archive.example.org/"),
        ("landing_page", "archive.example.org/{object_id}"),
        ("landing_page", "https://archive.example.org/a b/{object_id}"),
        ("landing_page", "https://archive.example.org/a\u00a0b/{object_id}"),
        ("landing_page", "https:///{object_id}"),
        ("landing_page", "javascript:{object_id}"),
        ("landing_page", "/{object_id}"),
        ("landing_page", "HTTPS://archive.example.org/{object_id}"),
        ("landing_page", "https://archive.example.org/{id}/{object_id}"),
        ("landing_page", "https://archive.example.org/{object_id}" + "x" * 70_000),
        ("datacite_prefix", "10.12345"),
        ("datacite_prefix", "5072"),
    ],
)
def test_nonsense_is_not_stored_and_named(name: str, text: str) -> None:
    with pytest.raises(BadInput, match=f"{name} cannot be"):
        settings.check(name, text)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("datacite_rate_limit", "none", None),
        ("datacite_rate_limit", "3000", 3000),
        ("datacite_url", "http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("datacite_environment", " Production ", "production"),
        ("datacite_prefix", "10.5072/", "10.5072"),
        ("max_attempts", " 7 ", 7),
        (
            "landing_page",
            " https://{repository_code}.example.org/{object_id} ",
            "https://{repository_code}.example.org/{object_id}",
        ),
        ("verify_delay_hours", "0", 0),
        ("tombstone_page_base", "https://archive.example.org/gone/", "https://archive.example.org/gone"),
    ],
)
def test_a_value_is_read_from_its_text(name: str, text: str, value: object) -> None:
    assert seen({name: settings.check(name, text)}).get(name) == value


def test_nonsense_in_the_environment_is_named_with_its_place() -> None:
    with pytest.raises(Misconfigured, match=r"lease_seconds = 'x' .from DOITUI_LEASE_SECONDS.") as raised:
        seen(environment={"DOITUI_LEASE_SECONDS": "x"}).get("lease_seconds")
    assert "\n" not in str(raised.value)


def test_a_setting_is_changed_and_forgotten(store: str) -> None:
    change_settings.set_setting(NAME, "A")
    change_settings.set_setting(NAME, "B")
    told = settings.load().find(NAME)
    assert (
        told.text,
        change_settings.unset_setting(NAME),
        change_settings.unset_setting(NAME),
        settings.load().find(NAME).text,
    ) == (
        "B",
        True,
        False,
        "",
    )


SECRETS = [name for name in TABLE if TABLE[name].secret]


def test_a_secret_is_never_stored_itself(check_all: Callable[..., None]) -> None:
    def check(name: str, text: str) -> None:
        with pytest.raises(BadInput) as raised:
            settings.check(name, text)
        assert "hunter2" not in str(raised.value)

    # A source token may be public: it is stored as it is.
    check_all(check, [name for name in SECRETS if name != "event_source_token"], ["hunter2", ""])
    check_all(check, SECRETS, ["env:", "file:", "ENV:x", " env:X"])


def test_a_secret_is_read_from_the_environment() -> None:
    assert seen({"datacite_password": "env:PW"}, environment={"PW": "s p\n"}).secret("datacite_password") == "s p\n"


def test_a_secret_is_read_from_a_file_without_its_last_newline(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text(" secret \r\n")
    assert seen({"datacite_password": f"file:{tmp_path / 'pw'}"}).secret("datacite_password") == " secret "


def test_a_missing_or_empty_variable_is_named_with_its_setting_and_no_secret_is(check_all: Callable[..., None]) -> None:
    def check(name: str, value: str | None) -> None:
        environment = {"OTHER": "hunter2"} | ({} if value is None else {"PW": value})
        reason = "PW is not set" if value is None else "PW is empty"
        with pytest.raises(Misconfigured, match=f"^{name}: the environment variable {reason}") as raised:
            seen({name: "env:PW"}, environment=environment).secret(name)
        assert "hunter2" not in str(raised.value)

    check_all(check, SECRETS, [None, "", " \n"])


def test_a_file_without_a_secret_is_named_with_its_setting(tmp_path: Path, check_all: Callable[..., None]) -> None:
    def check(name: str, place: str) -> None:
        (tmp_path / "empty").write_text("")
        (tmp_path / "blank").write_text(" \n")
        (tmp_path / "binary").write_bytes(b"\xff\xfe")
        named = place.format(tmp=tmp_path)
        with pytest.raises(Misconfigured) as raised:
            seen({name: f"file:{named}"}).secret(name)
        assert str(raised.value).startswith(f"{name}: the file {named} ")

    check_all(check, SECRETS, ["/no/such/file", "/", "/tmp/\x00", "{tmp}/empty", "{tmp}/blank", "{tmp}/binary"])


@pytest.mark.parametrize("reference", ["file:pw", "file:./sub/../pw", "file:~/pw"])
def test_a_file_is_stored_with_its_absolute_path(
    store: str, reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "pw").write_text("hunter2\n")
    change_settings.set_setting("datacite_password", reference)
    monkeypatch.chdir("/")
    assert settings.load().secret("datacite_password") == "hunter2"


@pytest.mark.parametrize("name", ["robots_file", "country_database"])
def test_a_file_that_is_no_secret_is_stored_with_its_absolute_path_too(
    store: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    change_settings.set_setting(name, "list.txt")
    assert settings.load().get(name) == str(tmp_path / "list.txt")


def test_a_relative_file_in_the_environment_that_is_not_there_is_reported_with_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Misconfigured, match=rf"relative path, looked for in {tmp_path}\) cannot be read: No such file"):
        seen(environment={"DOITUI_DATACITE_PASSWORD": "file:pw"}).secret("datacite_password")


def test_a_password_put_into_the_wrong_variable_is_not_reported() -> None:
    with pytest.raises(Misconfigured, match="is not a reference") as raised:
        seen(environment={"DOITUI_DATACITE_PASSWORD": "hunter2"}).secret("datacite_password")
    assert "hunter2" not in str(raised.value)


def test_a_secret_typed_in_is_kept_in_a_file_that_only_we_can_read(tmp_path: Path) -> None:
    place = tmp_path / "secrets" / "pw"
    reference = secrets.write("hunter2", place)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert secrets.read(reference, "datacite_password", {}) == "hunter2"


def test_a_secret_typed_in_replaces_one_that_others_could_read(tmp_path: Path) -> None:
    place = tmp_path / "pw"
    place.write_text("old")
    place.chmod(0o644)
    secrets.write("new", place)
    assert (place.read_text(), stat.S_IMODE(place.stat().st_mode)) == ("new", 0o600)


def test_a_place_where_no_secret_can_be_kept_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="cannot be written"):
        secrets.write("x", tmp_path / "file" / "pw")
