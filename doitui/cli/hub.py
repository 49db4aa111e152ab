"""`doitui hub`: its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from doitui.cli.output import say, table
from doitui.cli.session import Session, reads_database, writes_database
from doitui_core.clock import iso

if TYPE_CHECKING:
    from doitui_core.hub_store.tokens import TokenRow


@click.group()
def hub() -> None:
    """Manage the tokens with which others send usage reports and events to this hub.

    Example: doitui hub token --name archive-a
    """


@hub.command()
@click.option("--name", required=True, metavar="NAME", help="Whose token it is: the owner of the reports.")
@click.option(
    "--role", default="reporter", metavar="R", help="reporter (own reports; default) or staff_admin (everything)."
)
@click.option("--days", default=365, metavar="D", help="How long it is valid (default 365).")
@writes_database
def token(session: Session, name: str, role: str, days: int) -> None:
    """Issue a token. It is printed once and not stored: give it to its user now.

    A name has one valid token. Revoke it to issue another one; the name keeps its reports.

    Example: doitui hub token --name archive-a --role reporter --days 90
    """
    from doitui_core.hub_store import tokens

    if session.dry_run:
        expires = iso(tokens.check(name, role, days))
        line = f"a {role} token for {name} would be issued, valid until {expires}"
        session.show({"name": name, "role": role, "token": None, "expires_at": expires}, [line])
        return
    issued = tokens.issue(name, role, days, actor=session.actor)
    document = {"name": issued.name, "role": issued.role, "token": issued.token, "expires_at": iso(issued.expires)}
    session.show(document, [issued.token])
    if not session.as_json:
        say(f"{role} token for {name}, valid until {document['expires_at']}; it cannot be shown again")


@hub.command("tokens")
@reads_database
def tokens_(session: Session) -> None:
    """List all tokens, the newest first, without the tokens themselves.

    Example: doitui hub tokens --json
    """
    from doitui_core.hub_store import tokens

    rows = [_json(row) for row in tokens.tokens()]
    columns = ("name", "role", "state", "created_at", "expires_at", "revoked_at")
    session.show({"tokens": rows}, table(rows, columns, "no tokens: `doitui hub token --name NAME` issues one"))


@hub.command()
@click.argument("name")
@writes_database
def revoke(session: Session, name: str) -> None:
    """Revoke the valid token of NAME. The hub refuses it from then on; its reports stay.

    Example: doitui hub revoke archive-a
    """
    from doitui_core.hub_store import tokens

    row = tokens.revoke(name, actor=session.actor, dry_run=session.dry_run)
    session.show(_json(row), [f"the {row.role} token of {row.name} {'would be' if session.dry_run else 'is'} revoked"])


def _json(row: TokenRow) -> dict[str, Any]:
    times = {"created_at": iso(row.created), "expires_at": iso(row.expires), "revoked_at": iso(row.revoked)}
    return {"name": row.name, "role": row.role, "state": row.state, "id": row.jti, **times}
