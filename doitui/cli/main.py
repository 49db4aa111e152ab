"""`doitui`: the group, its options, and how a command ends: one line on stderr, never a traceback."""

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
from doitui.cli.session import Session
from doitui.cli.so_far import FULL, disk_full
from doitui_core import __version__
from doitui_core.domain.database_urls import without_passwords
from doitui_core.errors import DoituiError

#: Command -> the module that has it, as an attribute of the same name. Imported when it is asked for:
#: `doitui --version` must not wait for peewee, requests or lxml.
COMMANDS = {
    "tui": "tui",
    "doctor": "doctor",
    "init": "setup",
    "status": "setup",
    "work": "work",
    "sandbox": "sandbox",
    "demo": "demo",
    "repository": "repository",
    "setting": "setting",
    "record": "record",
    "doi": "doi",
    "batch": "batch",
    "queue": "queue",
    "sync": "sync",
    "audit": "audit",
    "cron": "cron",
    "event": "event",
    "usage": "usage",
    "usage-report": "usage_report",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"doitui.cli.{COMMANDS[cmd_name]}"), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", prog_name="doitui", message="%(prog)s %(version)s")
@click.option(
    "--database", metavar="URL", help="sqlite:///file.db or postgresql://user@host/name  [env: DOITUI_DATABASE]"
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def doitui(context: click.Context, database: str | None, debug: bool) -> None:
    """DOI operations for a repository: mint, verify and keep DOIs true at DataCite.

    Example: doitui --database sqlite:///archive.db init
    """
    context.obj = Session(database, debug)
    context.obj.spare_drivers()
    if context.invoked_subcommand is None:
        exits.leave(_alone(context))


def _alone(context: click.Context) -> int:
    """`doitui` alone opens the screens, read-only; where there is no terminal it shows what there is."""
    from doitui.tui.terminal import terminal

    if not terminal.fit_for_screens():
        show(None, False, context.get_help().splitlines())
        return exits.DONE
    from doitui.cli.tui import open_screens

    return open_screens(context.obj)


def run() -> None:
    """The entry point. Turns every error into its exit code and one line."""
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character gets its number, not an error.
            stream.reconfigure(errors="backslashreplace")
    debug = "--debug" in sys.argv
    try:
        doitui(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        sys.exit(_without_command(error))
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
    """What was given as the database, for the password in it: an error may quote it from anywhere."""
    words = sys.argv[1:]
    given = [word.partition("=")[2] for word in words if word.startswith("--database=")]
    given += [after for word, after in itertools.pairwise(words) if word == "--database"]
    return given[-1] if given else os.environ.get("DOITUI_DATABASE", "")


def _without_command(error: click.exceptions.NoArgsIsHelpError) -> int:
    """A group alone is half a command."""
    context = error.ctx
    assert context is not None
    assert isinstance(context.command, click.Group)
    say(f"doitui: {context.command_path} what? {', '.join(context.command.list_commands(context))}{_see(context)}")
    return exits.USAGE


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return error.format_message().removesuffix(".") + (_see(context) if context else "")


def _see(context: click.Context) -> str:
    return f" (see `{context.command_path} --help`)"


def _unexpected(error: Exception) -> str:
    if isinstance(error, DoituiError):
        return str(error)
    if isinstance(error, UnicodeEncodeError):
        return f"{error.object[:60]!r} is not valid text: type it in UTF-8"
    if isinstance(error, OSError) and error.errno in FULL and error.filename:
        return disk_full(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"
    return f"unexpected {type(error).__name__}: {error} (a mistake of ours: --debug shows where)"


def _terminated(number: int, _frame: FrameType | None) -> None:
    # Raised in the main thread: open transactions roll back on the way out.
    sys.exit(128 + number)
