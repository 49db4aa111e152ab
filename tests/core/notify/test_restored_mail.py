"""Mail that waited when a backup was made is not sent after the restore: it was sent by those who went on."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.db.models import Notice
from doitui_core.notify import bulk_digests, mail, operations_digest
from doitui_core.operations import mark_restored

#: Kinds of mail, and how many of it wait; with a result that operations get in a digest goes the mail to the owner.
KINDS = {"mail": 1, "result": 2, "digest of a bulk request": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_what_waited_is_not_sent_again(house: Any, post: Any, kind: str) -> None:
    if kind == "mail":
        house.failed()
    elif kind == "result":
        house.settings(doi_failure_notify_mode="digest")
        house.failed()
    else:
        house.settings(notification_email_enabled="1", notification_email="ops@example.org")
        bulk_digests.record("DOI registration", [], actor="ana", repository="h", refused=[("1", "refused")])
    marked = mark_restored.mark(actor="ana")
    operations_digest.report_due(ended=True)
    bulk_digests.report_finished()
    assert (marked.mails, mail.send_due(), post.mails) == (KINDS[kind], 0, [])


def test_mail_of_later_is_sent(house: Any, post: Any) -> None:
    house.failed()
    mark_restored.mark(actor="ana")
    house.failed()
    assert (mail.send_due(), len(post.mails)) == (1, 1)


def test_mail_that_was_given_up_stays_for_the_doctor(house: Any, post: Any) -> None:
    house.failed()
    Notice.update(due_at=0, last_error="refused").execute()
    assert (mark_restored.mark(actor="ana").mails, Notice.select().count()) == (0, 1)
