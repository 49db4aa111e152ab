"""`doitui sandbox`: a stand-in for DataCite on this machine."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--port", default=8080, type=click.IntRange(0, 65535), help="Port (default 8080; 0: any free port).")
@click.option("--prefix", "prefixes", multiple=True, metavar="P", help="Prefix of the account, repeatable (10.5072).")
@click.option("--account", default="DEMO.REPO:demo", metavar="NAME:PASSWORD", help="Account (DEMO.REPO:demo).")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="Keep the state in this file.")
@click.option("--fault", "faults", multiple=True, metavar="SPEC", help="A fault, repeatable; see above.")
@click.option("--events-writable", is_flag=True, help="Let the account write events (at DataCite only staff can).")
def sandbox(
    port: int,
    prefixes: tuple[str, ...],
    account: str,
    state: Path | None,
    faults: tuple[str, ...],
    events_writable: bool,
) -> None:
    """Run a stand-in for DataCite on 127.0.0.1. It behaves as DataCite does, including its pitfalls.

    A fault is 'METHOD PATH-GLOB KIND [every=N] [count=N] [seconds=S] [status=N]'. Kinds: latency, hang (writes, then
    does not answer), reset, status, wrong-state, search-lag, html and gateway. html and gateway answer as a firewall,
    proxy or login page would: with a page (status 200 to 511), or with {"message": …} in JSON.

    Example: doitui sandbox --prefix 10.5072 --fault 'POST /dois hang every=10'
    """
    from doitui.web.sandbox.server import serve

    serve(port, prefixes or ("10.5072",), account, state, faults, events_writable)
