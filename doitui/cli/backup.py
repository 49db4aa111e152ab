"""`doitui backup` and `doitui restore`: the database in a file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from doitui.cli.progress import progress
from doitui.cli.session import Session, writes
from doitui_core.clock import iso
from doitui_core.text import plural

#: Steps of the bar; the number of pages is only known when the copy has begun.
PERCENT = 100


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@writes
def backup(session: Session, file: Path, force: bool) -> None:
    """Write a verified copy of the database to FILE, while workers and screens use it.

    FILE is readable by this user only. Copy SQLite databases with this command, never with cp: cp misses what is in the
    -wal file. A PostgreSQL database is dumped with pg_dump.

    Example: doitui backup /var/backups/doitui-2026-11-29.db
    """
    from doitui_core.db import database
    from doitui_core.errors import BadInput
    from doitui_core.operations import backups

    if file.exists() and not force:
        raise BadInput(f"{file} exists: choose another name, or replace it with --force")
    if session.dry_run:
        with session.database(read_only=True):
            session.show({"file": str(file.absolute())}, [f"{file}: the backup would be written"])
        return
    with progress("backup", PERCENT) as bar:
        step = _steps(bar)
        try:
            done = backups.back_up(session.database_url, file, actor=session.actor, force=force, step=step)
        finally:
            database.close()
    document = {"file": str(done.place), "bytes": done.size, "schema": done.schema, "verified": True}
    lines = [f"{done.place}: {done.size:,} bytes, schema {done.schema}, verified"]
    if not done.noted:
        lines.append("the database is read-only for this user, so `doitui doctor` does not know of this backup")
    session.show(document, lines)


def _steps(bar: Any) -> Any:
    """Advance the bar by what is done of all pages."""
    return lambda done, total: bar.update(done * PERCENT // max(total, 1) - bar.pos)


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--already-copied", is_flag=True, help="The database was put back by other means: only check its DOIs.")
@writes
def restore(session: Session, file: Path | None, already_copied: bool) -> None:
    """Put the backup FILE back. The database before is kept under a dated name.

    Stop workers and screens first. What was sent after the backup is only known to DataCite: every DOI is marked
    uncertain, and the worker asks about each before it sends anything. Nothing is minted twice, and what was
    deactivated since stays a tombstone. Events are sent again under their UUID, which replaces them; mail that waited
    is discarded. Records and settings changed since are lost: import records again.

    After cp, pg_restore or a snapshot run it with --already-copied: an old copy does not know what was sent since.

    Example: doitui restore /var/backups/doitui-2026-11-29.db
    """
    from doitui_core.db import database
    from doitui_core.operations import backups

    if bool(file) == already_copied:
        raise click.UsageError("give FILE or --already-copied, one of them")
    try:
        if session.dry_run:
            _preview(session, file)
            return
        session.require_operator_of_any()
        if file is None:
            done = backups.mark(session.database_url, actor=session.actor)
        else:
            done = backups.restore(session.database_url, file, actor=session.actor)
    finally:
        database.close()
    document = {
        "replaced": done.replaced or None,
        "backed_up_at": iso(done.backed_up_at),
        "dois": done.dois,
        "discarded_mails": done.mails,
        "steps": list(done.steps),
    }
    lines = [f"the database is as of {iso(done.backed_up_at)}"]
    if done.replaced:
        lines.append(f"the one before is kept: {done.replaced}")
    if done.mails:
        lines.append(f"{plural(done.mails, 'mail')} discarded: sent since the backup, most likely")
    lines += [
        f"{plural(done.dois, 'DOI', grouped=True)} to be checked at DataCite before anything is sent",
        "next:",
        "  doitui work --drain              # checks them",
        "  doitui doi list --state changed  # DOIs whose content was sent after the backup",
        "  doitui sync                      # DOIs that were minted after the backup for records that are not in it",
    ]
    session.show(document, lines)


def _preview(session: Session, file: Path | None) -> None:
    from doitui_core.operations import backups, mark_restored

    if file is None:
        with session.database(read_only=True):
            mark_restored.refuse_workers()
        session.show({"file": None}, ["the DOIs of the database would be checked at DataCite"])
        return
    number = backups.verify(session.database_url, file)
    session.show({"file": str(file), "schema": number}, [f"{file}: schema {number}, whole; it would be put back"])
