"""`doitui sandbox` and `doitui demo`: doitui without DataCite."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from doitui.cli import exits
from doitui.cli.output import say
from doitui.cli.session import Session, reads


@click.command()
@click.option("--port", default=8080, type=click.IntRange(0, 65535), help="Port (default 8080; 0: any free port).")
@click.option(
    "--prefix",
    "prefixes",
    multiple=True,
    default=["10.5072"],
    metavar="P",
    help="Prefix of the account, repeatable (10.5072).",
)
@click.option("--account", default="DEMO.REPO:demo", metavar="NAME:PASSWORD", help="Account (DEMO.REPO:demo).")
@click.option("--domains", default="*", metavar="LIST", help="Hosts of landing pages the account may use (*: any).")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="Keep the state in this file.")
@click.option("--fault", "faults", multiple=True, metavar="SPEC", help="A fault, repeatable; see above.")
@click.option("--staff", default="", metavar="NAME:PASSWORD", help="An account of DataCite's own staff.")
@click.option("--events-writable", is_flag=True, help="Let the account write events (at DataCite only staff can).")
@click.option(
    "--all-events", is_flag=True, help="List events that DataCite dropped in 2026 too: authors, funders, URLs …"
)
def sandbox(**options: Any) -> None:
    """Run a stand-in for DataCite on 127.0.0.1. It behaves as DataCite does, including its pitfalls.

    A fault is 'METHOD PATH-GLOB KIND [every=N] [count=N] [seconds=S] [status=N]'. Kinds: latency, hang (writes, then
    does not answer), reset, status, wrong-state, search-lag, html and gateway. html and gateway answer as a firewall,
    proxy or login page would: with a page (status 200 to 511), or with {"message": …} in JSON.

    Only staff writes events and deletes reports at DataCite: --staff adds such an account.

    Example: doitui sandbox --prefix 10.5072 --fault 'POST /dois hang every=10'
    """
    from doitui.web.sandbox.server import serve

    serve(**options)


@click.command()
@click.option("--headless", is_flag=True, help="Run the main tasks without the screens, and print a summary.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="A new or empty directory, which stays.",
)
@click.option("--keep", is_flag=True, help="Keep the temporary directory.")
@reads
def demo(session: Session, headless: bool, directory: Path | None, keep: bool) -> None:
    """Show everything on sample records, offline: a sandbox replaces DataCite.

    On a terminal this opens the screens. A worker mints, visitors use a demo site, some jobs fail and recover, and the
    key o starts an outage. With --headless it runs the main tasks and checks the results.

    Its files are in a temporary directory, which is removed at the end.

    Example: doitui demo --headless
    """
    from doitui.tui.terminal import terminal

    with _place(directory, keep) as place:
        kept = keep or directory is not None
        if headless or session.as_json or not terminal.fit_for_screens():
            _play(session, place, kept)
        else:
            _open_screens(place, kept)


@contextmanager
def _place(directory: Path | None, keep: bool) -> Iterator[Path]:
    """The directory of the demo; a temporary one is removed, also after Ctrl-C and SIGTERM, unless `keep`."""
    if directory is not None:
        yield directory.absolute()
        return
    place = Path(tempfile.mkdtemp(prefix="doitui-demo-")).absolute()
    try:
        yield place
    finally:
        if not keep:
            shutil.rmtree(place, ignore_errors=True)


def _open_screens(place: Path, kept: bool) -> None:
    """Run the live demo with the screens; end all its processes afterwards."""
    from doitui.demo.environment import DemoEnvironment
    from doitui.demo.live import LiveDemo
    from doitui.tui.terminal import terminal

    say("starting sandbox, records, worker, site, visitors …")
    environment = DemoEnvironment(place, lambda _: None)
    live = LiveDemo(environment)
    try:
        live.start()
        # The screens read the spool and the log of the demo, not the user's.
        os.environ |= {"DOITUI_SPOOL": str(environment.spool), "DOITUI_LOG": str(environment.log)}
        terminal.prepare(os.environ)
        from doitui.demo.screens import DemoApp

        app = DemoApp(live)
        app.run(mouse=not terminal.remote(os.environ))
    finally:
        live.stop()
    say(f"the demo has ended; its files are in {place}" if kept else f"the demo has ended; {REMOVED}")
    exits.leave(app.return_code or 0)


def _play(session: Session, place: Path, kept: bool) -> None:
    from doitui.demo import steps
    from doitui.demo.environment import DemoEnvironment

    environment = DemoEnvironment(place, (lambda _: None) if session.as_json else click.echo)
    begin = time.monotonic()
    try:
        environment.build(faults=steps.FAULTS)
        checks = steps.run(environment)
    finally:
        environment.close()
    seconds = time.monotonic() - begin
    ok = sum(check.ok for check in checks)
    document = {
        "ok": ok == len(checks),
        "directory": str(place) if kept else None,
        "seconds": round(seconds, 1),
        "checks": [{"what": check.what, "ok": check.ok, "found": repr(check.found)} for check in checks],
    }
    lines = [
        f"  ok   {one.what}" if one.ok else f"  FAIL {one.what}: {one.found!r}, expected {one.expected!r}"
        for one in checks
    ]
    files = f"All files are in {place}" if kept else f"The demo has ended; {REMOVED}"
    result = f"{ok} of {len(checks)} checks passed, in {seconds:.0f} s. {files}"
    next_ = NEXT.format(database=environment.database, sandbox=place / "sandbox.db") if kept else NEXT_REMOVED
    commands = next_.splitlines()
    session.show(document, ["", "── Summary", *lines, "", result, "", *commands])
    exits.leave(exits.DONE if document["ok"] else exits.SOME_FAILED)


REMOVED = "its files were removed (--keep or --dir DIR keeps them)"

NEXT_REMOVED = """Try next:
  doitui demo                                # the screens, with a worker and visitors
  doitui demo --headless --dir hollin        # the same again, to look at the database with all commands"""

NEXT = """Try next:
  export DOITUI_DATABASE={database}
  doitui doi list                            # all DOIs, newest mint first
  doitui doi history 10.5072/hollin-tide-model   # everything about one DOI
  doitui record show MS-0112                 # a record, with errors and warnings
  doitui queue list                          # all jobs
  doitui sandbox --state {sandbox}   # the sandbox again, with its DOIs"""
