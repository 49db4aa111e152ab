"""`doitui cron nightly` on an archive with records of every kind, against the sandbox and a mail server."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]


class Letterbox:
    """The mails that came in: recipients, subject, body."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], str, str]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((envelope.rcpt_tos, str(parsed["Subject"]), parsed.get_content()))
        return "250 taken"


@pytest.fixture
def post() -> Iterator[tuple[Letterbox, str]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    box = Letterbox()
    controller = Controller(box, hostname="127.0.0.1", port=port, server_hostname="localhost", ready_timeout=20)
    controller.start()
    yield box, f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture
def night(typed: Doitui, database_url: str, set_up: Callable[[Doitui], None], post: tuple[Letterbox, str]) -> Doitui:
    """`doitui` on either database, with mail to operations."""

    def call(*arguments: object) -> Any:
        return typed("--database", database_url, *arguments)

    set_up(call)
    for name, value in (("smtp_url", post[1]), ("doi_failure_notify", "ops@example.org"), ("verify_delay_hours", "24")):
        call("setting", "set", name, value)
    return call


@pytest.fixture
def mixed(night: Doitui, write: Callable[..., Path], sandbox: Sandbox) -> Doitui:
    """Records of every kind; the newest requests are those of the run."""
    minted = write("done", "changed", "off", "gone", "broken", name="minted.jsonl")
    night("record", "import", minted)
    night("batch", "mint", "--all")
    night("setting", "set", "doi_failure_notify", "")
    assert night("work", "--drain").code == 0
    night("setting", "set", "doi_failure_notify", "ops@example.org")
    night("record", "import", write("changed", "off", titles=[{"title": "Another"}]))
    night("record", "import", write("broken", creators=[]))
    night("record", "unpublish", "off")
    night("record", "delete", "gone")
    night("record", "import", write("new"))
    night("record", "import", write("bad", creators=[]))
    night("record", "import", write("badly-reserved"))
    night("doi", "reserve", "badly-reserved")
    night("record", "import", write("badly-reserved", creators=[]))
    night("record", "import", write("foreign", doi="10.1000/182"))
    night("record", "import", write("hidden"), "--unpublished")
    sandbox.requests.clear()
    return night


def by_name(night: Doitui) -> dict[str, tuple[str, list[str]]]:
    """By object id the status of its DOI and its marks."""
    rows = night("doi", "list", "--limit", 0, "--json").json["dois"]
    return {row["object_id"]: (row["status"], row["marks"]) for row in rows}


def writes(sandbox: Sandbox) -> list[str]:
    return [one["method"] for one in sandbox.requests.entries() if one["method"] in ("POST", "PUT", "DELETE")]


def counts(done: Any) -> dict[str, dict[str, int]]:
    return {step["step"]: step["counts"] for step in done.json["steps"] if step["counts"]}


REFUSED = {"bad", "badly-reserved", "broken"}


def test_each_record_ends_where_it_belongs(mixed: Doitui, sandbox: Sandbox, post: tuple[Letterbox, str]) -> None:
    done = mixed("cron", "nightly", "--mint-all", "--json")

    assert done.code == 1
    assert by_name(mixed) == {
        "new": ("findable", []),
        "done": ("findable", []),
        "changed": ("findable", []),
        "off": ("findable", ["changed"]),
        "gone": ("tombstone", []),
        "badly-reserved": ("reserved", ["failed"]),
        "broken": ("findable", ["failed", "changed"]),
    }
    assert counts(done) == {
        "mint": {"registered": 1, "refused": 2, "foreign DOI": 1},
        "update": {"updated": 1, "refused": 1, "not published": 1},
    }
    assert {one["object_id"] for step in done.json["steps"] for one in step["failed"]} == REFUSED
    assert {line.partition(":")[0] for line in done.err.splitlines()} == REFUSED
    ((recipients, subject, body),) = post[0].mails
    assert (recipients, subject) == (["ops@example.org"], "Nightly run: 3 failed (1 cause), 2 succeeded")
    assert "Details: doitui record check --all" in body


def test_a_second_run_changes_nothing(mixed: Doitui, sandbox: Sandbox, post: tuple[Letterbox, str]) -> None:
    mixed("cron", "nightly", "--mint-all")
    before, status = by_name(mixed), mixed("status", "--json").json["jobs"]
    sandbox.requests.clear()

    done = mixed("cron", "nightly", "--mint-all", "--json")

    assert (done.code, writes(sandbox), by_name(mixed)) == (1, [], before)
    assert mixed("status", "--json").json["jobs"] == status
    assert {one["object_id"] for step in done.json["steps"] for one in step["failed"]} == REFUSED
    assert len(post[0].mails) == 2


def test_a_night_without_faults_is_no_failure(
    night: Doitui, write: Callable[..., Path], post: tuple[Letterbox, str]
) -> None:
    night("record", "import", write("foreign", doi="10.1000/182"))
    night("record", "import", write("hidden"), "--unpublished")
    night("record", "import", write("a"))

    done = night("cron", "nightly")

    assert (done.code, done.err, post[0].mails) == (0, "", [])
    assert done.out.splitlines()[:2] == ["mint: 1 foreign DOI, 1 no rule mints it", "update: nothing to do"]


def test_the_publish_rules_are_followed(night: Doitui, write: Callable[..., Path]) -> None:
    night("record", "import", write("a"))
    night("setting", "set", "auto_create", "1")
    assert counts(night("cron", "nightly", "--json")) == {"mint": {"DOI created, not registered": 1}}
    night("setting", "set", "register_at_publish", "1")
    assert counts(night("cron", "nightly", "--json")) == {"mint": {"registered": 1}}
    assert by_name(night) == {"a": ("findable", [])}


def test_what_datacite_refused_is_not_sent_again_until_it_changes(
    night: Doitui, write: Callable[..., Path], sandbox: Sandbox
) -> None:
    night("record", "import", write("a"))
    sandbox.faults.replace(["POST /dois status status=422 count=1"])
    assert night("cron", "nightly", "--mint-all").code == 1
    sandbox.requests.clear()
    again = night("cron", "nightly", "--mint-all", "--json")
    assert (again.code, writes(sandbox), counts(again)) == (1, [], {"mint": {"failed before": 1}})
    night("record", "import", write("a", titles=[{"title": "Corrected"}]))
    assert night("cron", "nightly", "--mint-all").code == 0


def test_each_step_runs_although_another_failed(
    night: Doitui, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    night("record", "import", write("a"))
    monkeypatch.setenv("PASSWORD_OF_H", "wrong")
    done = night("cron", "nightly", "--mint-all", "--json")
    assert (done.code, [step["step"] for step in done.json["steps"]]) == (
        3,
        ["mint", "update", "verify", "events", "reports"],
    )


def test_quiet_prints_only_what_failed(mixed: Doitui) -> None:
    done = mixed("cron", "nightly", "--mint-all", "--quiet")
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 3)


def test_a_dry_run_says_what_would_be_looked_at(mixed: Doitui, sandbox: Sandbox) -> None:
    due = mixed("cron", "nightly", "--dry-run", "--json").json["due"]
    assert (due["mint"], due["update"], sandbox.requests.entries()) == (4, 3, [])


def test_register_local_says_what_has_no_doi_and_marks_what_is_refused(mixed: Doitui) -> None:
    done = mixed("cron", "register-local")
    assert (done.code, done.out) == (1, "1 documents have been processed\n")
    first, second = done.err.splitlines()
    assert first == "2 published records have no DOI yet: doitui batch mint --all; doitui work --drain"
    assert second.startswith("badly-reserved: ")
    assert by_name(mixed)["badly-reserved"] == ("reserved", ["failed"])
    assert mixed("cron", "register-local", "--json").json["documents"]["badly-reserved"]["error"] is True


def test_batch_update_sends_what_has_changed(mixed: Doitui) -> None:
    done = mixed("batch", "update", "--changed", "--json")
    assert (done.code, done.json["queued"], done.json["reasons"]) == (
        1,
        1,
        {"not published": 1, "metadata DataCite would refuse": 1},
    )
    skipped = mixed("batch", "update", "done", "off", "foreign", "new", "--json")
    assert (skipped.code, skipped.json["queued"], skipped.json["reasons"]) == (
        0,
        0,
        {"not changed since it was sent": 1, "not published": 1, "foreign DOI": 1, "not at DataCite yet": 1},
    )


def test_the_report_of_the_last_month_is_submitted_once(
    minted: Doitui, doi_of: Callable[[str], str], tmp_path: Path, file: Path
) -> None:
    last = (date.today().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    path = tmp_path / "counts.csv"
    path.write_text(
        f"doi,month,metric_type,access_method,count\n{doi_of('a')},{last},total-dataset-requests,machine,7\n",
        encoding="utf-8",
    )
    minted("usage", "import-counts", path)
    first, second = minted("cron", "nightly", "--json"), minted("cron", "nightly", "--json")
    assert (counts(first), counts(second), first.code) == ({"reports": {"submitted": 1}}, {}, 0)
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT COUNT(*) FROM usage_report WHERE submitted_at > 0").fetchone() == (1,)


def test_events_without_a_right_are_no_failure(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    minted("event", "add", "--subject", doi_of("a"), "--relation", "cites", "--object", "10.1234/a")
    done = minted("cron", "nightly")
    assert done.code == 0
    assert "events: events are kept, not sent: DataCite lets only its staff write them" in done.out


def test_links_get_the_source_of_their_agency(minted: Doitui, doi_of: Callable[[str], str], sandbox: Sandbox) -> None:
    minted("event", "add", "--subject", doi_of("a"), "--relation", "cites", "--object", "10.1038/n1")
    done = minted("cron", "nightly", "--json")
    assert (done.code, counts(done)["events"]["linked"]) == (0, 1)


def test_an_agency_that_cannot_be_asked_for_is_a_note(
    minted: Doitui, doi_of: Callable[[str], str], sandbox: Sandbox
) -> None:
    minted("event", "add", "--subject", doi_of("a"), "--relation", "cites", "--object", "10.1038/n1")
    sandbox.faults.replace(["GET /ra/* status status=503"])
    done = minted("cron", "nightly")
    assert (done.code, "registration agencies: http" in done.out) == (0, True)
