"""`doitui`: the group, its options, and how errors end a command: one line on stderr, no traceback."""

from __future__ import annotations

import importlib
import io
import itertools
import os
import signal
import sys
import traceback
from types import FrameType

import click

from doitui.cli import exits
from doitui.cli.output import say, show
from doitui.cli.progress import FULL, disk_full
from doitui.cli.session import Session
from doitui.cli.spec import prepared
from doitui_core import __version__
from doitui_core.domain.database_urls import without_passwords
from doitui_core.errors import DoituiError

#: The sections of the help: command -> its module in this package. A module is imported only for its command, so that
#: `doitui --version` does not load peewee, requests or lxml.
SECTIONS = {
    "Set up": {
        "demo": "demo",
        "init": "setup",
        "repository": "repository",
        "setting": "setting",
        "paths": "paths",
        "mail": "mail",
        "sandbox": "demo",
    },
    "Records and DOIs": {
        "record": "record",
        "doi": "doi",
        "batch": "batch",
        "metadata": "metadata",
        "schema": "schema",
        "funding": "funding",
    },
    "Send and compare": {"work": "work", "queue": "queue", "cron": "cron", "sync": "batch"},
    "Watch": {"tui": "tui", "status": "setup", "doctor": "setup", "audit": "setup", "report": "report"},
    "Events and usage": {
        "event": "event",
        "usage": "usage",
        "usage-report": "usage_report",
        "hub": "hub",
        "metrics": "metrics",
    },
    "Maintain": {"backup": "backup", "restore": "backup"},
    "Help": {"help": "help", "completion": "help", "man": "help"},
}

COMMANDS = {name: module for commands in SECTIONS.values() for name, module in commands.items()}


class LazyGroup(click.Group):
    """A group that imports a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, without importing them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The imported command, or None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"doitui.cli.{COMMANDS[cmd_name]}")
        command = getattr(module, cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return prepared(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, section by section."""
        for title, names in SECTIONS.items():
            found = {name: self.get_command(ctx, name) for name in names}
            width = formatter.width - 6 - max(map(len, COMMANDS))
            rows = [(name, command.get_short_help_str(width)) for name, command in found.items() if command]
            with formatter.section(title):
                formatter.write_dl([(name.ljust(max(map(len, COMMANDS))), text) for name, text in rows])


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", prog_name="doitui", message="%(prog)s %(version)s")
@click.option(
    "--database",
    envvar="DOITUI_DATABASE",
    metavar="URL",
    help="sqlite:///file.db or postgresql://user@host/name  [env: DOITUI_DATABASE]",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def doitui(context: click.Context, database: str | None, debug: bool) -> None:
    """Mint, verify and update DOIs at DataCite for a repository. Without a command, open the screens read-only.

    Example: doitui --database sqlite:///archive.db init
    """
    context.obj = Session(database, debug)
    context.obj.skip_postgresql_drivers()
    if context.invoked_subcommand is None:
        _without_command(context)


prepared(doitui)


def _without_command(context: click.Context) -> None:
    """Open the screens read-only, or print the help if there is no terminal."""
    from doitui.cli.tui import tui
    from doitui.tui.terminal import terminal

    if terminal.fit_for_screens():
        context.invoke(tui)
    else:
        show(None, False, context.get_help().splitlines())


def run() -> None:
    """The entry point: ends with an exit code, and one line on stderr for an error."""
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # An encoding without a character gets its code point, not an error.
            stream.reconfigure(errors="backslashreplace")
    debug = "--debug" in sys.argv
    try:
        doitui(standalone_mode=False, prog_name="doitui")
    except click.ClickException as error:
        say(f"doitui: {_usage(error)}")
        sys.exit(exits.USAGE)
    except (click.Abort, KeyboardInterrupt):
        say("doitui: interrupted")
        sys.exit(128 + signal.SIGINT)
    except Exception as error:
        if debug:
            click.echo(without_passwords(traceback.format_exc(), _database_url()), err=True, nl=False)
        say(f"doitui: {_unexpected(error)}")
        sys.exit(exits.for_error(error))


def _database_url() -> str:
    """The database URL as given: its password must not be printed, and any error may quote it."""
    words = sys.argv[1:]
    given = [word.partition("=")[2] for word in words if word.startswith("--database=")]
    given += [after for word, after in itertools.pairwise(words) if word == "--database"]
    return given[-1] if given else os.environ.get("DOITUI_DATABASE", "")


def _usage(error: click.ClickException) -> str:
    context: click.Context | None = getattr(error, "ctx", None)
    message = error.format_message().removesuffix(".")
    if context is None:
        return message
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and isinstance(context.command, click.Group):
        message = f"{context.command_path} needs a command: {', '.join(context.command.list_commands(context))}"
    return f"{message} (see `{context.command_path} --help`)"


def _unexpected(error: Exception) -> str:
    if isinstance(error, DoituiError):
        return str(error)
    if isinstance(error, UnicodeEncodeError):
        return f"{error.object[:60]!r} is not valid UTF-8: use UTF-8 text"
    if isinstance(error, OSError) and error.errno in FULL and error.filename:
        return disk_full(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"
    return f"unexpected {type(error).__name__}: {error} (please report this bug with the output of --debug)"


def _terminated(number: int, _frame: FrameType | None) -> None:
    # SystemExit is raised in the main thread, so open transactions roll back.
    sys.exit(128 + number)
