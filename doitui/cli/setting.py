"""`doitui setting`: show and change settings, and where each value comes from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from doitui.cli import environment_question
from doitui.cli.session import Session, reads, reads_database, writes
from doitui.cli.tables import table

if TYPE_CHECKING:
    from doitui_core.config import settings

repository_option = click.option(
    "--repository", "code", default="", metavar="CODE", help="This repository (default: global)."
)


@click.group()
def setting() -> None:
    """Show and change settings.

    Precedence: flag, active repository, environment (DOITUI_<NAME>), global, default.

    Example: doitui setting list
    """


@setting.command("list")
@repository_option
@reads_database
def list_(session: Session, code: str) -> None:
    """Show every setting, its value and where that comes from.

    Example: doitui setting list --repository h
    """
    from doitui_core.config import settings

    found = load(code)
    rows = [
        {"name": row.name, **settings.display(found, row.name), "unit": row.unit, "help": row.help}
        for row in settings.TABLE.values()
    ]
    session.show({"settings": rows}, table(rows, ("name", "value", "source", "unit", "help"), ""))


@setting.command()
@click.argument("name")
@repository_option
@reads
def get(session: Session, name: str, code: str) -> None:
    """Show one setting.

    Example: doitui setting get lease_seconds
    """
    from doitui_core.config import settings

    settings.known(name)
    with session.database(read_only=True):
        value = settings.display(load(code), name)
    session.show({"name": name, **value}, [f"{value['value']}"])


@setting.command("set")
@click.argument("name")
@click.argument("value", required=False)
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the value from stdin; store a secret in a 0600 file.")
@click.option(
    "--yes",
    is_flag=True,
    help="Set operators although you are not among them; change the environment of DOIs without being asked.",
)
@repository_option
@writes
def set_(session: Session, name: str, value: str | None, from_stdin: bool, yes: bool, code: str) -> None:
    """Change one setting. Give a secret as env:NAME or file:PATH, or type it with --stdin.

    Example: doitui setting set lease_seconds 120
    """
    from platformdirs import user_config_path

    from doitui_core.config import doi_settings, operators, secrets, settings
    from doitui_core.operations import change_settings

    if (value is None) == (not from_stdin):
        raise click.UsageError("give a VALUE or --stdin")
    row = settings.known(name)
    typed = _typed() if from_stdin else str(value)
    if row.secret and from_stdin and not typed:
        raise click.UsageError(f"stdin was empty: type {name} there")
    with session.database():
        repository_id = _repository_id(code)
        if row.secret and from_stdin:
            path = user_config_path("doitui") / "secrets" / f"{code or 'global'}.{name}"
            stored = f"file:{path}" if session.dry_run else secrets.write(typed, path)
        else:
            stored = settings.check(name, typed)
            doi_settings.check({name: stored}, load(code))
            if name == "operators":
                operators.check_change(session.actor, stored, code, sure=yes)
        moved = environment_question.ask(session, {name: stored}, repository_id, yes=yes)
        if not session.dry_run:
            change_settings.set_setting(name, stored, repository_id, actor=session.actor)
    document = {"name": name, "value": stored, "environment_changes": moved}
    session.show(document, [f"{name} {'would be' if session.dry_run else 'is'} {stored}"])


@setting.command()
@click.argument("name")
@repository_option
@environment_question.yes_option
@writes
def unset(session: Session, name: str, code: str, yes: bool) -> None:
    """Remove one setting, so that the value with the next lower precedence applies.

    Example: doitui setting unset lease_seconds
    """
    from doitui_core.config import settings
    from doitui_core.operations import change_settings

    settings.known(name)
    with session.database():
        moved = environment_question.ask(session, {name: None}, _repository_id(code), yes=yes)
        removed = not session.dry_run and change_settings.unset_setting(name, _repository_id(code), actor=session.actor)
        value = settings.display(load(code), name)
    change = "would be unset" if session.dry_run else "unset" if removed else "was not set here"
    line = f"{name} {change}; it is now {value['value'] or 'empty'} ({value['source']})"
    session.show({"name": name, "unset": removed, **value, "environment_changes": moved}, [line])


def _typed() -> str:
    try:
        return sys.stdin.read().rstrip("\r\n") if sys.stdin is not None else ""
    except UnicodeDecodeError as error:
        raise click.UsageError("stdin is not UTF-8 text: type the value in UTF-8") from error


def load(code: str) -> settings.Settings:
    """The settings of the repository `code`, or the global ones without it. Raises `NotFound`."""
    from doitui_core.config import repositories, settings

    return repositories.config(repositories.find(code)).settings if code else settings.load()


def _repository_id(code: str) -> int:
    from doitui_core.config import repositories

    return repositories.find(code).id if code else 0
