"""`doitui setting`: everything that can be set, where its value comes from, and how to change it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from doitui.cli.output import show, table
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui_core.config.actor import actor

if TYPE_CHECKING:
    from doitui_core.config import settings

repository_option = click.option(
    "--repository", "code", metavar="CODE", help="That repository's; without it the global one."
)


@click.group()
def setting() -> None:
    """Read and change settings.

    Precedence: flag, active repository, environment (DOITUI_<NAME>), global, default.

    Example: doitui setting list
    """


@setting.command("list")
@repository_option
@json_option
@pass_session
def list_(session: Session, code: str | None, as_json: bool) -> None:
    """Show every setting, its value and where that comes from.

    Example: doitui setting list --repository h
    """
    from doitui_core.config import settings

    with session.database(read_only=True):
        found = _load(code)
    rows = [
        {"name": row.name, **settings.display(found, row.name), "unit": row.unit, "help": row.help}
        for row in settings.TABLE.values()
    ]
    show({"settings": rows}, as_json, table(rows, ("name", "value", "source", "unit", "help"), ""))


@setting.command("get")
@click.argument("name")
@repository_option
@json_option
@pass_session
def get(session: Session, name: str, code: str | None, as_json: bool) -> None:
    """Show one setting.

    Example: doitui setting get lease_seconds
    """
    from doitui_core.config import settings

    settings.known(name)
    with session.database(read_only=True):
        value = settings.display(_load(code), name)
    show({"name": name, **value}, as_json, [f"{value['value']}"])


@setting.command("set")
@click.argument("name")
@click.argument("value", required=False)
@click.option(
    "--stdin", "from_stdin", is_flag=True, help="Read the value from stdin; a secret goes to a file of mode 0600."
)
@repository_option
@json_option
@dry_run_option
@pass_session
def set_(
    session: Session, name: str, value: str | None, from_stdin: bool, code: str | None, as_json: bool, dry_run: bool
) -> None:
    """Change one setting. A secret is given as env:NAME or file:PATH, or typed with --stdin.

    Example: doitui setting set lease_seconds 120
    """
    from doitui_core.config import secrets, settings
    from doitui_core.operations import change_settings

    if (value is None) == (not from_stdin):
        raise click.UsageError("give a VALUE or --stdin")
    row = settings.known(name)
    typed = _typed() if from_stdin else str(value)
    if row.secret and from_stdin and not typed:
        raise click.UsageError(f"stdin was empty: type {name} there")
    with session.database(read_only=dry_run):
        repository_id = _repository_id(code)
        if row.secret and from_stdin:
            place = _secret_file(name, code)
            stored = f"file:{place}" if dry_run else secrets.write(typed, place)
        else:
            stored = settings.check(name, typed)
        if not dry_run:
            change_settings.set_setting(name, stored, repository_id, actor=actor())
    show({"name": name, "value": stored}, as_json, [f"{name} {'would be' if dry_run else 'is'} {stored}"])


@setting.command("unset")
@click.argument("name")
@repository_option
@json_option
@dry_run_option
@pass_session
def unset(session: Session, name: str, code: str | None, as_json: bool, dry_run: bool) -> None:
    """Forget one setting, so that what stands behind it holds again.

    Example: doitui setting unset lease_seconds
    """
    from doitui_core.config import settings
    from doitui_core.operations import change_settings

    settings.known(name)
    with session.database(read_only=dry_run):
        gone = False if dry_run else change_settings.unset_setting(name, _repository_id(code), actor=actor())
        value = settings.display(_load(code), name)
    said = "would be unset" if dry_run else "unset" if gone else "was not set here"
    show(
        {"name": name, "unset": gone, **value},
        as_json,
        [f"{name} {said}; it is now {value['value'] or 'empty'} ({value['source']})"],
    )


def _typed() -> str:
    try:
        return sys.stdin.read().rstrip("\r\n") if sys.stdin is not None else ""
    except UnicodeDecodeError as error:
        raise click.UsageError("what came on stdin is not UTF-8 text") from error


def _load(code: str | None) -> settings.Settings:
    from doitui_core.config import repositories, settings

    return repositories.config(repositories.find(code)).settings if code else settings.load()


def _repository_id(code: str | None) -> int:
    from doitui_core.config import repositories

    return repositories.find(code).id if code else 0


def _secret_file(name: str, code: str | None) -> Path:
    from platformdirs import user_config_path

    return user_config_path("doitui") / "secrets" / f"{code or 'global'}.{name}"
