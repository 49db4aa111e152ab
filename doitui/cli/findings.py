"""How commands print the findings of documents."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from doitui.cli import exits
from doitui.cli.output import print_text, say, show

if TYPE_CHECKING:
    from doitui_core.metadata.validate import Finding

F = TypeVar("F", bound=Callable[..., Any])

no_validate_option = click.option(
    "--no-validate",
    "check",
    is_flag=True,
    flag_value=False,
    default=True,
    help="Print the document in spite of errors.",
)


def finding_line(finding: Mapping[str, Any]) -> str:
    """A finding on one line."""
    return f"{finding['level']}: {finding['message']} ({finding['code']})"


def print_document(document: Mapping[str, Any], doi: str, form: str) -> None:
    """Print a document on stdout, as `xml` or `json`."""
    from doitui_core.operations import exporting

    if form == "json":
        show(exporting.as_json(document, doi), True, ())
    else:
        print_text(exporting.as_xml(document, doi))


def refuse(errors: Sequence[Finding], what: str, command: Sequence[str]) -> None:
    """End a command with its errors on stderr, and with the `command` (its words) that ignores them.

    Returns if there are none.
    """
    if not errors:
        return
    for found in errors:
        say(f"error: {found.message} ({found.code})")
    say(f"{what}: fix the errors, or run `{shlex.join(['doitui', *command, '--no-validate'])}`")
    exits.leave(exits.SOME_FAILED)
