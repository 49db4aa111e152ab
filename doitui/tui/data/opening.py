"""Reads in a reader thread: open the database, check the right to write, look for changes."""

from __future__ import annotations

from dataclasses import dataclass

from doitui_core.clock import Clock
from doitui_core.config import operators, repositories
from doitui_core.db import database


@dataclass(frozen=True, slots=True)
class Opened:
    """The opened database. `token`: its change token; `why_not`: why the user may not write."""

    token: str
    environment: str
    may_write: bool
    why_not: str


def open_database(url: str, write: bool, operator: str, clock: Clock | None) -> Opened:
    """Open the database in this process. Raises as `database.open`."""
    database.open(url, read_only=not write, clock=clock)
    why_not = operators.refusal(operator) if write else ""
    return Opened(database.change_token(), environment(), write and not why_not, why_not)


def look(before: str) -> tuple[str, str]:
    """(change token, environment); the environment is read only if the token differs from `before`."""
    token = database.change_token()
    return token, environment() if token != before else ""


def environment() -> str:
    """`test` or `production`, if all active repositories agree, else `mixed`; empty without any."""
    found = {repositories.config(row).environment for row in repositories.all_repositories() if row.active}
    return found.pop() if len(found) == 1 else "mixed" if found else ""
