"""Ask before a repository with DOIs moves to another environment of DataCite."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any

import click

from doitui.cli.output import say
from doitui.cli.session import Session
from doitui_core.errors import Refused

yes_option = click.option("--yes", is_flag=True, help="Do not ask before the environment of DOIs changes.")


def ask(
    session: Session, given: Mapping[str, str | None], repository_id: int = 0, *, yes: bool
) -> list[dict[str, Any]]:
    """Say what a change of the environment means, and have a person confirm it: `--yes`, or typed on a terminal.

    The changes as JSON has them; a dry run asks nothing. Raises `UsageError` without a terminal, `Refused` for a no.
    """
    from doitui_core.operations import environment_change

    changes = environment_change.changes(given, repository_id)
    for change in changes:
        for line in change.lines:
            say(line)
    if changes and not session.dry_run and not yes:
        _confirm(changes)
    return [dataclasses.asdict(change) for change in changes]


def _confirm(changes: list[Any]) -> None:
    codes = " and ".join(change.code for change in changes)
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError(f"the environment of DOIs would change (repository {codes}): give --yes to confirm")
    if not click.confirm(f"Move {codes} to {changes[0].after}?", err=True):
        raise Refused("nothing was changed", "not_confirmed")
