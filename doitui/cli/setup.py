"""`doitui init`, `status`, `doctor`, `audit`: the database, what is in it, what is wrong, and who did what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from doitui.cli import exits
from doitui.cli.options import SECONDS
from doitui.cli.output import say, show, wait
from doitui.cli.session import Session, reads, reads_database, writes
from doitui.cli.tables import table
from doitui_core.clock import iso
from doitui_core.domain.database_urls import masked
from doitui_core.errors import DatabaseReplaced, DatabaseUnavailable

#: The key that marks the last counts of `status --watch` while the database does not answer.
LOST = "lost"

#: The commands after `doitui init` of a database without a repository, and of one with records.
FIRST = (
    "next:",
    "  doitui repository set CODE --prefix 10.NNNN --account ABCD.REPO --password-env NAME --landing-page 'https://…/{object_id}'",
)
IMPORT = (
    "  doitui record import FILE…      # DataCite XML, JSON, JSON lines or CSV",
    "  doitui batch mint --all; doitui work --drain",
)
USED = ("next:", "  doitui doctor", "  doitui status")


@click.command()
@writes
def init(session: Session) -> None:
    """Create the database, or upgrade it to this version.

    Example: doitui --database sqlite:///archive.db init
    """
    from doitui_core.db import database

    url = masked(session.database_url)
    if not session.dry_run:
        session.require_operator_of_any()
    steps = database.pending(session.database_url) if session.dry_run else database.create(session.database_url)
    lines = [*FIRST, *IMPORT] if session.dry_run else _next()
    database.close()
    line = f"{url} {session.would}set up ({', '.join(steps)})" if steps else f"{url} is up to date"
    session.show({"database": url, "steps": steps}, [line, *lines])


def _next() -> Sequence[str]:
    """The commands that come next, by what the open database has."""
    from doitui_core.config import repositories
    from doitui_core.db.models import Record

    if Record.select().limit(1).exists():
        return USED
    return ["next:", *IMPORT] if repositories.all_repositories() else [*FIRST, *IMPORT]


@click.command()
@click.option("--watch", is_flag=True, help="Print plain lines again after each change, until Ctrl-C.")
@click.option("--every", default=2.0, type=SECONDS, metavar="SECONDS", help="Interval of --watch (default 2).")
@reads
def status(session: Session, watch: bool, every: float) -> None:
    """Show the number of DOIs, jobs and events by state, and the running workers.

    Example: doitui status --json
    """
    from doitui_core.views import dashboard_counts

    if watch and session.as_json:
        raise click.UsageError("--watch prints lines, --json one document: give one of them")
    with session.database(read_only=True):
        found = dashboard_counts.overview()
        has_reader = session.show(found, _lines(found))
        while watch and has_reader and wait(every):
            found, has_reader = _show_changes(found)


def _show_changes(before: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """(the counts now, whether stdout still has a reader). Counts are printed if they changed; a lost database is
    reported once, and `before` is kept until it answers.
    """
    from doitui_core.db import database
    from doitui_core.views import dashboard_counts

    try:
        database.require_same(asking=False)
        found = dashboard_counts.overview()
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
    yield f"workers: {seen or _no_worker()}"


def _no_worker() -> str:
    """What comes next where no worker runs."""
    from doitui_core.queue import finished_runs

    runs = finished_runs.schedule()
    if runs is None:
        return "none running: start one with `doitui work`"
    return f"none running: {runs.message}" + ("; run `doitui work --drain`" if runs.late else "")


@click.command()
@click.option("--offline", is_flag=True, help="Do not ask DataCite whether the accounts are valid.")
@click.option("--thorough", is_flag=True, help="Look at all rows for counters, names and landing pages; may take long.")
@reads
def doctor(session: Session, offline: bool, thorough: bool) -> None:
    """Check the setup: OK, WARN or FAIL, with the command that fixes it. Exit code 1 if a check fails.

    Example: doitui doctor --offline
    """
    from doitui_core.views import doctor, doctor_check

    with session.database(read_only=True, any_environment=True):
        checks = doctor.checks(online=not offline, thorough=thorough)
    failed = any(check.level == doctor_check.FAIL for check in checks)
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{check.level:<4}  {check.name:<{width}}  {check.message}")
        if check.remedy:
            lines.append(f"{'':<{width + 8}}fix: {check.remedy}")
    documents = [
        {"name": check.name, "level": check.level, "message": check.message, "fix": check.remedy} for check in checks
    ]
    session.show({"ok": not failed, "checks": documents}, lines)
    exits.leave(exits.SOME_FAILED if failed else exits.DONE)


@click.command()
@click.option("--limit", default=100, type=click.IntRange(1, 100_000), metavar="N", help="Maximum rows (default 100).")
@reads_database
def audit(session: Session, limit: int) -> None:
    """Show the latest actions on DOIs, jobs, events, repositories and settings, with who did them.

    `doitui doi history DOI` shows everything about one DOI.

    Example: doitui audit --limit 20
    """
    from doitui_core.db import audit

    rows = [row | {"at": iso(row["at"])} for row in audit.newest(limit)]
    columns = ("at", "actor", "action", "subject", "detail", "cause")
    session.show({"acts": rows}, table(rows, columns, "no actions"))
