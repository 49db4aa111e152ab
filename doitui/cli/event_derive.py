"""`doitui event derive`: events of DOIs that were minted before, and sources of links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from doitui.cli import exits
from doitui.cli.output import say
from doitui.cli.progress import progress
from doitui.cli.session import Session, writes
from doitui_core.text import plural

if TYPE_CHECKING:
    from doitui_core.events.deriving import DeriveResult

#: Prefixes and errors that are named; `--json` has all.
NAMED = 10


@click.command()
@click.option("--repository", "code", metavar="CODE", help="Only DOIs of this repository (default: all).")
@writes
def derive(session: Session, code: str | None) -> None:
    """Make missing events from the metadata of registered DOIs, and look up the sources of links.

    The source (datacite-related, datacite-crossref …) follows from the registration agency of the related DOI, which
    resolver_url names. Prefixes without an agency are looked up again by the next run. Ctrl-C stops it; the same
    command continues.

    Example: doitui event derive --dry-run
    """
    from doitui.cli.work import stopping
    from doitui_core.config import repositories
    from doitui_core.events import deriving

    with session.database(durable=False), stopping() as stop:
        repository = repositories.find(code) if code else None
        if session.dry_run:
            _show_preview(session, deriving.preview(repository))
            return
        result = deriving.DeriveResult()
        with progress("deriving", deriving.count(repository), lambda _: f"{_done(result)}; run it again") as bar:

            def step(number: int) -> bool:
                bar.update(number)
                return not stop.is_set()

            deriving.derive(repository, actor=session.actor, step=step, result=result)
    _show(session, result)
    exits.leave(exits.UNREACHABLE if result.failed else exits.DONE)


def _show_preview(session: Session, found: DeriveResult) -> None:
    document = {
        "dois": found.dois,
        "would_store": found.new,
        "would_link": found.linked,
        "would_look_up": found.unknown,
    }
    line = f"would be stored: {plural(found.new, 'event')} of {plural(found.dois, 'DOI')}"
    session.show(document, [line, f"would get a source: {plural(found.linked, 'link')}", *_listed(found, "look up")])


def _show(session: Session, result: DeriveResult) -> None:
    document: dict[str, Any] = {
        "dois": result.dois,
        "new": result.new,
        "linked": result.linked,
        "looked_up": result.asked,
        "unknown": result.unknown,
        "failed": [{"prefix": prefix, "error": error} for prefix, error in result.failed.items()],
        "stopped": result.stopped,
    }
    session.show(document, [_done(result), *_listed(result, "no registration agency known for")])
    for error in list(result.failed.values())[:NAMED]:
        say(f"{error}; run `doitui event derive` again later")
    if result.stopped:
        say("stopped; the same command continues")


def _done(result: DeriveResult) -> str:
    dois = plural(result.dois, "DOI")
    return f"{dois} checked, {plural(result.new, 'new event')}, {plural(result.linked, 'link')} with a new source"


def _listed(result: DeriveResult, what: str) -> list[str]:
    if not result.unknown:
        return []
    more = f" and {len(result.unknown) - NAMED} more" if len(result.unknown) > NAMED else ""
    return [f"{what}: {', '.join(result.unknown[:NAMED])}{more}"]
