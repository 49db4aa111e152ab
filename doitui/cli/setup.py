"""`doitui init` and `doitui status`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from doitui.cli.options import SECONDS
from doitui.cli.output import say, show, wait
from doitui.cli.session import Session, reads, writes
from doitui_core.errors import DatabaseReplaced, DatabaseUnavailable

#: The key that marks the last counts of `status --watch` while the database does not answer.
LOST = "lost"

#: The commands after `doitui init`.
NEXT = (
    "next:",
    "  doitui repository set CODE --prefix 10.NNNN --account ABCD.REPO --password-env NAME --landing-page 'https://…/{object_id}'",
    "  doitui record import FILE…      # DataCite XML, JSON or JSON lines",
    "  doitui batch mint --all && doitui work --drain",
)


@click.command()
@writes
def init(session: Session) -> None:
    """Create the database, or upgrade it to this version.

    Example: doitui --database sqlite:///archive.db init
    """
    from doitui_core.db import database
    from doitui_core.domain.database_urls import masked

    url = masked(session.database_url)
    steps = database.pending(session.database_url) if session.dry_run else database.create(session.database_url)
    database.close()
    line = f"{url} {session.would}set up ({', '.join(steps)})" if steps else f"{url} is up to date"
    session.show({"database": url, "steps": steps}, [line, *NEXT])


@click.command()
@click.option("--watch", is_flag=True, help="Print plain lines again after each change, until Ctrl-C.")
@click.option("--every", default=2.0, type=SECONDS, metavar="SECONDS", help="Interval of --watch (default 2).")
@reads
def status(session: Session, watch: bool, every: float) -> None:
    """Show the number of DOIs, jobs and events by state, and the running workers.

    Example: doitui status --json
    """
    from doitui_core.views import counters

    if watch and session.as_json:
        raise click.UsageError("--watch prints lines, --json one document: give one of them")
    with session.database(read_only=True):
        found = counters.overview()
        has_reader = session.show(found, _lines(found))
        while watch and has_reader and wait(every):
            found, has_reader = _show_changes(found)


def _show_changes(before: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """(the counts now, whether stdout still has a reader). Counts are printed if they changed; a lost database is
    reported once, and `before` is kept until it answers.
    """
    from doitui_core.db import database
    from doitui_core.views import counters

    try:
        database.require_same(asking=False)
        found = counters.overview()
    except DatabaseReplaced as error:
        say(f"{error}; reading the new one")
        database.open(database.current().url, read_only=True)
        return _show_changes({})
    except DatabaseUnavailable as error:
        database.close_thread()
        if LOST not in before:
            say(f"{error}; trying again")
        return {**before, LOST: True}, True
    if LOST in before:
        say("the database answers again")
    return found, found == before or show(found, False, _lines(found))


def _lines(found: dict[str, Any]) -> Iterator[str]:
    for noun in ("dois", "jobs"):
        counts = ", ".join(f"{number} {name}" for name, number in found[noun].items() if number or name == "total")
        yield f"{'DOIs' if noun == 'dois' else noun}: {counts or 'none'}"
    if events := ", ".join(f"{number} {name}" for name, number in found["events"].items() if number):
        yield f"events: {events}"
    seen = ", ".join(f"{worker['name']} (seen {worker['seen_at']})" for worker in found["workers"])
    yield f"workers: {seen or 'none running: start one with `doitui work`'}"
