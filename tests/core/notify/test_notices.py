"""What is told, to whom, and that it is told once."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Notice
from doitui_core.domain import outcomes
from doitui_core.domain.answer import Answer
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.notify import notices
from doitui_core.notify.digest import DigestLine
from doitui_core.operations import change_settings
from doitui_core.queue import breaker, rate_limit
from doitui_core.text import harmless

DOI = "10.5072/h/2026/1"
WRONG_PASSWORD = Outcome(OutcomeKind.BLOCKED, "credentials", "HTTP 401: Bad credentials", 401)


def test_a_mint_is_reported_to_the_owner_and_to_the_operators(house: Any) -> None:
    assert house.minted()
    told = house.told()
    assert told.recipients == "jo@example.org, ops@example.org, night@example.org"
    assert told.subject == f"DOI {DOI} is registered: “Letters”"
    assert told.body.startswith("Dear Jo Doe,\n\nThe DOI of “Letters” is registered.\n")
    assert f"https://doi.org/{DOI}\n" in told.body
    assert "https://archive.example.org/1\n" in told.body


def test_a_mint_is_reported_once(house: Any) -> None:
    assert (house.minted(), house.minted(), Notice.select().count()) == (True, False, 1)


def test_a_mint_at_the_test_system_says_so(house: Any) -> None:
    house.minted()
    assert "doi.org does not know the DOI" in house.told().body


def test_a_mint_in_production_says_nothing_of_tests(house: Any) -> None:
    house.settings(datacite_environment="production")
    house.minted()
    assert "test system" not in house.told().body


def test_nothing_is_reported_of_what_was_rolled_back(house: Any) -> None:
    def act() -> None:
        with database.write():
            assert house.minted()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act()
    assert Notice.select().count() == 0


def test_a_notice_outside_a_transaction_is_a_mistake(house: Any) -> None:
    with pytest.raises(AssertionError, match="committed together"):
        notices.minted(house.row, house.record, house.config)


def test_a_failure_tells_cause_error_and_what_to_do(house: Any) -> None:
    assert house.failed()
    told = house.told()
    assert told.recipients == "jo@example.org, ops@example.org, night@example.org"
    assert told.subject == f"DOI {DOI} could not be registered: “Letters”"
    for line in ("publisher is missing", "fix the record, then retry", "doitui queue retry --cause metadata"):
        assert line in told.body


def test_a_failure_is_reported_once_and_the_next_one_again(house: Any, clock: Any) -> None:
    first = house.failed(), house.failed()
    clock.forward(minutes=1)
    house.row.updated_at = clock()
    assert (*first, house.failed(), house.failed()) == (True, False, True, False)


def test_a_failure_of_a_doi_without_a_record_is_reported_to_the_operators(house: Any) -> None:
    house.record = None
    house.failed()
    assert house.told().recipients == "ops@example.org, night@example.org"


@pytest.mark.parametrize("owner", ["", "nobody", "Jo <jo@example.org>", "jo@example.org\r\nBcc: all@example.org"])
def test_an_owner_without_an_address_is_left_out(house: Any, owner: str) -> None:
    house.record.owner_email = owner
    house.minted()
    assert house.told().recipients == "ops@example.org, night@example.org"


def test_nobody_is_named_twice(house: Any) -> None:
    house.settings(doi_failure_notify="jo@example.org")
    house.minted()
    assert house.told().recipients == "jo@example.org"


def test_with_nobody_to_tell_nothing_is_written(house: Any) -> None:
    house.settings(doi_failure_notify="")
    house.record.owner_email = ""
    assert (house.minted(), Notice.select().count()) == (False, 0)


def test_without_a_mail_server_nothing_is_written(house: Any) -> None:
    change_settings.unset_setting("smtp_url", house.archive.id)
    assert (house.minted(), Notice.select().count()) == (False, 0)


def test_settings_that_cannot_be_read_stop_nothing(
    house: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    change_settings.unset_setting("doi_failure_notify", house.archive.id)
    monkeypatch.setenv("DOITUI_DOI_FAILURE_NOTIFY", "everybody")
    with caplog.at_level(logging.WARNING):
        house.minted()
    assert house.told().recipients == "jo@example.org"
    assert "'everybody' is not a mail address" in caplog.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nBcc: x@example.org", "a  Bcc: x@example.org"),
        ("a\x00\x1b[2J\ud800b", "a  [2J b"),
        ("a\u202eb\u2066c\u00add", "abcd"),
        ("a\u2028b\x85c", "a b c"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("see https://u:s3cret@h/x", "see https://u:•••@h/x"),
        ("x" * 801, "x" * 799 + "…"),
    ],
)
def test_text_from_outside_is_one_harmless_line(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_a_line_in_a_title_name_or_error_begins_no_line_of_the_mail(house: Any) -> None:
    house.record.title = house.record.owner_name = "x\n\nY: z"
    house.failed(Outcome(OutcomeKind.PERMANENT, "metadata", "x\r\nY: z"))
    told = house.told()
    assert not any(line.startswith("Y:") for line in told.body.splitlines())
    assert "\n" not in told.subject


def test_a_long_title_leaves_the_subject_readable(house: Any) -> None:
    house.record.title = "long " * 100
    house.minted()
    assert len(house.told().subject) < 200


def test_a_blocked_repository_is_reported_once_a_day_for_each_cause(house: Any, clock: Any) -> None:
    quota = Outcome(OutcomeKind.BLOCKED, "quota", "HTTP 403: quota exceeded", 403)
    told = [house.blocked(outcome) for outcome in (WRONG_PASSWORD, WRONG_PASSWORD, quota)]
    clock.forward(days=1)
    assert [*told, house.blocked(WRONG_PASSWORD)] == [True, False, True, True]


def test_a_blocked_repository_is_reported_to_the_operators(house: Any) -> None:
    house.blocked(WRONG_PASSWORD)
    told = house.told()
    assert (told.recipients, told.subject) == (
        "ops@example.org, night@example.org",
        "Repository h is blocked: credentials",
    )
    assert "correct them\n" in told.body


#: What a mail that asks for a person must not say, and what one must not say that tells of what goes on by itself.
GOES_ON = ("by itself", "by themselves")
ASKS = ("then retry", "not tried again")

#: Every cause of `outcomes`, as a failure of it is worded.
REFUSALS = [
    outcomes.from_answer(Answer(status, headers))
    for status in (*range(400, 430), 301, *range(500, 512))
    for headers in ({}, {"retry-after": "3"})
]


def test_a_mail_of_a_failure_promises_nothing(house: Any, clock: Any) -> None:
    wrong = []
    for outcome in REFUSALS:
        clock.forward(minutes=1)
        house.row.updated_at = clock()
        with database.write():
            assert notices.failed(house.row, house.record, house.config, outcome)
        body = Notice.select().order_by(Notice.id.desc()).get().body
        wrong += [outcome.message for words in GOES_ON if words in body]
    assert wrong == []


def test_a_mail_of_what_goes_on_by_itself_asks_nobody_to_retry(house: Any) -> None:
    for cause in ("credentials", "configuration"):
        house.blocked(Outcome(OutcomeKind.BLOCKED, cause, "wrong password: mend it, then retry"))
        body = Notice.select().order_by(Notice.id.desc()).get().body
        assert [words for words in ASKS if words in body] == []
        assert "by themselves" in body


def test_a_digest_tells_what_waits_apart_from_what_has_failed(digests: Any) -> None:
    digests.digest(*lines(1, "unreachable"), *lines(2, "unreachable", waits=True))
    body = digests.told().body
    assert "2 x unreachable: tried again by itself\n" in body
    assert "1 x unreachable: check whether this host can reach DataCite, then retry\n" in body


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("HTTP 409: x; another write came first; retried automatically", "HTTP 409: x; another write came first"),
        ("HTTP 500: x; it may have been done: checked automatically", "HTTP 500: x; it may have been done"),
        ("HTTP 500: x; it may be done: sent again by itself, under the same UUID", "HTTP 500: x; it may be done"),
        ("HTTP 412: x; metadata and URL are sent again automatically", "HTTP 412: x"),
        ("sent again by itself", ""),
        ("HTTP 422: stands by itself; mend it, then retry", "HTTP 422: stands by itself; mend it, then retry"),
    ],
)
def test_a_promise_of_another_try_can_be_taken_away(text: str, left: str) -> None:
    assert outcomes.without_promise(text) == left


@pytest.fixture
def sharing(house: Any) -> str:
    """The upstream of `h`, which `h2` shares and `other` does not."""
    of_h = house.config.settings.rows
    change_settings.save_repository("h2", {**of_h, "doi_failure_notify": "ops@example.org two@example.org"})
    change_settings.save_repository(
        "other", {**of_h, "datacite_repository_id": "OTHER.REPO", "doi_failure_notify": "no@example.org"}
    )
    return rate_limit.name(house.config)


def test_an_outage_is_reported_once_when_it_begins_and_once_when_it_ends(sharing: str, clock: Any) -> None:
    began, ended = (breaker.BreakerChange(sharing, opened, clock()) for opened in (True, False))
    told = []
    for change in (began, began, ended, ended):
        with database.write():
            told.append(notices.outage(change))
    assert told == [True, False, True, False]


def test_an_outage_is_reported_to_all_whose_repositories_it_concerns(sharing: str, house: Any, clock: Any) -> None:
    with database.write():
        notices.outage(breaker.BreakerChange(sharing, True, clock()))
    told = house.told()
    assert told.recipients == "ops@example.org, night@example.org, two@example.org"
    assert "repositories: h, h2\n" in told.body
    assert "2026-12-31T23:59:00Z" in told.body


def test_an_outage_that_concerns_nobody_is_not_reported(house: Any, clock: Any) -> None:
    with database.write():
        assert not notices.outage(breaker.BreakerChange("rest https://elsewhere x", True, clock()))


def lines(number: int, cause: str = "", **more: Any) -> list[DigestLine]:
    error = cause and f"error of {cause}"
    return [
        DigestLine(f"10.5072/{cause or 'ok'}-{i}", f"https://a.org/{i}", "registered", cause, error, **more)
        for i in range(number)
    ]


@pytest.fixture
def digests(house: Any) -> Any:
    """`house`, which wants digests."""
    house.settings(notification_email_enabled="1", notification_email="library@example.org,it@example.org")
    return house


def test_a_digest_groups_by_cause_the_most_frequent_first(digests: Any) -> None:
    digests.digest(*lines(2, "forbidden"), *lines(3, "metadata"), *lines(4), *lines(1, recovered=True))
    heads = [line for line in digests.told().body.splitlines() if line and not line.startswith(" ")]
    assert heads == [
        "DOI registration, 2026-12-31T23:59:00Z: 10 DOIs, 5 failed (2 causes), 1 recovered, 4 succeeded.",
        "3 x metadata: fix the record, then retry",
        "2 x forbidden: the account has no permission for this DOI or prefix",
        "1 recovered",
        "4 succeeded",
        "Details: doitui queue list --state failed; doitui record check --all",
    ]


def test_a_digest_goes_to_its_readers_and_says_what_it_was(digests: Any) -> None:
    digests.digest(*lines(1, "metadata"), *lines(1), what="DOI verification")
    told = digests.told()
    assert told.recipients == "library@example.org, it@example.org"
    assert told.subject == "DOI verification: 1 failed (1 cause), 1 succeeded"


def test_a_digest_has_a_line_for_each_doi_as_opus_writes_it(digests: Any) -> None:
    digests.digest(*lines(1, "metadata"), *lines(1))
    body = digests.told().body
    assert "  10.5072/metadata-0 https://a.org/0 registered error of metadata\n" in body
    assert "  10.5072/ok-0 https://a.org/0 registered\n" in body


def test_a_digest_names_twenty_and_counts_the_rest(digests: Any) -> None:
    digests.digest(*lines(25, "metadata"))
    body = digests.told().body
    assert (body.count("error of metadata"), "  … and 5 more\n" in body) == (20, True)


def test_a_digest_of_one_doi_names_it_in_its_subject(digests: Any) -> None:
    digests.digest(DigestLine(DOI, "https://a.org/1", "registered", object_id="1"))
    assert digests.told().subject == f"DOI registration of {DOI} 1: 1 succeeded"


def test_a_run_is_reported_once(digests: Any) -> None:
    assert [digests.digest(*lines(1)), digests.digest(*lines(1)), digests.digest(*lines(1), key="2")] == [
        True,
        False,
        True,
    ]


def test_a_run_that_did_nothing_is_not_reported(digests: Any) -> None:
    assert not digests.digest()


@pytest.mark.parametrize(
    "values", [{"notification_email_enabled": "no"}, {"notification_email": ""}], ids=["disabled", "no readers"]
)
def test_who_wants_no_digests_gets_none(digests: Any, values: dict[str, str]) -> None:
    digests.settings(**values)
    assert not digests.digest(*lines(1))


def test_a_run_over_all_repositories_is_reported_by_the_global_settings(digests: Any) -> None:
    change_settings.set_setting("smtp_url", "smtp://mail.example.org")
    change_settings.set_setting("notification_email_enabled", "on")
    change_settings.set_setting("notification_email", "all@example.org")
    digests.digest(*lines(1), everywhere=True)
    told = digests.told()
    assert (told.recipients, notices.repository_of(told.topic)) == ("all@example.org", 0)


def test_a_notice_knows_whose_settings_send_it(house: Any) -> None:
    house.minted()
    assert notices.repository_of(house.told().topic) == house.archive.id
