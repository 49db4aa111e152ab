"""Addresses of databases, and what is said about them, without their passwords."""

from __future__ import annotations

import pytest

from doitui_core.domain.database_urls import masked, secrets, without_passwords

#: Ways to write the password hunter2, right and wrong ones.
WITH_PASSWORD = (
    "postgresql://u:hunter2@h/db",
    "postgresql://u:hunter2%zz@h/db",
    "postgres://u:hunter2@",
    "postgres://u:hunter2@/",
    "postgresql://u:hunter2/db",
    "postgresql://u:hunter2",
    "postgresql://u:hunter2@h:x/db",
    "postgresql://u:hun@hunter2@h/db",
    "postgresql://u:hunter2?x@h/db",
    "postgresql://u:hunter2/x@h/db",
    "postgresql://u:hunter2#x@h/db",
    "postgresql://h/db?PASSWORD=hunter2",
    "postgresql://h/db?user=u&password=hunter2&sslmode=require",
    "postgresql://h/db?pass%77ord=hunter2",
    "postgresql://h/db?passwrd=hunter2",
    "postgresql://h/db?sslpassword=hunter2",
    "POSTGRESQL://u:hunter2@h/db",
    "postgresql+psycopg://u:hunter2@h/db",
    "postgresql:u:hunter2@h/db",
    "//u:hunter2@h/db",
    "u:hunter2@h/db",
    "mysql://u:hunter2@h/db",
    "host=h user=u password=hunter2 dbname=db",
    "host=h password='hunter2 x' dbname=db",
    "host=h password = hunter2",
    "host=h PASSWORD=x hunter2",
)


def test_no_way_to_write_a_url_shows_its_password() -> None:
    assert [url for url in WITH_PASSWORD if "hunter2" in masked(url)] == []


def test_no_way_to_write_a_url_lets_an_error_quote_its_password() -> None:
    quoting = {url: without_passwords(f"invalid token: {secrets(url)} in {url}", url) for url in WITH_PASSWORD[:-1]}
    assert [url for url, line in quoting.items() if "hunter2" in line] == []


def test_a_password_that_is_percent_encoded_is_hidden_in_both_forms() -> None:
    line = without_passwords("no host p@ss-word, from p%40ss-word", "postgresql://u:p%40ss-word@h/db")
    assert line == "no host •••, from •••"


def test_a_short_password_hides_no_part_of_a_word() -> None:
    assert without_passwords("no such host, a", "postgresql://u:a@h/db") == "no such host, •••"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///archive.db",
        "postgresql://u@h:5432/db?options=-csearch_path%3Dx&sslmode=require",
        "postgresql://h1:1,h2:2/db",
        "postgresql://[::1]:5432/db",
        "postgresql://h/db?passfile=/etc/pgpass",
        "",
        "archive",
    ],
)
def test_what_holds_no_password_is_shown_as_it_is(url: str) -> None:
    assert masked(url) == url
