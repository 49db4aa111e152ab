"""`doitui tui`, and `doitui` alone on a terminal: the screens."""

from __future__ import annotations

import gc
import os
import sys

import click

from doitui.cli import exits
from doitui.cli.output import say
from doitui.cli.session import Session, check_environment, pass_session


@click.command()
@click.option("--write", is_flag=True, help="Allow what changes things; without it the screens only look.")
@click.option("--mouse/--no-mouse", default=None, help="Whether the mouse is used (not over SSH).")
@click.option("--ascii/--no-ascii", "ascii_only", default=None, help="Draw with ASCII only (as the locale C does).")
@pass_session
def tui(session: Session, write: bool, mouse: bool | None, ascii_only: bool | None) -> None:
    """Open the screens: what is stuck, why, and the key that mends it. Read-only without --write.

    Example: doitui tui --write
    """
    exits.leave(open_screens(session, write=write, mouse=mouse, ascii_only=ascii_only))


def open_screens(
    session: Session, *, write: bool = False, mouse: bool | None = None, ascii_only: bool | None = None
) -> int:
    """The exit code of the screens, which stay until somebody leaves them."""
    from doitui.tui.terminal import terminal
    from doitui_core.db import dialects

    if not terminal.fit_for_screens():
        say("doitui: the screens need a terminal; `doitui status` and `doitui status --watch` print plain lines")
        return exits.USAGE
    check_environment()
    dialects.for_url(session.database_url)  # a URL that is none is told here, not waited for
    terminal.prepare(os.environ)
    # Searches for garbage among what is being loaded find none: 30 ms of a start. The screens begin them again.
    gc.disable()
    # Whatever reads beside the screens lets them have their turn within a millisecond, not five: keys must not wait.
    sys.setswitchinterval(0.001)
    from doitui.tui.app import DoituiApp

    app = DoituiApp(session.database_url, write=write, ascii_only=ascii_only)
    app.run(mouse=not terminal.remote(os.environ) if mouse is None else mouse)
    return app.return_code or 0
