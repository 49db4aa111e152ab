"""Credentials are sent over HTTPS only, except to this machine, and never in a URL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

Doitui = Callable[..., Any]

SETTINGS = ("datacite_url", "mds_url", "events_url", "reports_url")
PLAIN = ("http://api.example.org", "http://10.0.0.7:8080", "HTTP://api.datacite.org", "http://localhost.example.org")
HERE = ("http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://api.example.org")
WITH_USER = ("https://u:s3cret@api.example.org", "https://s3cret@api.example.org", "http://u:s3cret@127.0.0.1:1")


def test_an_address_without_tls_is_refused_wherever_it_can_be_set(archive: Doitui) -> None:
    taken = []
    for url in (*PLAIN, *WITH_USER):
        lines = [("repository", "set", "h", "--url", url)]
        lines += [("setting", "set", name, url) for name in SETTINGS]
        for line in lines:
            done = archive(*line)
            if done.code != 2 or "s3cret" in done.complaint or ("https://" not in done.err and url in PLAIN):
                taken.append((line, done))
    assert taken == []


def test_a_query_of_events_carries_no_credentials_and_takes_none_in_its_address(archive: Doitui) -> None:
    asked = [
        (command, url, archive("event", command, "--url", url)) for command in ("query", "pull") for url in WITH_USER
    ]
    assert [one for one in asked if one[2].code != 2 or "s3cret" in one[2].complaint] == []


def test_this_machine_and_https_are_taken(archive: Doitui) -> None:
    refused = [(name, url) for name in SETTINGS for url in HERE if archive("setting", "set", name, url).code]
    assert refused == []


@pytest.mark.parametrize("url", [PLAIN[0], WITH_USER[0]])
@pytest.mark.parametrize("name", SETTINGS)
def test_the_environment_is_no_way_round(archive: Doitui, monkeypatch: pytest.MonkeyPatch, name: str, url: str) -> None:
    monkeypatch.setenv(f"DOITUI_{name.upper()}", url)
    for line in ("work --drain", "setting list", "doctor"):
        done = archive(*line.split())
        assert (done.code, "s3cret" in done.out + done.err) == (1 if line == "doctor" else 3, False)


def test_an_address_that_was_stored_before_is_not_used(archive: Doitui, file: Any, write: Any) -> None:
    archive("record", "import", write("a"))
    archive("batch", "mint")
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE setting SET value = 'http://api.example.org' WHERE name = 'datacite_url'")
    done = archive("work", "--drain")
    assert (done.code, "api.example.org would receive credentials unencrypted" in done.complaint) == (3, True)
