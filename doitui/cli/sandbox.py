"""`doitui sandbox`: a stand-in for DataCite on this machine."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--port", default=8080, type=click.IntRange(0, 65535), help="0 picks a free one (8080).")
@click.option(
    "--prefix", "prefixes", multiple=True, metavar="P", help="A prefix of the account; may be repeated (10.5072)."
)
@click.option(
    "--account", default="DEMO.REPO:demo", metavar="NAME:PASSWORD", help="The repository account (DEMO.REPO:demo)."
)
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="Keep everything in this file.")
@click.option("--fault", "faults", multiple=True, metavar="SPEC", help="Misbehave; may be repeated.")
@click.option("--events-writable", is_flag=True, help="Let the account write events, as DataCite lets only its staff.")
def sandbox(
    port: int,
    prefixes: tuple[str, ...],
    account: str,
    state: Path | None,
    faults: tuple[str, ...],
    events_writable: bool,
) -> None:
    """Run a DataCite stand-in on 127.0.0.1, to rehearse with. It behaves as DataCite does, traps included.

    A fault is 'METHOD PATH-GLOB KIND [every=N] [count=N] [seconds=S] [status=N]' with one of the kinds latency, hang
    (the write is done, then no answer), reset, status, wrong-state, search-lag; html and gateway answer as what is on
    the way does: with a page (status 200 to 511: a login page, a firewall, a proxy), or with {"message": …} in JSON.

    Example: doitui sandbox --prefix 10.5072 --fault 'POST /dois hang every=10'
    """
    from doitui.web.sandbox.server import serve

    serve(port, prefixes or ("10.5072",), account, state, faults, events_writable)
