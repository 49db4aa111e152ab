"""A command reports at once that it waits for a rate limit, of which service and until when; `queue resume` ends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import RateLimit
from doitui_core.domain.job_kinds import Service
from doitui_core.queue import rate_limit


@contextmanager
def opened(file: Path) -> Iterator[None]:
    database.open(f"sqlite:///{file}")
    try:
        yield
    finally:
        database.close()


def pause_all(file: Path, seconds: float) -> None:
    """Pause a service as a 429 with Retry-After does."""
    with opened(file):
        config = repositories.config(repositories.find("h"))
        for service in Service:
            rate_limit.pause(rate_limit.name(config, service), database.now() + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("command", "service"),
    [
        (("doi", "mint", "d", "--now"), "DOIs of DEMO.REPO"),
        (("doi", "verify", "{doi}", "--now"), "DOIs of DEMO.REPO"),
        (("doi", "set-url", "{doi}", "https://archive.example.org/new", "--now"), "DOIs of DEMO.REPO"),
        (("work", "--drain"), "DOIs of DEMO.REPO"),
        (("sync",), "DOIs of DEMO.REPO"),
        (("event", "flush"), "events of DEMO.REPO"),
    ],
)
def test_a_command_that_waits_says_so_and_goes_on_when_the_pause_is_lifted(
    minted: Any,
    write: Callable[..., Path],
    doi_of: Callable[[str], str],
    start: Any,
    file: Path,
    command: tuple[str, ...],
    service: str,
) -> None:
    doi = doi_of("a")
    minted("record", "import", write("d", name="more.jsonl"))
    minted("doi", "update", doi)
    minted("event", "add", "--subject", doi, "--relation", "is-cited-by", "--object", "10.1000/182")
    pause_all(file, 600)
    process = start(*(part.replace("{doi}", doi) for part in command))
    said = process.stderr.readline()
    assert re.fullmatch(
        rf"waiting for the rate limit of {service} until \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ .*resume.*\n", said
    )
    assert minted("queue", "resume", "--repository", "h").code == 0
    out, err = process.communicate(timeout=60)
    # The sandbox lets nobody write events.
    assert (process.returncode, "rate limit" in err) == (int(command[0] == "event"), False), out + err


@pytest.mark.parametrize("column", ["paused_until", "slowed_until", "arrival"])
def test_a_time_that_a_wrong_clock_has_stored_holds_nothing_up(minted: Any, file: Path, column: str) -> None:
    with opened(file):
        ahead = database.now() + timedelta(days=3)
        value = ahead if column != "arrival" else int(ahead.timestamp() * 1_000_000)
        RateLimit.update(**{column: value}).execute()
    minted("setting", "set", "datacite_rate_limit", "300")
    doctor = {check["name"]: check for check in minted("doctor", "--offline", "--json").json["checks"]}
    done = minted("sync")
    assert (doctor["clock"]["level"], "rate limit of DOIs of DEMO.REPO" in doctor["clock"]["message"]) == ("WARN", True)
    assert (done.code, "waiting" in done.err) == (0, False)
