"""What every command gets: an example that can be copied, and `--spec`, which prints its options and exit codes."""

from __future__ import annotations

import inspect
from typing import Any

import click

from doitui.cli import exits
from doitui.cli.output import show

#: Click does not wrap a paragraph that begins with it.
NO_WRAP = "\b"

EXIT_CODES = {
    exits.DONE: "done",
    exits.SOME_FAILED: "some items failed",
    exits.USAGE: "wrong usage or unreadable input",
    exits.CONFIGURATION: "configuration or credentials",
    exits.UNREACHABLE: "a remote service is unreachable",
}


def prepared(command: click.Command) -> click.Command:
    """`command`, which now takes the hidden option `--spec` and prints its example on one line; and its subcommands."""
    if not any("--spec" in param.opts for param in command.params):
        command.params.append(_option())
        command.help = _with_example_on_one_line(command.help or "")
        for child in command.commands.values() if isinstance(command, click.Group) else ():
            prepared(child)
    return command


def _with_example_on_one_line(text: str) -> str:
    """`text` without line breaks in its examples: what is copied from a terminal runs."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        f"{NO_WRAP}\n{' '.join(one.split())}" if one.startswith("Example: ") else one for one in paragraphs
    )


def _option() -> click.Option:
    about: dict[str, Any] = {"hidden": True, "help": "Print the options and exit codes as JSON."}
    return click.Option(["--spec"], is_flag=True, is_eager=True, expose_value=False, callback=_print, **about)


def _print(context: click.Context, _param: click.Parameter, given: bool) -> None:
    if given and not context.resilient_parsing:
        show(document(context), True, ())
        context.exit()


def document(context: click.Context) -> dict[str, Any]:
    """What `--spec` prints: click's `to_info_dict` with the whole name of the command, and the exit codes."""
    found = _plain(context.command.to_info_dict(context))
    codes = {str(code): meaning for code, meaning in EXIT_CODES.items()}
    return {"command": context.command_path, **found, "exit_codes": codes}


def _plain(found: Any) -> Any:
    """`found` of values that JSON has; any other, such as a default that is not set, is null."""
    if isinstance(found, dict):
        return {str(key): _plain(one) for key, one in found.items()}
    if isinstance(found, list | tuple):
        return [_plain(one) for one in found]
    return found if isinstance(found, str | int | float | bool) else None
