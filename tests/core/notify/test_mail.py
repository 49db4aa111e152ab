"""Mail, read back from real servers; and servers that are dead, slow, strict or rude."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Notice
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.notify import mail, notices
from doitui_core.notify.digest import DigestLine
from doitui_core.operations import change_settings

pytestmark = pytest.mark.filterwarnings("ignore:Session.login_data", "ignore:Requiring AUTH")
TITLE = "源氏物語 — 写本の手紙、第一巻から第五十四巻まで、そして長い副題"


def failures(house: Any, number: int) -> None:
    """So many notices that are due."""
    for index in range(number):
        house.row.updated_at += timedelta(seconds=index + 1)
        assert house.failed()


def test_a_mail_arrives_as_it_was_meant(house: Any, post: Any) -> None:
    house.settings(mail_from="doi@archive.example.org")
    house.record = house.described(title=TITLE, name="紫式部")
    house.minted()
    assert mail.send_due() == 1
    got = post.only()
    assert post.recipients == [["jo@example.org", "ops@example.org", "night@example.org"]]
    assert (got["From"], got["To"]) == ("doi@archive.example.org", "jo@example.org, ops@example.org, night@example.org")
    assert got["Subject"] == f"DOI {house.row.doi} is registered: “{TITLE}”"
    assert got.get_content_type() == "text/plain"
    assert got.get_content_charset() == "utf-8"
    assert got.get_content().splitlines() == house.told().body.splitlines()
    assert "Dear 紫式部," in got.get_content()


def test_no_byte_of_a_mail_is_beyond_ascii_or_on_a_long_line(house: Any, post: Any) -> None:
    house.record = house.described(title=TITLE * 9, name="紫式部")
    house.minted()
    mail.send_due()
    assert all(line.isascii() and len(line) < 100 for line in post.lines)


def test_a_mail_says_that_a_machine_wrote_it_and_when(house: Any, post: Any) -> None:
    house.minted()
    mail.send_due()
    got = post.only()
    assert (got["Auto-Submitted"], got["Date"]) == ("auto-generated", "Thu, 31 Dec 2026 23:59:00 +0000")


def test_without_mail_from_it_comes_from_this_host(house: Any, post: Any) -> None:
    house.minted()
    mail.send_due()
    assert post.only()["From"] == f"doitui@{socket.gethostname()}"


@pytest.mark.parametrize(
    "title", ["x\r\nBcc: all@example.org", "x\u2028Bcc: all@example.org", "=?utf-8?q?=0ABcc:_all?=", "."]
)
def test_a_title_adds_no_header_and_no_end(house: Any, post: Any, title: str) -> None:
    house.record.title = title
    house.failed()
    mail.send_due()
    got = post.only()
    expected = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
    assert [name for name in got.keys() if name in expected or name == "Bcc"] == expected  # noqa: SIM118
    assert got.get_content().splitlines() == house.told().body.splitlines()


def test_what_looks_like_an_encoded_word_arrives_as_it_is(house: Any, post: Any) -> None:
    house.settings(notification_email_enabled="1", notification_email="all@example.org")
    house.digest(DigestLine("10.5072/1", "https://a.org", "registered", object_id="=?utf-8?q?=0ABcc:_all?="))
    mail.send_due()
    assert post.only()["Subject"] == "DOI registration of 10.5072/1 =?utf-8?q?=0ABcc:_all?=: 1 succeeded"


def test_a_notice_is_sent_once(house: Any, post: Any, clock: Any) -> None:
    house.minted()
    first = mail.send_due()
    clock.forward(days=30)
    assert (first, mail.send_due(), len(post.mails)) == (1, 0, 1)
    assert house.told().sent_at is not None


def test_no_more_are_sent_than_asked_for_the_oldest_first(house: Any, post: Any) -> None:
    failures(house, 3)
    assert (mail.send_due(2), mail.send_due(2), mail.send_due(2)) == (2, 1, 0)


def test_nothing_is_begun_once_the_worker_stops(house: Any, post: Any) -> None:
    house.minted()
    stop = threading.Event()
    stop.set()
    assert (mail.send_due(stop=stop), mail.send_due()) == (0, 1)


def test_each_repositorys_own_server_is_used(house: Any, letterbox: Callable[..., Any]) -> None:
    ours, everybodys = letterbox(), letterbox()
    house.settings(smtp_url=ours.url)
    house.minted()
    change_settings.set_setting("smtp_url", everybodys.url)
    change_settings.set_setting("notification_email_enabled", "1")
    change_settings.set_setting("notification_email", "all@example.org")
    house.digest(DigestLine("10.5072/1", "https://a.org", "registered"), everywhere=True)
    assert (mail.send_due(), len(ours.mails), len(everybodys.mails)) == (2, 1, 1)


def test_user_and_password_are_used(house: Any, strict: Any) -> None:
    house.minted()
    assert mail.send_due() == 1
    assert strict.accounts == [(b"robot", b"s3cret/pass@word")]


def test_a_wrong_password_is_reported_without_it_and_mended(
    house: Any, strict: Any, monkeypatch: pytest.MonkeyPatch, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    right = strict.url.replace("//", "//robot:s3cret%2Fpass%40word@")
    monkeypatch.setenv("MAIL_URL", right.replace("s3cret", "wr0ng"))
    house.minted()
    with caplog.at_level(logging.WARNING):
        assert mail.send_due() == 0
    told = house.told()
    assert "535" in told.last_error
    assert "wr0ng" not in told.last_error + caplog.text
    monkeypatch.setenv("MAIL_URL", right)
    clock.forward(minutes=30)
    assert (mail.send_due(), house.told().last_error) == (1, "")


def test_a_server_that_repeats_the_password_is_not_quoted_with_it(
    house: Any, broken: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"220 hi\r\n")
        for answer in (b"250-me\r\n250 AUTH PLAIN\r\n", b"535 no such password: hunter2\r\n"):
            connection.recv(1000)
            connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    monkeypatch.setenv("MAIL_URL", broken(serve)[0].replace("//", "//u:hunter2@"))
    house.settings(smtp_url="env:MAIL_URL")
    house.minted()
    mail.send_due(whole_seconds=5)
    assert house.told().last_error.endswith("535 no such password: •••")


def test_a_reference_that_leads_nowhere_is_reported(house: Any, strict: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAIL_URL")
    house.minted()
    assert mail.send_due() == 0
    assert "environment variable MAIL_URL is not set" in house.told().last_error


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("smtp://u:hunter2@mail.example.org", "unencrypted"),
        ("smtps://u:hunter2ä@mail.example.org", "must be ASCII"),
        ("smtps://u:hun/ter2@mail.example.org", "smtp_url is invalid"),
        ("smtps://u:p@mail.example.org:hunter2", "smtp_url is invalid"),
        ("smtps://u:hunter2@[::1", "smtp_url is invalid"),
        ("http://u:hunter2@mail.example.org", "smtp_url is invalid"),
        ("hunter2", "smtp_url is invalid"),
    ],
)
def test_an_address_that_cannot_be_used_is_reported_without_its_password(
    house: Any, monkeypatch: pytest.MonkeyPatch, url: str, reason: str
) -> None:
    monkeypatch.setenv("MAIL_URL", url)
    house.settings(smtp_url="env:MAIL_URL")
    house.minted()
    mail.send_due()
    told = house.told()
    assert reason in told.last_error
    assert "ter2" not in told.last_error


def test_a_mail_server_that_is_not_set_any_more_is_reported(house: Any) -> None:
    house.minted()
    change_settings.unset_setting("smtp_url", house.archive.id)
    mail.send_due()
    assert house.told().last_error == "smtp_url is not set: run doitui setting set smtp_url smtp://HOST:PORT"


def test_a_mail_goes_through_tls_from_the_first_byte(
    house: Any,
    letterbox: Callable[..., Any],
    tls: ssl.SSLContext,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    box = letterbox("smtps", ssl_context=tls)
    house.settings(smtp_url=box.url)
    house.minted()
    assert (mail.send_due(), box.tls) == (1, [True])


def test_a_mail_goes_through_tls_after_a_plain_beginning(
    house: Any,
    letterbox: Callable[..., Any],
    tls: ssl.SSLContext,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    box = letterbox("smtp+starttls", tls_context=tls, require_starttls=True)
    house.settings(smtp_url=box.url)
    house.minted()
    assert (mail.send_due(), box.tls) == (1, [True])


def test_a_server_that_speaks_no_tls_gets_no_mail(house: Any, letterbox: Callable[..., Any]) -> None:
    box = letterbox("smtp+starttls")
    house.settings(smtp_url=box.url)
    house.minted()
    assert (mail.send_due(), box.mails) == (0, [])
    assert "STARTTLS" in house.told().last_error


def test_a_server_with_a_strangers_certificate_gets_no_mail(
    house: Any, letterbox: Callable[..., Any], tls: ssl.SSLContext
) -> None:
    box = letterbox("smtp+starttls", tls_context=tls)
    house.settings(smtp_url=box.url)
    house.minted()
    assert (mail.send_due(), box.mails) == (0, [])
    assert "certificate verify failed" in house.told().last_error


def test_a_dead_server_costs_an_attempt_and_a_longer_wait_each_time(house: Any, clock: Any) -> None:
    house.minted()
    waits = []
    for _ in range(3):
        assert mail.send_due() == 0
        told = house.told()
        waits.append((told.attempts, told.due_at - clock()))
        clock.now = told.due_at
    assert waits == [(number, number * timedelta(minutes=30)) for number in (1, 2, 3)]
    assert "127.0.0.1:9: " in told.last_error
    assert "refused" in told.last_error


def test_a_notice_is_not_tried_again_before_its_time(house: Any, clock: Any) -> None:
    house.minted()
    mail.send_due()
    clock.forward(minutes=29)
    mail.send_due()
    assert house.told().attempts == 1


def test_after_ten_attempts_a_notice_is_given_up_and_stays(house: Any, post: Any, clock: Any) -> None:
    post.refuses = dict.fromkeys(("jo@example.org", "ops@example.org", "night@example.org"), "450 later")
    house.minted()
    for _ in range(12):
        mail.send_due()
        clock.forward(days=1)
    told = house.told()
    assert (told.attempts, told.due_at, told.sent_at) == (10, None, None)
    assert "jo@example.org: 450 later" in told.last_error


def test_a_notice_that_every_worker_dies_of_is_given_up(house: Any, post: Any) -> None:
    house.minted()
    Notice.update(attempts=10).execute()
    assert (mail.send_due(), post.mails, house.told().due_at) == (0, [], None)


def test_who_was_refused_is_tried_again_and_nobody_else(house: Any, post: Any, clock: Any) -> None:
    post.refuses = {"ops@example.org": "450 greylisted"}
    house.minted()
    assert mail.send_due() == 0
    post.refuses = {}
    clock.forward(minutes=30)
    assert mail.send_due() == 1
    assert post.recipients == [["jo@example.org", "night@example.org"], ["ops@example.org"]]


def test_a_mail_that_is_tried_again_is_the_same_mail(house: Any, post: Any, clock: Any) -> None:
    test_who_was_refused_is_tried_again_and_nobody_else(house, post, clock)
    assert len({got["Message-ID"] for got in post.mails}) == 1


def test_a_refused_mail_does_not_hold_up_the_next(house: Any, post: Any) -> None:
    house.settings(doi_failure_notify="")
    house.minted()
    house.record.owner_email = "kim@example.org"
    failures(house, 1)
    post.refuses = {"jo@example.org": "550 no such user"}
    assert (mail.send_due(), post.recipients) == (1, [["kim@example.org"]])


def test_a_server_that_hangs_costs_one_time_out_a_round(house: Any, broken: Callable[..., Any]) -> None:
    url, connections = broken(lambda connection: None)
    house.settings(smtp_url=url)
    failures(house, 3)
    assert mail.send_due(whole_seconds=0.2) == 0
    errors = Counter(row.last_error for row in Notice.select())
    assert errors == {f"{url.removeprefix('smtp://')}: no answer within 0.2 seconds": 3}
    assert len(connections) == 1


def test_a_server_that_drips_is_cut_off(house: Any, broken: Callable[..., Any]) -> None:
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        while not over.wait(0.02):
            connection.sendall(b"2")

    url, _ = broken(drip)
    house.settings(smtp_url=url)
    house.minted()
    try:
        mail.send_due(whole_seconds=0.3)
    finally:
        over.set()
    assert house.told().last_error.endswith("no answer within 0.3 seconds")


def test_a_server_that_hangs_in_the_handshake_of_tls_is_cut_off(house: Any, broken: Callable[..., Any]) -> None:
    url, _ = broken(lambda connection: None)
    house.settings(smtp_url=url.replace("smtp:", "smtps:"))
    house.minted()
    mail.send_due(whole_seconds=0.2)
    assert house.told().last_error.endswith("no answer within 0.2 seconds")


@pytest.mark.parametrize("answer", [b"554 go away\r\n", b"\x00\xff\r\n", b"", b"220 hi\r\n421 busy\r\n"])
def test_a_rude_server_stops_nothing(house: Any, broken: Callable[..., Any], answer: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    house.settings(smtp_url=broken(serve)[0])
    house.minted()
    assert mail.send_due(whole_seconds=5) == 0
    told = house.told()
    assert (told.attempts, told.sent_at) == (1, None)
    assert told.last_error


def test_a_mail_that_a_dead_worker_had_is_sent_when_its_lease_runs_out(house: Any, post: Any, clock: Any) -> None:
    house.minted()
    assert mail._claim() is not None  # and then it was killed
    told = [mail.send_due()]
    clock.forward(minutes=5)
    assert [*told, mail.send_due()] == [0, 1]


def test_a_database_that_is_gone_stops_nothing(house: Any, post: Any, caplog: pytest.LogCaptureFixture) -> None:
    house.minted()
    with database.write():
        Notice._meta.database.execute_sql("ALTER TABLE notice RENAME TO away")
    try:
        with caplog.at_level(logging.WARNING):
            assert mail.send_due() == 0
        assert "mail: " in caplog.text
    finally:
        with database.write():
            Notice._meta.database.execute_sql("ALTER TABLE away RENAME TO notice")
    assert mail.send_due() == 1


SENDER = """
from datetime import UTC, datetime
from doitui_core.db import database
from doitui_core.notify import mail
database.open(sys.argv[1], clock=lambda: datetime(2027, 1, 2, tzinfo=UTC))
go()
print(mail.send_due(100))
"""


def test_several_processes_send_each_notice_once(
    store: str, house: Any, post: Any, at_once: Callable[..., list[str]]
) -> None:
    failures(house, 40)
    told = [int(number) for number in at_once(SENDER, store)]
    assert sum(told) == 40
    assert len({got["Message-ID"] for got in post.mails}) == 40
    assert len(post.mails) == 40


def test_a_repository_that_is_gone_leaves_its_notices_to_the_global_settings(store: str, post: Any, house: Any) -> None:
    change_settings.save_repository("empty", {"smtp_url": "smtp://127.0.0.1:9", "doi_failure_notify": "a@example.org"})
    with database.write():
        config = repositories.config(repositories.find("empty"))
        notices.blocked(config, Outcome(OutcomeKind.BLOCKED, "credentials", "HTTP 401", 401))
    change_settings.remove_repository("empty")
    change_settings.set_setting("smtp_url", post.url)
    assert (mail.send_due(), post.recipients) == (1, [["a@example.org"]])
