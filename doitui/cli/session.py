"""What every command shares: its database, `--json`, `--dry-run`, and how it prints."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import click

from doitui.cli import output

Command = Callable[..., None]

#: The drivers that peewee imports if they are installed.
POSTGRESQL_DRIVERS = ("psycopg", "psycopg2", "psycopg2cffi")

#: Prefixes of the variables of settings, and the variables among them that are no settings.
SETTING_VARIABLES = ("DOITUI_", "DATACITE_", "QUEUE_")
PLACES = frozenset({"DOITUI_DATABASE", "DOITUI_LOG", "DOITUI_SPOOL"})


@dataclass(frozen=True, slots=True)
class Session:
    """One call of `doitui`."""

    database_option: str | None
    debug: bool
    as_json: bool = False
    dry_run: bool = False
    writing: bool = False

    @property
    def database_url(self) -> str:
        """`--database` or DOITUI_DATABASE, else SQLite in the user's data directory."""
        if self.database_option is not None:
            return self.database_option
        from platformdirs import user_data_path

        return f"sqlite:///{user_data_path('doitui') / 'doitui.db'}"

    @property
    def actor(self) -> str:
        """The login name, for the logs."""
        from doitui_core.config.operators import actor

        return actor()

    @property
    def would(self) -> str:
        """What a message about a change begins with: "would be " in a dry run."""
        return "would be " if self.dry_run else ""

    def skip_postgresql_drivers(self) -> None:
        """For SQLite, keep peewee from importing the PostgreSQL drivers: they take 0.1 to 0.2 s of every command."""
        if "peewee" not in sys.modules and (self.database_option or "sqlite:").startswith("sqlite:"):
            for name in POSTGRESQL_DRIVERS:
                sys.modules[name] = None  # type: ignore[assignment] # makes its import fail

    @contextmanager
    def database(
        self, *, read_only: bool = False, durable: bool = True, any_environment: bool = False, keeps_pace: bool = False
    ) -> Iterator[None]:
        """Open the database for this command: to write only in a command that writes, without --dry-run, for operators.

        `keeps_pace`: a command that reads sends requests, and their rate limit is stored in the database.
        Raises `Misconfigured` for a variable with an invalid value, unless `any_environment`, and `NotAnOperator`.
        """
        from doitui_core.db import database

        if not any_environment:
            check_environment()
        changes = self.writing and not self.dry_run and not read_only
        database.open(self.database_url, read_only=not changes and not keeps_pace, durable=durable)
        output.say_waits()
        try:
            with database.guard():
                if changes:
                    self.require_operator()
                yield
        finally:
            database.close()

    def require_operator(self) -> None:
        """Raise `NotAnOperator` if the open database lets this user only read."""
        from doitui_core.config import operators

        operators.require(self.actor)

    def require_operator_of_any(self) -> None:
        """As `require_operator`, for a database of any schema. One that cannot be read yet names no operators."""
        from peewee import PeeweeException

        from doitui_core.db import database
        from doitui_core.errors import DatabaseNotReady, DatabaseUnavailable

        try:
            with suppress(DatabaseNotReady, DatabaseUnavailable, PeeweeException):
                database.open_any(self.database_url, read_only=True)
                self.require_operator()
        finally:
            database.close()

    def show(self, document: Any, lines: Iterable[str]) -> bool:
        """Print `document` as JSON, or `lines`. False: the reader of stdout has gone."""
        return output.show(document, self.as_json, lines)

    def show_each(self, name: str, rows: Iterable[Mapping[str, Any]], lines: Callable[[Any], Iterable[str]]) -> None:
        """Print `rows` as they come: the list `name` of a JSON object, or the `lines` of each."""
        output.show_each(name, rows, self.as_json, lines)


def check_environment() -> None:
    """Raise `Misconfigured` if a variable of a setting has an invalid value.

    Settings are imported only if such a variable is set: most commands start without it.
    """
    if any(name.startswith(SETTING_VARIABLES) and name not in PLACES for name in os.environ):
        from doitui_core.config import setting_checks

        setting_checks.check_environment(os.environ)


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")


def reads(command: Command) -> Command:
    """A command with `--json`, which gets the `Session` as its first argument. It cannot write to the database."""
    return json_option(_with_session(command, writing=False))


def writes(command: Command) -> Command:
    """A command with `--json` and `--dry-run`, which gets the `Session` as its first argument. For operators only."""
    return json_option(dry_run_option(_with_session(command, writing=True)))


def reads_database(command: Command) -> Command:
    """As `reads`, with the database open, read-only."""
    return reads(_with_database(command, read_only=True))


def writes_database(command: Command) -> Command:
    """As `writes`, with the database open."""
    return writes(_with_database(command, read_only=False))


def _with_session(command: Command, *, writing: bool) -> Command:
    @click.pass_obj
    def call(session: Session, /, *args: Any, as_json: bool, dry_run: bool = False, **options: Any) -> None:
        command(replace(session, as_json=as_json, dry_run=dry_run, writing=writing), *args, **options)

    return functools.update_wrapper(call, command)


def _with_database(command: Command, *, read_only: bool) -> Command:
    @functools.wraps(command)
    def call(session: Session, /, **options: Any) -> None:
        with session.database(read_only=read_only):
            command(session, **options)

    return call
