"""A bulk action sends one mail when all of its jobs have finished; a drain sends all mail."""

from __future__ import annotations

import email
import socket
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from email import policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]


class Letterbox:
    """The subjects and bodies of the mails that a server accepted."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        found: Any = email.message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((str(found["Subject"]), found.get_content()))
        return "250 taken"


@pytest.fixture
def post(archive: Doitui) -> Iterator[Letterbox]:
    """A mail server for all repositories, with digests enabled."""
    box = Letterbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, server_hostname="localhost", ready_timeout=20)
    controller.start()
    archive("setting", "set", "smtp_url", f"smtp://127.0.0.1:{port}")
    archive("setting", "set", "notification_email_enabled", "1")
    archive("setting", "set", "notification_email", "ops@example.org")
    yield box
    controller.stop()


def test_a_batch_has_one_digest_when_all_of_it_has_finished(
    archive: Doitui, write: Callable[..., Path], post: Letterbox, sandbox: Sandbox
) -> None:
    archive("record", "import", write("a", "b", "c"))
    archive("batch", "mint", "--all")
    archive("work", "--drain", "--limit", "2")
    assert post.mails == []
    sandbox.faults.replace(["POST /dois status status=422"])
    archive("work", "--drain")
    archive("work", "--drain")
    ((subject, body),) = post.mails
    assert subject == "DOI registration: 1 failed (1 cause), 2 succeeded"
    assert ("3 DOIs" in body, "HTTP 422" in body) == (True, True)


def test_the_digest_of_a_batch_lists_what_was_skipped(
    archive: Doitui, write: Callable[..., Path], post: Letterbox
) -> None:
    archive("record", "import", write("a"))
    archive("record", "import", write("bad", creators=[], name="bad.jsonl"))
    archive("batch", "mint", "--all")
    archive("work", "--drain")
    ((subject, body),) = post.mails
    assert (subject, "creators" in body) == ("DOI registration: 1 failed (1 cause), 1 succeeded", True)


@pytest.mark.parametrize("how", [("--all",), ("--cause", "metadata")])
def test_the_digest_of_a_retry_lists_what_has_recovered(
    archive: Doitui, write: Callable[..., Path], post: Letterbox, sandbox: Sandbox, how: tuple[str, ...]
) -> None:
    archive("record", "import", write("a", "b"))
    sandbox.faults.replace(["POST /dois status status=422"])
    archive("batch", "mint")
    archive("work", "--drain")
    sandbox.faults.replace([])
    archive("queue", "retry", *how)
    archive("work", "--drain")
    assert [subject for subject, _ in post.mails][1:] == ["DOI retry: 2 recovered"]


def test_without_digests_nothing_is_recorded(archive: Doitui, write: Callable[..., Path], file: Path) -> None:
    archive("record", "import", write("a"))
    archive("batch", "mint")
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT COUNT(*) FROM bulk_act").fetchone() == (0,)


@pytest.mark.parametrize(("mode", "mails"), [("each", 61), ("digest", 1)])
def test_a_worker_that_drains_sends_all_its_mail(
    archive: Doitui, write: Callable[..., Path], post: Letterbox, mode: str, mails: int
) -> None:
    """The digest of the batch reports on the same DOIs to the same address."""
    archive("setting", "set", "doi_failure_notify", "ops@example.org")
    archive("setting", "set", "doi_failure_notify_mode", mode)
    archive("record", "import", write(*[f"r{number}" for number in range(60)]))
    archive("batch", "mint", "--all")
    done = archive("work", "--drain", "--json")
    assert (len(post.mails), done.json["unsent_mails"], done.code) == (mails, 0, 0)


@pytest.mark.parametrize(
    ("fault", "subject"),
    [((), "DOIs: 60 registered"), (("POST /dois status status=422",), "DOIs: 60 failed (1 cause)")],
    ids=["minted", "failed"],
)
def test_many_mints_are_one_mail_to_operations(
    archive: Doitui, write: Callable[..., Path], post: Letterbox, sandbox: Sandbox, fault: Sequence[str], subject: str
) -> None:
    archive("setting", "unset", "notification_email")
    archive("setting", "set", "doi_failure_notify", "ops@example.org")
    archive("record", "import", write(*[f"r{number}" for number in range(60)]))
    archive("batch", "mint", "--all")
    sandbox.faults.replace(fault)
    archive("work", "--drain")
    ((found, body),) = post.mails
    assert (found, "… and 40 more" in body) == (subject, True)
    assert ("Details: doitui record check --all" in body) == bool(fault)


def test_owners_still_get_a_mail_for_each_doi(archive: Doitui, write: Callable[..., Path], post: Letterbox) -> None:
    archive("setting", "unset", "notification_email")
    archive("setting", "set", "doi_failure_notify", "ops@example.org")
    archive("record", "import", write("a", "b"), "--owner-email", "ida@example.org")
    archive("batch", "mint")
    archive("work", "--drain")
    subjects = sorted(subject.partition(" is registered")[0] for subject, _ in post.mails)
    assert (len(subjects), subjects[-1]) == (3, "DOIs: 2 registered")


def test_a_test_mail_is_sent_at_once(archive: Doitui, post: Letterbox) -> None:
    dry = archive("mail", "test", "ops@example.org", "--dry-run", "--json").json
    assert (dry["sent"], post.mails) == (False, [])
    assert archive("mail", "test", "ops@example.org").out.startswith("the mail was sent to ops@example.org over 127.0")
    assert [subject for subject, _ in post.mails] == ["Test mail of doitui"]
    check = next(one for one in archive("doctor", "--json").json["checks"] if one["name"] == "mail")
    assert (check["level"], check["message"].startswith("last mail sent 20"), "0 waiting" in check["message"]) == (
        "OK",
        True,
        True,
    )


@pytest.mark.parametrize(
    ("address", "server", "code"),
    [
        ("ops", "smtp://127.0.0.1:9", 2),
        ("a@b.org, c@d.org", "smtp://127.0.0.1:9", 2),
        ("a@b.org", "smtp://127.0.0.1:9", 4),
    ],
)
def test_a_test_mail_that_cannot_be_sent_is_one_error(archive: Doitui, address: str, server: str, code: int) -> None:
    archive("setting", "set", "smtp_url", server)
    done = archive("mail", "test", address)
    assert (done.code, bool(done.complaint)) == (code, True)


def test_without_a_mail_server_a_test_mail_is_a_configuration_error(archive: Doitui) -> None:
    assert archive("mail", "test", "a@b.org").code == 3
