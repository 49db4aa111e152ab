"""`doitui doctor`: checks of the setup, each with the command that fixes it."""

from __future__ import annotations

import click

from doitui.cli import exits
from doitui.cli.session import Session, reads


@click.command()
@click.option("--offline", is_flag=True, help="Do not ask DataCite whether the accounts are valid.")
@click.option("--thorough", is_flag=True, help="Check the counters by counting all rows, which may take long.")
@reads
def doctor(session: Session, offline: bool, thorough: bool) -> None:
    """Check the setup: OK, WARN or FAIL, with the command that fixes it. Exit code 1 if a check fails.

    Example: doitui doctor --offline
    """
    from doitui_core.views import doctor, doctor_check

    with session.database(read_only=True, any_environment=True):
        checks = doctor.checks(online=not offline, thorough=thorough)
    failed = any(check.level == doctor_check.FAIL for check in checks)
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{check.level:<4}  {check.name:<{width}}  {check.message}")
        if check.remedy:
            lines.append(f"{'':<{width + 8}}fix: {check.remedy}")
    documents = [
        {"name": check.name, "level": check.level, "told": check.message, "mend": check.remedy} for check in checks
    ]
    session.show({"ok": not failed, "checks": documents}, lines)
    exits.leave(exits.SOME_FAILED if failed else exits.DONE)
