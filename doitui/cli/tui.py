"""`doitui tui`: the terminal interface, which `doitui` alone opens too."""

from __future__ import annotations

import gc
import os
import sys

import click

from doitui.cli import exits
from doitui.cli.output import say
from doitui.cli.session import Session, check_environment


@click.command()
@click.option("--write", is_flag=True, help="Allow changes (default: read-only).")
@click.option("--mouse/--no-mouse", default=None, help="Use the mouse (default: not over SSH).")
@click.option("--ascii/--no-ascii", "ascii_only", default=None, help="Draw with ASCII only (default in the locale C).")
@click.pass_obj
def tui(session: Session, write: bool, mouse: bool | None, ascii_only: bool | None) -> None:
    """Open the screens: what is stuck, why, and which key fixes it. Read-only without --write.

    Example: doitui tui --write
    """
    from doitui.tui.terminal import terminal
    from doitui_core.db import dialects

    if not terminal.fit_for_screens():
        say("doitui: the screens need a terminal; `doitui status` and `doitui status --watch` print plain lines")
        exits.leave(exits.USAGE)
    check_environment()
    dialects.for_url(session.database_url)  # an invalid URL is an error now, not a database to wait for
    terminal.prepare(os.environ)
    # Collections during the imports free nothing and take 30 ms. The screens enable them again.
    gc.disable()
    # Reader threads give way to the screens after 1 ms instead of 5, so that keys are answered at once.
    sys.setswitchinterval(0.001)
    from doitui.tui.app import DoituiApp

    app = DoituiApp(session.database_url, write=write, ascii_only=ascii_only)
    app.run(mouse=not terminal.remote(os.environ) if mouse is None else mouse)
    exits.leave(app.return_code or 0)
