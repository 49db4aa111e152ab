"""Dumps of a PostgreSQL database by `pg_dump`, and putting one back by `pg_restore`.

Passwords go to both in the environment, never on a command line, which everybody on the host can read.
"""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from doitui_core.db import database, database_files, migrations
from doitui_core.domain.database_urls import without_passwords
from doitui_core.errors import BadInput, DatabaseUnavailable, Misconfigured

INSTALL = "install the client programs of PostgreSQL (postgresql-client)"

#: The newest schema number in a dump of `schema_migration`: the first column of its rows.
_NUMBER = re.compile(r"^(\d+)\t", re.MULTILINE)


def dump(url: str, place: Path, *, force: bool = False) -> int:
    """Write the tables of the open database at `url` to the new file `place` (mode 0600), verified; its schema number.

    Raises `BadInput` for a place that exists or cannot be written, `Misconfigured` where there is no `pg_dump`,
    `DatabaseUnavailable` where it fails.
    """
    if place.exists() and (not force or not place.is_file()):
        raise BadInput(f"{place} exists: choose another name, or replace it with --force")
    draft = place.with_name(f".{place.name[:80]}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, database_files.PRIVATE))
        _run(
            url,
            [
                "pg_dump",
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--schema={_quoted(schema())}",
                f"--file={draft}",
            ],
        )
        number = verify(draft)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        if force:
            draft.replace(place)
        else:
            os.link(draft, place)
        database_files.sync_folder(place.parent)
    except OSError as error:
        raise BadInput(f"{place} cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
    return number


def verify(path: Path) -> int:
    """The schema number of a dump that is whole. Raises `BadInput` for anything else, `DatabaseNotReady` for a newer
    one.
    """
    if not path.is_file():
        raise BadInput(f"{path} is not a file: name a backup that `doitui backup` has made")
    try:
        # Reads all of the file: what is torn or damaged cannot be decompressed.
        _run("", ["pg_restore", "--file=/dev/null", str(path)])
        rows = _run("", ["pg_restore", "--data-only", "--table=schema_migration", "--file=-", str(path)])
    except DatabaseUnavailable as error:
        raise BadInput(f"{path} is not a whole backup of doitui: {error}") from error
    numbers = [int(number) for number in _NUMBER.findall(rows)]
    if not numbers:
        raise BadInput(f"{path} is not a backup of doitui: it has no table schema_migration")
    return migrations.refuse_newer_number(max(numbers), str(path))


def put_back(source: Path, url: str, at: datetime, prepare: Callable[[str], None]) -> str:
    """Make the dump at `source` the tables of the database at `url`; the schema in which the replaced ones are now.

    `prepare` gets `url` when the tables are there; if that or `pg_restore` fails, the old tables are back. Raises as
    `verify` and `dump`.
    """
    verify(source)
    database.open_any(url)
    name = schema()
    kept = f"{name}_replaced_{at:%Y%m%dt%H%M%Sz}"
    _execute(f"ALTER SCHEMA {_quoted(name)} RENAME TO {_quoted(kept)}", f"CREATE SCHEMA {_quoted(name)}")
    try:
        options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", f"--schema={name}"]
        _run(url, ["pg_restore", *options, str(source)])
        prepare(url)
    except BaseException:
        with suppress(Exception):
            database.open_any(url)
            _execute(
                f"DROP SCHEMA IF EXISTS {_quoted(name)} CASCADE",
                f"ALTER SCHEMA {_quoted(kept)} RENAME TO {_quoted(name)}",
            )
        raise
    return kept


def schema() -> str:
    """The schema of the open database in which our tables are."""
    (name,) = database.current().db.execute_sql("SELECT current_schema()").fetchone()
    return str(name)


def _execute(*statements: str) -> None:
    opened = database.current()
    with opened.dialect.write(opened.db, durable=True):
        for statement in statements:
            opened.db.execute_sql(statement)
    database.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _run(url: str, command: Sequence[str]) -> str:
    """What a program prints. `url`: the database it connects to; empty for none."""
    environment = dict(os.environ)
    if url:
        address, password = _address(url)
        command = [*command[:1], f"--dbname={address}", *command[1:]]
        environment |= {"PGPASSWORD": password} if password else {}
    if shutil.which(command[0]) is None:
        raise Misconfigured(f"{command[0]} is not on the PATH: {INSTALL}, or run where it is: {shlex.join(command)}")
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace"
    )
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise DatabaseUnavailable(f"{command[0]} failed: {without_passwords(said, url)[:500]}")
    return done.stdout


def _address(url: str) -> tuple[str, str]:
    """(`url` as keywords without its password, the password)."""
    from psycopg import conninfo

    parts: dict[str, Any] = conninfo.conninfo_to_dict(url)
    password = str(parts.pop("password", ""))
    return conninfo.make_conninfo(**parts), password
