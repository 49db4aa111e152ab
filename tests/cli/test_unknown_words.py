"""Unknown values are rejected with the valid ones, and never taken for another value or for none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]

VARIABLES = {
    "DATACITE_TEST_MODE": "tru",
    "DOITUI_DATACITE_ENVIRONMENT": "prod",
    "DOITUI_TRANSPORT": "mdss",
    "DOITUI_NOTIFICATION_EMAIL_ENABLED": "ja",
    "DOITUI_EVENT_SOURCES_ON": "usage wroks",
    "DOITUI_USAGE_TIMEZONE": "Europe/Berln",
    "DOITUI_MAX_ATTEMPTS": "many",
    "QUEUE_RATE_LIMIT_DATACITE_EVENTS": "fast",
}

READING = ("batch mint", "work --drain", "doi mint a --now", "cron register-local", "setting list", "event flush")


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_variable_is_refused_wherever_it_is_read(
    archive: Doitui, write: Callable[..., Path], sandbox: Sandbox, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive("record", "import", write("a"))
    monkeypatch.setenv(variable, VARIABLES[variable])
    for line in READING:
        done = archive(*line.split())
        result = f"{variable}='{VARIABLES[variable]}'" in done.complaint
        assert (line, done.code, result) == (line, 3, True)
    checks = archive("doctor", "--json").json["checks"]
    assert [check["level"] for check in checks if check["name"] == "settings"] == ["FAIL"]


@pytest.mark.parametrize("word", ["tru", "2", "production", "enabled"])
def test_test_mode_that_nobody_understands_never_means_production(
    archive: Doitui, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATACITE_TEST_MODE", word)
    archive("repository", "set", "h", "--environment", "production", "--url", "https://api.datacite.org")
    assert archive("repository", "show", "h").code == 3


@pytest.mark.parametrize(
    "line",
    [
        "doi list --state opus:nope",
        "doi list --state regstered",
        "doi list --repository nope",
        "queue list --status nope",
        "queue retry --cause nonsense",
        "queue retry --cause nonsense --dry-run",
        "event list --state nope",
        "event retry --cause nonsense",
        "event retry --cause nonsense --dry-run",
        "record list --repository nope",
        "batch mint --repository nope",
        "cron verify-local --repository nope",
        "sync --repository nope",
        "usage show --repository nope",
        "usage-report build --month 2026-10 --repository nope",
        "queue pause --repository nope",
    ],
)
def test_a_filter_of_an_unknown_word_is_wrong_usage(archive: Doitui, line: str) -> None:
    done = archive(*line.split())
    assert (done.code, bool(done.complaint)) == (2, True)


def test_a_retry_of_an_unknown_cause_names_those_there_are_and_touches_nothing(
    minted: Doitui, doi_of: Callable[[str], str], sandbox: Sandbox
) -> None:
    minted("event", "add", "--subject", doi_of("a"), "--relation", "is-cited-by", "--object", "10.1000/182")
    minted("doi", "update", doi_of("b"))
    sandbox.faults.replace(["PUT /events/* status status=400", "PUT /dois/* status status=422"])
    minted("work", "--drain")
    before = minted("event", "list", "--json").json, minted("queue", "list", "--json").json
    for group, what, causes in (("event", "events", "bad_request"), ("queue", "jobs", "metadata")):
        done = minted(group, "retry", "--cause", "nonsense")
        result = f"doitui: no failed {what} with cause 'nonsense': causes here are {causes} (`doitui report causes`)"
        assert (done.code, done.complaint) == (2, result)
    assert before == (minted("event", "list", "--json").json, minted("queue", "list", "--json").json)


def test_opus_words_and_datacites_are_two_things(minted: Doitui, write: Callable[..., Path]) -> None:
    minted("record", "import", write("d", "e"))
    minted("doi", "mint", "d", "--state", "registered", "--now")
    minted("doi", "reserve", "e")
    minted("record", "unpublish", "c")
    words = ("registered", "findable", "opus:registered", "opus:unregistered", "opus:verified", "opus:unpublished")
    found = {word: minted("doi", "list", "--state", word, "--json").json["dois"] for word in words}
    assert {word: sorted(row["object_id"] for row in rows) for word, rows in found.items()} == {
        "registered": ["d"],
        "findable": ["a", "b", "c"],
        "opus:registered": ["a", "b", "c", "d"],
        "opus:unregistered": ["e"],
        "opus:verified": [],
        "opus:unpublished": ["c"],
    }


def test_an_unknown_state_is_reported_with_the_words_there_are(archive: Doitui) -> None:
    result = archive("doi", "list", "--state", "nope").complaint
    assert [word in result for word in ("nope", "findable", "failed", "opus:registered")] == [True] * 4
