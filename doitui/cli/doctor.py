"""`doitui doctor`: what is right, what is not, and the command that mends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from doitui.cli import exits
from doitui.cli.output import show
from doitui.cli.session import Session, json_option, pass_session

if TYPE_CHECKING:
    from doitui_core.views.doctor_check import Check


@click.command()
@click.option("--offline", is_flag=True, help="Do not ask DataCite whether it knows the accounts.")
@click.option("--thorough", is_flag=True, help="Prove the counters by counting everything, however long it takes.")
@json_option
@pass_session
def doctor(session: Session, offline: bool, thorough: bool, as_json: bool) -> None:
    """Check the whole set-up: OK, WARN or FAIL, and the command that mends it. Exit code 1 where something fails.

    Example: doitui doctor --offline
    """
    from doitui_core.views import doctor as checks
    from doitui_core.views import doctor_check

    with session.database(read_only=True, any_environment=True):
        found = checks.checks(online=not offline, thorough=thorough)
    failed = any(check.level == doctor_check.FAIL for check in found)
    show({"ok": not failed, "checks": [_document(check) for check in found]}, as_json, _lines(found))
    exits.leave(exits.SOME_FAILED if failed else exits.DONE)


def _lines(found: list[Check]) -> Iterator[str]:
    width = max(len(check.name) for check in found)
    for check in found:
        yield f"{check.level:<4}  {check.name:<{width}}  {check.message}"
        if check.remedy:
            yield f"{'':<{width + 8}}mend: {check.remedy}"


def _document(check: Check) -> dict[str, str]:
    return {"name": check.name, "level": check.level, "told": check.message, "mend": check.remedy}
