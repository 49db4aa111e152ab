"""`doitui demo`: everything, offline, in a directory of its own."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from doitui.cli import exits
from doitui.cli.output import say, show
from doitui.cli.session import json_option

if TYPE_CHECKING:
    from doitui.demo.stage import Stage
    from doitui.demo.story import Check


@click.command()
@click.option("--headless", is_flag=True, help="Play it through and print a summary.")
@click.option(
    "--dir", "directory", type=click.Path(file_okay=False, path_type=Path), help="A new or empty directory to play in."
)
@json_option
def demo(headless: bool, directory: Path | None, as_json: bool) -> None:
    """Show everything on sample records, offline: a sandbox stands in for DataCite.

    On a terminal the screens open on it: a worker mints, visitors come to a demo site, some jobs fail and recover, and
    the key o starts an outage. With --headless it is played through, and what came of it is checked.

    Example: doitui demo --headless
    """
    from doitui.demo.stage import Stage
    from doitui.tui.terminal import terminal

    place = (directory or Path(tempfile.mkdtemp(prefix="doitui-demo-"))).absolute()
    if headless or as_json or not terminal.fit_for_screens():
        _play(Stage(place, (lambda _: None) if as_json else click.echo), as_json)
    else:
        _live(Stage(place, lambda _: None))


def _live(stage: Stage) -> None:
    """The screens on the living demo; leaving them ends everything it started."""
    from doitui.demo.living import Living
    from doitui.tui.terminal import terminal

    say("setting the stage: sandbox, records, worker, site, visitors …")
    living = Living(stage)
    try:
        living.start()
        # The screens tell of the demo's spool and log, never of real ones.
        os.environ |= {"DOITUI_SPOOL": str(stage.spool), "DOITUI_LOG": str(stage.log)}
        terminal.prepare(os.environ)
        from doitui.demo.screens import DemoApp

        app = DemoApp(living)
        app.run(mouse=not terminal.remote(os.environ))
        code = app.return_code or 0
    finally:
        living.stop()
    say(f"the demo is over; everything is in {stage.directory}")
    exits.leave(code)


def _play(stage: Stage, as_json: bool) -> None:
    from doitui.demo import story

    begun = time.monotonic()
    try:
        stage.build(faults=story.FAULTS)
        checks = story.play(stage)
    finally:
        stage.close()
    seconds = time.monotonic() - begun
    document = {
        "ok": all(check.ok for check in checks),
        "directory": str(stage.directory),
        "seconds": round(seconds, 1),
        "checks": [{"what": check.what, "ok": check.ok, "found": repr(check.found)} for check in checks],
    }
    show(document, as_json, _summary(stage, checks, seconds))
    exits.leave(exits.DONE if document["ok"] else exits.SOME_FAILED)


def _summary(stage: Stage, checks: list[Check], seconds: float) -> Iterator[str]:
    yield ""
    yield "── In short"
    for check in checks:
        yield f"  {'ok  ' if check.ok else 'FAIL'} {check.what}" + (
            "" if check.ok else f": {check.found!r}, not {check.expected!r}"
        )
    good = sum(check.ok for check in checks)
    yield ""
    yield f"{good} of {len(checks)} came out as expected, in {seconds:.0f} s. Everything is in {stage.directory}"
    yield ""
    yield "Look further:"
    yield f"  export DOITUI_DATABASE={stage.database}"
    yield "  doitui doi list                            # all DOIs, newest mint first"
    yield "  doitui doi history 10.5072/hollin-tide-model   # all that happened to one"
    yield "  doitui record show MS-0112                 # a record, and what DataCite would say to it"
    yield "  doitui queue list                          # every job"
    yield f"  doitui sandbox --state {stage.directory / 'sandbox.db'}   # the stand-in again, with its DOIs"
