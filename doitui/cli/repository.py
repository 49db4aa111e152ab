"""`doitui repository`: codes with their own prefix, account and landing page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from doitui.cli.output import show, table
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui_core.config.actor import actor

#: Option -> setting. The password is apart: only a reference to it is stored.
OPTIONS = {
    "prefix": "datacite_prefix",
    "account": "datacite_repository_id",
    "url": "datacite_url",
    "environment": "datacite_environment",
    "publisher": "default_publisher",
    "landing_page": "landing_page",
    "suffix_pattern": "suffix_pattern",
    "local_prefix": "local_prefix",
}


@click.group()
def repository() -> None:
    """Set up repositories: prefix, account, landing page.

    Example: doitui repository list
    """


@repository.command("set")
@click.argument("code")
@click.option("--prefix", metavar="P", help="The DOI prefix DataCite gave it, as 10.5072.")
@click.option("--account", metavar="A", help="Its account at DataCite, as ABCD.REPO.")
@click.option("--url", metavar="API", help="The REST API; without it DataCite's own, by environment.")
@click.option("--password-env", metavar="VAR", help="The environment variable that holds the password.")
@click.option("--password-file", metavar="F", help="The file that holds the password.")
@click.option("--environment", type=click.Choice(["test", "production"]), help="Which DataCite (test).")
@click.option("--publisher", metavar="NAME", help="Publisher of records that name none.")
@click.option("--landing-page", metavar="TEMPLATE", help="As https://archive.example.org/{object_id}.")
@click.option("--suffix-pattern", metavar="P", help="How new DOIs are made ({repository_code}/{year}/{object_id}).")
@click.option("--local-prefix", metavar="P", help="Our part of a prefix that several systems share (OPUS).")
@click.option("--active/--inactive", default=None, help="An inactive repository's settings count as absent.")
@json_option
@dry_run_option
@pass_session
def set_(
    session: Session,
    code: str,
    password_env: str | None,
    password_file: str | None,
    active: bool | None,
    as_json: bool,
    dry_run: bool,
    **given: str | None,
) -> None:
    """Make the repository CODE, or change what is given.

    CODE goes into DOIs and names of files: up to 64 ASCII letters, digits, . _ and -, of which the first and the last
    are a letter or digit.

    Example: doitui repository set h --prefix 10.5072 --account ABCD.REPO --password-env DATACITE_PASSWORD
    --landing-page 'https://archive.example.org/{object_id}'
    """
    from doitui_core.config import repositories
    from doitui_core.operations import change_settings

    values = {OPTIONS[option]: text for option, text in given.items() if text is not None}
    if password_env and password_file:
        raise click.UsageError("give --password-env or --password-file, not both")
    if password_env or password_file:
        values["datacite_password"] = f"env:{password_env}" if password_env else f"file:{password_file}"
    with session.database(read_only=dry_run):
        values = repositories.check(code, values)
        document = (
            _preview(code, values, active)
            if dry_run
            else _document(change_settings.save_repository(code, values, active, actor=actor()))
        )
    changes = [*values, *([] if active is None else ["active" if active else "inactive"])]
    would = "would be " if dry_run else ""
    show(document, as_json, [f"repository {code} {would}set: {', '.join(changes) or 'nothing to change'}"])


@repository.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the repositories.

    Example: doitui repository list --json
    """
    from doitui_core.config import repositories

    with session.database(read_only=True):
        rows = [_document(row) for row in repositories.all_repositories()]
    flat = [
        {"code": row["code"], "active": row["active"]} | {k: v["value"] for k, v in row["settings"].items()}
        for row in rows
    ]
    columns = ("code", "active", "datacite_prefix", "datacite_repository_id", "datacite_environment", "landing_page")
    show(
        {"repositories": rows},
        as_json,
        table(flat, columns, "no repository yet: `doitui repository set CODE --prefix …`"),
    )


@repository.command("show")
@click.argument("code")
@json_option
@pass_session
def show_(session: Session, code: str, as_json: bool) -> None:
    """Show what CODE is set to, and where each value comes from.

    Example: doitui repository show h
    """
    from doitui_core.config import repositories

    with session.database(read_only=True):
        document = _document(repositories.find(code))
    rows = [{"setting": name, **value} for name, value in document["settings"].items()]
    state = "active" if document["active"] else "inactive: its settings count as absent"
    show(document, as_json, [f"{code} ({state})", *table(rows, ("setting", "value", "source"), "")])


@repository.command("remove")
@click.argument("code")
@json_option
@dry_run_option
@pass_session
def remove(session: Session, code: str, as_json: bool, dry_run: bool) -> None:
    """Forget the repository CODE. Refused while it has records.

    Example: doitui repository remove old
    """
    from doitui_core.operations import change_settings

    with session.database(read_only=dry_run):
        if dry_run:
            change_settings.check_removable(code)
        else:
            change_settings.remove_repository(code, actor=actor())
    show({"removed": code}, as_json, [f"repository {code} {'would be ' if dry_run else ''}removed"])


def _document(row: Any) -> dict[str, Any]:
    from doitui_core.config import repositories, settings

    found = repositories.config(row).settings
    values = {name: settings.display(found, name) for name in settings.TABLE}
    return {"code": row.code, "active": bool(row.active), "settings": values}


def _preview(code: str, values: dict[str, str], active: bool | None) -> dict[str, Any]:
    """What `_document` would be with `values`."""
    from doitui_core.config import repositories, settings

    row = next((row for row in repositories.all_repositories() if row.code == code), None)
    awake = active if active is not None else row is None or bool(row.active)
    found = settings.load(row.id if row else 0)
    changed = replace(found, rows={**found.rows, **values} if awake else {})
    shown = {name: settings.display(changed, name) for name in settings.TABLE}
    return {"code": code, "active": awake, "settings": shown}
