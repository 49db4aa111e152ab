"""`doitui mail`: try the mail settings."""

from __future__ import annotations

import click

from doitui.cli.options import owner_option
from doitui.cli.session import Session, writes_database


@click.group()
def mail() -> None:
    """Try the mail settings (smtp_url, mail_from).

    Example: doitui mail test ops@archive.example.org
    """


@mail.command("test")
@click.argument("address")
@owner_option
@writes_database
def test_(session: Session, address: str, code: str | None) -> None:
    """Send a test mail now, with the global settings, or with those of the only or the given repository.

    Example: doitui mail test ops@archive.example.org
    """
    from doitui_core.config import repositories
    from doitui_core.notify import mail as mails
    from doitui_core.notify import notices

    rows = repositories.all_repositories()
    config = repositories.config(repositories.find(code) if code else rows[0]) if code or len(rows) == 1 else None
    config = config or notices.config_of(0)
    server = mails.check_test(address, config)
    if not session.dry_run:
        mails.send_test(address, config)
    line = f"the mail {session.would or 'was '}sent to {address} over {server}"
    session.show({"address": address, "server": server, "sent": not session.dry_run}, [line])
