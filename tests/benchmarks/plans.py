"""How the database goes about a call: the plans of all its statements."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

import filling

from doitui_core.db import database


class _Statements(logging.Handler):
    """What peewee says it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[object, ...]]] = []

    def emit(self, record: logging.LogRecord) -> None:
        statement, parameters = record.msg if isinstance(record.msg, tuple) else (str(record.msg), ())
        self.found.append((statement, tuple(parameters or ())))


def show(what: str, call: Callable[[], object]) -> None:
    """Print the plans of `call`, a read, on stderr."""
    listener, logger = _Statements(), logging.getLogger("peewee")
    level = logger.level
    logger.addHandler(listener)
    logger.setLevel(logging.DEBUG)
    try:
        call()
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)
    print(f"\n== {what}", file=sys.stderr)
    for statement, parameters in listener.found:
        if statement.lstrip().upper().startswith("SELECT"):
            _explain(statement, parameters)


def _explain(statement: str, parameters: tuple[object, ...]) -> None:
    how = "EXPLAIN QUERY PLAN" if filling.is_sqlite() else "EXPLAIN (ANALYZE, BUFFERS, COSTS)"
    rows = database.current().db.execute_sql(f"{how} {statement}", parameters).fetchall()
    print(statement, parameters, *(f"    {row[-1]}" for row in rows), sep="\n", file=sys.stderr)
