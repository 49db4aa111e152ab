"""The database of the API: open it, count what is in it, and group acts in one transaction."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from doitui_core.api.calls import checked, outside_transaction, public
from doitui_core.config import setting_checks
from doitui_core.db import database
from doitui_core.views import dashboard_counts


@checked
def open(url: str, create: bool = False) -> None:
    """Use the database at `url` from now on, in all threads; each thread has a connection of its own.

    `url`: `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user:password@host/database`. `create`:
    make the database, or upgrade it to this version of doitui. A database opened before is
    closed, unless `url` is invalid.

    Raises `DatabaseNotReady` for a database that does not exist or has another schema (call with `create=True`),
    `DatabaseUnavailable` for one that cannot be used, `BadInput` for an invalid URL, and `Misconfigured` for an
    environment variable of a setting with an invalid value.

    Example: `doitui_core.open("sqlite:///archive.db", create=True)`
    """
    outside_transaction("open")
    setting_checks.check_environment(os.environ)
    before = database.current() if database.is_open() else None
    try:
        if create:
            database.create(url)
        else:
            database.open(url)
    except BaseException:
        if database.is_open() and database.current() is not before:
            database.close()
        raise


@public
def status() -> dict[str, Any]:
    """The counts that `doitui status --json` prints.

    `{"dois": {"total": n, STATUS or MARK: n…}, "jobs": {STATUS: n…}, "events": {STATE: n…}, "spool": {"files": n,
    "bytes": n}, "workers": [{"name", "seen_at"}], …}`; times are ISO 8601 in UTC. Zeros are in it too.

    Example: `doitui_core.status()["dois"]["failed"]`
    """
    return dashboard_counts.overview()


@contextmanager
def transaction() -> Iterator[None]:
    """Group acts of this thread: all are kept, or none when the block raises. Nested, the inner block alone is undone.

    Whatever sends or waits cannot be part of it and raises `BadInput`: `mint(now=True)`, `work`, `sync`,
    `flush_events`, `register_local`, `verify_local`, `drain_usage`, `submit_usage_report`, `open`.

    Raises `DatabaseUnavailable` when the database stays locked or is lost; nothing is kept then.

    Example:

        with doitui_core.transaction():
            doitui_core.save_record("ms-1", metadata=metadata)
            doitui_core.mint("ms-1")
    """
    with database.write():  # not in `guard`, which would take the caller's errors for those of the driver
        yield
