"""An answer that counted and then does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui_middleware.wsgi import UsageMiddleware

from .conftest import ChangesItsMind, Spool, ask

Wrap = Callable[..., UsageMiddleware]


def test_an_answer_that_becomes_an_error_is_taken_back(wrapped: Wrap, spool: Spool) -> None:
    ask(wrapped(ChangesItsMind("500 Internal Server Error")))
    assert [hit.status for hit in spool.all()] == [200, 500]
    assert spool.hits() == []


def test_an_answer_that_becomes_another_success_counts_once(wrapped: Wrap, spool: Spool) -> None:
    ask(wrapped(ChangesItsMind("200 OK")))
    assert len(spool.hits()) == 1


def test_a_site_that_fails_after_its_status_is_taken_back_and_fails_as_before(wrapped: Wrap, spool: Spool) -> None:
    def failing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        raise LookupError("the site's own")

    with pytest.raises(LookupError, match="the site's own"):
        ask(wrapped(failing))
    assert spool.hits() == []
