"""`doitui repository`: repositories with their prefix, account and landing page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from doitui.cli import environment_question
from doitui.cli.session import Session, reads_database, writes, writes_database
from doitui.cli.tables import table

ENVIRONMENTS = click.Choice(["test", "production"])

#: Columns of the list with their settings.
COLUMNS = {
    "prefix": "datacite_prefix",
    "account": "datacite_repository_id",
    "environment": "datacite_environment",
    "landing_page": "landing_page",
}


@click.group()
def repository() -> None:
    """Configure repositories: prefix, account, landing page.

    Example: doitui repository list
    """


@repository.command("set")
@click.argument("code")
@click.option("--prefix", "datacite_prefix", metavar="P", help="DOI prefix assigned by DataCite, such as 10.5072.")
@click.option("--account", "datacite_repository_id", metavar="A", help="Account at DataCite, such as ABCD.REPO.")
@click.option("--url", "datacite_url", metavar="API", help="REST API (default: DataCite's for the environment).")
@click.option("--password-env", metavar="VAR", help="Environment variable with the password.")
@click.option("--password-file", metavar="F", help="File with the password.")
@click.option("--environment", "datacite_environment", type=ENVIRONMENTS, help="DataCite system (default test).")
@click.option("--publisher", "default_publisher", metavar="NAME", help="Publisher of records without one.")
@click.option("--landing-page", metavar="TEMPLATE", help="Such as https://archive.example.org/{object_id}.")
@click.option("--suffix-pattern", metavar="P", help="Pattern of new DOIs ({repository_code}/{year}/{object_id}).")
@click.option("--local-prefix", metavar="P", help="Your part of a prefix that several systems share (OPUS).")
@click.option("--active/--inactive", default=None, help="Settings of an inactive repository do not apply.")
@environment_question.yes_option
@writes
def set_(
    session: Session,
    code: str,
    password_env: str | None,
    password_file: str | None,
    active: bool | None,
    yes: bool,
    **settings: str | None,
) -> None:
    """Create the repository CODE, or change the given settings of it.

    CODE is part of DOIs and file names: up to 64 ASCII letters, digits, . _ and -, with a letter or digit at both ends.

    Where CODE has DOIs, --environment says what changes for how many, and asks: test DOIs do not exist in production.

    Example: doitui repository set h --prefix 10.5072 --account ABCD.REPO --password-env DATACITE_PASSWORD
    --landing-page 'https://archive.example.org/{object_id}'
    """
    from doitui_core.config import repositories
    from doitui_core.operations import change_settings

    values = {name: text for name, text in settings.items() if text is not None}
    if password_env and password_file:
        raise click.UsageError("give --password-env or --password-file, not both")
    if password_env or password_file:
        values["datacite_password"] = f"env:{password_env}" if password_env else f"file:{password_file}"
    with session.database():
        values = repositories.check(code, values)
        moved = environment_question.ask(session, values, _id(code), yes=yes) if _id(code) else []
        if session.dry_run:
            document = _preview(code, values, active)
        else:
            document = _document(change_settings.save_repository(code, values, active, actor=session.actor))
    changes = [*values, *([] if active is None else ["active" if active else "inactive"])]
    document["environment_changes"] = moved
    session.show(document, [f"repository {code} {session.would}set: {', '.join(changes) or 'nothing to change'}"])


@repository.command("list")
@reads_database
def list_(session: Session) -> None:
    """List the repositories.

    Example: doitui repository list --json
    """
    from doitui_core.config import repositories

    rows = [_document(row) for row in repositories.all_repositories()]
    flat = [
        {"code": row["code"], "active": row["active"]}
        | {column: row["settings"][name]["value"] for column, name in COLUMNS.items()}
        for row in rows
    ]
    empty = "no repository: add one with `doitui repository set CODE --prefix …`"
    session.show({"repositories": rows}, table(flat, ("code", "active", *COLUMNS), empty))


@repository.command("show")
@click.argument("code")
@reads_database
def show_(session: Session, code: str) -> None:
    """Show the settings of the repository CODE, and where each value comes from.

    Example: doitui repository show h
    """
    from doitui_core.config import repositories

    document = _document(repositories.find(code))
    rows = [{"setting": name, **value} for name, value in document["settings"].items()]
    document["generation_pattern"] = pattern = _generation_pattern(code)
    state = "active" if document["active"] else "inactive: its settings do not apply"
    lines = [f"{code} ({state})", f"new DOIs: {pattern or 'cannot be made, see `doitui doctor`'}"]
    session.show(document, [*lines, *table(rows, ("setting", "value", "source"), "")])


@repository.command()
@click.argument("code")
@writes_database
def remove(session: Session, code: str) -> None:
    """Remove the repository CODE. This fails if it has records.

    Example: doitui repository remove old
    """
    from doitui_core.operations import change_settings

    if session.dry_run:
        change_settings.check_removable(code)
    else:
        change_settings.remove_repository(code, actor=session.actor)
    session.show({"removed": code}, [f"repository {code} {session.would}removed"])


def _generation_pattern(code: str) -> str | None:
    """What new DOIs look like; None where a plug-in fails."""
    from doitui_core.config import repositories
    from doitui_core.errors import Misconfigured

    try:
        return repositories.config(repositories.find(code)).generator().generation_pattern()
    except Misconfigured:
        return None


def _id(code: str) -> int:
    """0 for a new one."""
    from doitui_core.config import repositories

    return next((row.id for row in repositories.all_repositories() if row.code == code), 0)


def _document(row: Any) -> dict[str, Any]:
    from doitui_core.config import repositories, settings

    found = repositories.config(row).settings
    values = {name: settings.display(found, name) for name in settings.TABLE}
    return {"code": row.code, "active": bool(row.active), "settings": values}


def _preview(code: str, values: dict[str, str], active: bool | None) -> dict[str, Any]:
    """The `_document` after a change to `values`."""
    from doitui_core.config import repositories, settings

    row = next((row for row in repositories.all_repositories() if row.code == code), None)
    is_active = active if active is not None else row is None or bool(row.active)
    found = settings.load(row.id if row else 0)
    changed = replace(found, rows={**found.rows, **values} if is_active else {})
    shown = {name: settings.display(changed, name) for name in settings.TABLE}
    return {"code": code, "active": is_active, "settings": shown}
