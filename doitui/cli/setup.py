"""`doitui init` and `doitui status`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from doitui.cli.numbers import SECONDS
from doitui.cli.output import say, show, wait
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui_core.errors import DatabaseReplaced, DatabaseUnavailable

#: In what `status --watch` showed last: the database has been lost since.
LOST = "lost"


@click.command()
@json_option
@dry_run_option
@pass_session
def init(session: Session, as_json: bool, dry_run: bool) -> None:
    """Create the database, or upgrade it to this version.

    Example: doitui --database sqlite:///archive.db init
    """
    from doitui_core.db import database
    from doitui_core.domain.database_urls import masked

    place = masked(session.database_url)
    steps = database.pending(session.database_url) if dry_run else database.create(session.database_url)
    database.close()
    would = "would be " if dry_run else ""
    said = f"{place} {would}set up ({', '.join(steps)})" if steps else f"{place} is up to date"
    show({"database": place, "steps": steps}, as_json, [said, *NEXT])


#: What a newcomer types next.
NEXT = (
    "next:",
    "  doitui repository set CODE --prefix 10.NNNN --account ABCD.REPO --password-env NAME --landing-page 'https://…/{object_id}'",
    "  doitui record import FILE…      # DataCite XML, JSON or JSON lines",
    "  doitui batch mint --all && doitui work --drain",
)


@click.command()
@click.option("--watch", is_flag=True, help="Print again whenever something has changed, as plain lines, until Ctrl-C.")
@click.option("--every", default=2.0, type=SECONDS, metavar="SECONDS", help="How often --watch looks (2).")
@json_option
@pass_session
def status(session: Session, watch: bool, every: float, as_json: bool) -> None:
    """Show how many DOIs and jobs are in which state, and which workers are alive.

    Example: doitui status --json
    """
    from doitui_core.views import counters

    if watch and as_json:
        raise click.UsageError("--watch prints lines, --json one document: give one of them")
    with session.database(read_only=True):
        found = counters.overview()
        read = show(found, as_json, _lines(found))
        while watch and read and wait(every):
            found, read = _shown_again(found)


def _shown_again(before: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """(what there is now, whether somebody still reads), printed where it has changed. Where the database was lost that
    is said, once, and what there was `before` stays until it answers.
    """
    from doitui_core.db import database
    from doitui_core.views import counters

    try:
        database.require_same(asking=False)
        found = counters.overview()
    except DatabaseReplaced as error:
        say(f"{error}; reading what is there now")
        database.open(database.current().url, read_only=True)
        return _shown_again({})
    except DatabaseUnavailable as error:
        database.close_thread()
        if LOST not in before:
            say(f"{error}; looking again")
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
    yield f"workers: {seen or 'none running: `doitui work` starts one'}"
