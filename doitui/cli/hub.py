"""`doitui hub`: run it, and its tokens."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from doitui.cli.output import say
from doitui.cli.session import Session, reads_database, writes_database
from doitui.cli.tables import table
from doitui_core.clock import iso
from doitui_core.errors import BadInput

if TYPE_CHECKING:
    from doitui_core.hub_store.tokens import TokenRow


@click.group(invoke_without_command=True)
@click.option("--host", default="127.0.0.1", metavar="H", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", default=8075, type=click.IntRange(0, 65535), help="Port (default 8075; 0: any free port).")
@click.option("--lenient", is_flag=True, help="Take all reports that DataCite's store takes, with warnings.")
@click.option(
    "--datacite-scope",
    is_flag=True,
    help="List only the events that DataCite keeps since 2026: links between DOIs, usage.",
)
@click.option("--public-url", default="", metavar="URL", help="Its public address (default: setting hub_url).")
@click.option(
    "--reports", default="", metavar="PLACE", help="Directory or URL of reports (default: setting hub_reports)."
)
@click.option(
    "--trusted-proxy", default="", metavar="ADDRESS", help="A proxy whose X-Forwarded-… headers are believed."
)
@click.pass_context
def hub(context: click.Context, /, reports: str, host: str, port: int, trusted_proxy: str, **chosen: Any) -> None:
    """Run the hub: others send usage reports and events to it, everybody may ask for events.

    It works on the database of the archive, until SIGTERM or Ctrl-C. Writing needs a token (`doitui hub token`).
    Prints `hub ready on http://HOST:PORT` once it answers.

    Example: doitui hub --port 8075
    """
    if context.invoked_subcommand is None:
        _run(context.obj, reports, host, port, trusted_proxy, chosen)
        return
    given = [one for one in hub.params if _is_given(context, str(one.name))]
    if given:
        raise click.UsageError(f"{given[0].opts[0]} is for running the hub: leave it out here", context)


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def _run(session: Session, reports: str, host: str, port: int, trusted_proxy: str, chosen: dict[str, Any]) -> None:
    from doitui.cli.work import log_to_stderr
    from doitui.web.hub import options
    from doitui.web.hub.server import RunningHub, serve
    from doitui_core.hub_store import tokens
    from doitui_core.hub_store.report_place import reports_place

    chosen["public_url"] = _address(chosen["public_url"])
    log_to_stderr(session.debug, doi_lines=False)
    with replace(session, writing=True).database():
        place = reports_place(session.database_url, reports)
        running = RunningHub(place, options.chosen(**chosen), host, port, trusted_proxy=trusted_proxy)
        if not any(row.state == "valid" for row in tokens.tokens()):
            say("no valid token: nobody can send anything until `doitui hub token --name NAME` issues one")
        if not trusted_proxy and not _is_loopback(host):
            say(f"{host} can be reached from outside, and tokens are sent without TLS: put a proxy with HTTPS in front")
        serve(running)


def _address(text: str) -> str:
    from doitui_core.config import setting_parsers, settings

    try:
        return setting_parsers.address(text) if text else ""
    except ValueError as error:
        raise BadInput(f"--public-url {settings.without_user(text)!r}: {error}") from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
