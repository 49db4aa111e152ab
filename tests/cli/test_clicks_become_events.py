"""From a click on a site to the Events API: middleware, spool, drain, counts, events, flush."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from webtest import TestApp

from doitui.web.common.accounts import parse_account
from doitui.web.sandbox.server import Sandbox, running_sandbox
from doitui_middleware.wsgi import UsageMiddleware

Doitui = Callable[..., Any]

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"

#: Visitors who look at the record; of them so many download it too.
VISITORS, READERS = 7, 3


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with writable events."""
    account = parse_account("DEMO.REPO:correct-horse-battery", ("10.5072",))
    with running_sandbox([account], events_writable=True) as sandbox:
        yield sandbox


@pytest.fixture
def doitui(typed: Doitui, database_url: str) -> Doitui:
    """`doitui --database URL ARGUMENTS`, on both databases."""
    return lambda *arguments, **options: typed("--database", database_url, *arguments, **options)


@pytest.fixture
def visited(archive: Doitui, write: Callable[..., Path], tmp_path: Path) -> Path:
    """The spool of a site whose record a was minted and then visited."""
    for command in (("record", "import", write("a")), ("doi", "mint", "a", "--now")):
        assert archive(*command).code == 0
    archive("setting", "set", "event_rate_limit", "1000000")
    spool = tmp_path / "spool"
    views, downloads = [r"^/records/(?P<object_id>\w+)$"], [r"^/records/(?P<object_id>\w+)/files/"]
    site = TestApp(UsageMiddleware(page, spool=str(spool), views=views, downloads=downloads, repository="h"))
    for visitor in range(VISITORS):
        who = {"REMOTE_ADDR": f"198.51.100.{visitor}", "HTTP_USER_AGENT": BROWSER}
        site.get("/records/a", extra_environ=who)
        if visitor < READERS:
            site.get("/records/a/files/1", extra_environ=who)
    return spool


def page(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here it is"]


def held(sandbox: Sandbox, doi: str) -> dict[str, int]:
    """Totals by relation, from the public Events API."""
    answer = requests.get(f"{sandbox.url}/events", params={"doi": doi}, timeout=30).json()
    return {one["attributes"]["relation-type-id"]: one["attributes"]["total"] for one in answer["data"]}


def test_the_events_api_has_the_clicks_that_were_counted(
    archive: Doitui, visited: Path, sandbox: Sandbox, doi_of: Callable[[str], str]
) -> None:
    assert archive("usage", "drain", "--spool", visited).code == 0
    assert archive("event", "flush").code == 0
    assert held(sandbox, doi_of("a")) == {
        "unique-dataset-investigations-regular": VISITORS,
        "unique-dataset-requests-regular": READERS,
    }


def test_flushing_again_sends_nothing_twice(
    archive: Doitui, visited: Path, sandbox: Sandbox, doi_of: Callable[[str], str]
) -> None:
    archive("usage", "drain", "--spool", visited)
    archive("event", "flush")
    before = len(sandbox.requests.entries())
    archive("event", "flush")
    assert [one for one in sandbox.requests.entries()[before:] if one["method"] != "GET"] == []
