"""Addresses and the mail server, as they are set; and that no password of a mail server is ever stored or shown."""

from __future__ import annotations

import pytest

from doitui_core.config import setting_parsers, settings
from doitui_core.config.settings import Settings
from doitui_core.errors import BadInput, Misconfigured


def seen(**rows: str) -> Settings:
    return Settings(rows, {}, {"MAIL": "smtps://u:pw@mail.example.org"}, {})


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("a@x.org,b@x.org;c@x.org d@x.org", ["a@x.org", "b@x.org", "c@x.org", "d@x.org"]),
        (" a@x.org ,; b@x.org\n", ["a@x.org", "b@x.org"]),
        ("a@x.org a@x.org", ["a@x.org"]),
        ("root@localhost, o'neil+doi@mail.x-y.org", ["root@localhost", "o'neil+doi@mail.x-y.org"]),
        (" ,; ", []),
    ],
)
def test_addresses_are_split_by_comma_semicolon_or_space(text: str, addresses: list[str]) -> None:
    assert setting_parsers.mail_addresses(seen(doi_failure_notify=text).get("doi_failure_notify")) == addresses


@pytest.mark.parametrize(
    "text",
    [
        "nobody",
        "a@",
        "@x.org",
        "a@x..org",
        "Jo <a@x.org>",
        "a@x.org>",
        "ä@x.org",
        "a@ä.org",
        "a\x00@x.org",
        "a@b@c",
        "=?utf-8?q?=0ABcc=3Ax?=@x.org",
    ],
)
@pytest.mark.parametrize("name", ["doi_failure_notify", "notification_email", "mail_from"])
def test_what_is_no_address_is_refused(name: str, text: str) -> None:
    with pytest.raises(BadInput, match=f"{name} cannot be"):
        settings.check(name, text)


def test_mail_has_one_sender() -> None:
    with pytest.raises(BadInput, match="it must be one mail address"):
        settings.check("mail_from", "a@x.org b@x.org")


@pytest.mark.parametrize(
    ("text", "value"), [("1", "1"), ("On", "1"), ("true", "1"), ("0", "0"), ("no", "0"), ("", "0")]
)
def test_digests_are_on_or_off(text: str, value: str) -> None:
    assert seen(notification_email_enabled=text).get("notification_email_enabled") == value


def test_digests_cannot_be_half_on() -> None:
    with pytest.raises(BadInput, match="use 1, true, yes or on"):
        settings.check("notification_email_enabled", "maybe")


@pytest.mark.parametrize(
    "url", ["smtp://localhost:25", "smtps://mail.example.org", "smtp+starttls://[::1]:587/", "smtp://h_1"]
)
def test_a_mail_server_without_password_is_stored_and_shown_as_it_is(url: str) -> None:
    found = seen(smtp_url=settings.check("smtp_url", url))
    assert (found.secret("smtp_url"), settings.display(found, "smtp_url")["value"]) == (url, url)


def test_a_mail_server_with_password_is_a_reference() -> None:
    found = seen(smtp_url=settings.check("smtp_url", "env:MAIL"))
    assert found.secret("smtp_url") == "smtps://u:pw@mail.example.org"
    assert settings.display(found, "smtp_url")["value"] == "••• (env:MAIL)"


@pytest.mark.parametrize(
    "url",
    ["smtps://u:hunter2@mail.example.org", "smtp://hunter2@h", "mail.example.org", "http://h", "smtp://h:25/hunter2"],
)
def test_any_other_mail_server_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(BadInput, match="smtp_url is a secret") as raised:
        settings.check("smtp_url", url)
    assert "hunter2" not in str(raised.value)


def test_a_password_in_the_environment_itself_is_neither_used_nor_shown() -> None:
    found = seen(smtp_url="smtps://u:hunter2@mail.example.org")
    assert settings.display(found, "smtp_url")["value"] == "•••"
    with pytest.raises(Misconfigured, match="is not a reference") as raised:
        found.secret("smtp_url")
    assert "hunter2" not in str(raised.value)
