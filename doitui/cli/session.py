"""What every command shares: the database it was given, who asks, and the options `--json` and `--dry-run`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

#: What peewee looks for besides SQLite.
DRIVERS = ("psycopg", "psycopg2", "psycopg2cffi")


#: How the variables of settings begin; and those that name places and need no check.
SETTING_VARIABLES = ("DOITUI_", "DATACITE_", "QUEUE_")
PLACES = frozenset({"DOITUI_DATABASE", "DOITUI_LOG", "DOITUI_SPOOL"})


@dataclass(frozen=True, slots=True)
class Session:
    """One call of `doitui`."""

    given: str | None
    debug: bool

    @property
    def database_url(self) -> str:
        """`--database`, else DOITUI_DATABASE, else SQLite in the user's data directory."""
        if self.given is not None:
            return self.given
        if os.environ.get("DOITUI_DATABASE"):
            return os.environ["DOITUI_DATABASE"]
        from platformdirs import user_data_path

        return f"sqlite:///{user_data_path('doitui') / 'doitui.db'}"

    def spare_drivers(self) -> None:
        """peewee imports the drivers of PostgreSQL wherever they are installed: 0.1 s of every command, 0.2 s on a slow
        machine. Where SQLite is asked for, this process does without them.
        """
        url = self.given if self.given is not None else os.environ.get("DOITUI_DATABASE", "")
        if "peewee" not in sys.modules and (not url or url.startswith("sqlite:")):
            for name in DRIVERS:
                sys.modules[name] = None  # type: ignore[assignment] # not to be found

    @contextmanager
    def database(
        self, *, read_only: bool = False, durable: bool = True, any_environment: bool = False
    ) -> Iterator[None]:
        """The database, open for this command. Raises `Misconfigured` for a variable with an invalid value, unless
        `any_environment`.
        """
        from doitui.cli.waits import say_waits
        from doitui_core.db import database

        if not any_environment:
            check_environment()
        database.open(self.database_url, read_only=read_only, durable=durable)
        say_waits()
        try:
            with database.guard():
                yield
        finally:
            database.close()


def check_environment() -> None:
    """Refuse a variable of a setting with an invalid value. Raises `Misconfigured`.

    Settings are imported only where such a variable is set: most commands start without it.
    """
    if any(name.startswith(SETTING_VARIABLES) and name not in PLACES for name in os.environ):
        from doitui_core.config import environment_check

        environment_check.check(os.environ)


#: Hands the `Session` to a command as its first argument.
pass_session: Callable[[Callable[..., Any]], Callable[..., Any]] = click.make_pass_decorator(Session)


def json_option(command: F) -> F:
    """`--json`: one document on stdout and nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def dry_run_option(command: F) -> F:
    """`--dry-run`: say what would happen, change nothing."""
    return click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")(command)
