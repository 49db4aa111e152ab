"""`doitui record set`: what a person decides about a record, whatever its source says."""

from __future__ import annotations

from typing import Any

import click

from doitui.cli.session import Session, writes_database

#: What `--auto-create` stores.
AUTO_CREATE = {"true": "true", "false": "false", "default": ""}


@click.command("set")
@click.argument("id_", metavar="ID")
@click.option(
    "--auto-create",
    type=click.Choice(list(AUTO_CREATE)),
    help="Whether publishing it creates its DOI (default: as setting auto_create says).",
)
@click.option("--url", metavar="URL", help="Landing page.")
@click.option("--owner-name", metavar="N", help="Name of its owner.")
@click.option("--owner-email", metavar="A", help="Mail address of its owner.")
@writes_database
def set_(session: Session, id_: str, auto_create: str | None, **texts: str | None) -> None:
    """Set values of a record by hand. Imports report a different value and do not change it.

    An empty value ("") and `--auto-create default` take back what was set: the next import fills it again. A new
    landing page is sent with the next update of the DOI; `doi set-url` queues it at once.

    Example: doitui record set MS-0112 --auto-create false --owner-email ida@archive.example.org
    """
    from doitui_core.records import record_changes, record_lookup

    values = {name: text for name, text in texts.items() if text is not None}
    if auto_create is not None:
        values["auto_create"] = AUTO_CREATE[auto_create]
    if not values:
        raise click.UsageError("give --auto-create, --url, --owner-name or --owner-email", click.get_current_context())
    row = record_lookup.find(id_)
    if session.dry_run:
        changed = record_changes.check(row, values)
    else:
        changed = record_changes.change(row, values, actor=session.actor)
    document: dict[str, Any] = {"object_id": row.object_id, "set": values, "changed": sorted(changed)}
    session.show(document, [f"{row.object_id} {session.would or 'is '}set: {', '.join(_line(values))}"])


def _line(values: dict[str, str]) -> list[str]:
    return [f"{name} {text or '(as imported)'}" for name, text in values.items()]
