"""`doitui doi tombstone-page`: the page of one tombstone, or those of all in a directory."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from doitui.cli import exits
from doitui.cli.output import say, say_first
from doitui.cli.progress import progress
from doitui.cli.session import Session, writes
from doitui_core.text import plural

if TYPE_CHECKING:
    from doitui_core.db.models import Doi
    from doitui_core.dois.tombstone_files import PagesWritten

#: Failures that are printed.
LISTED = 20


@click.command("tombstone-page")
@click.argument("doi", metavar="[DOI]", required=False)
@click.option("--all", "everything", is_flag=True, help="All pages that are missing or outdated, into a directory.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="PLACE",
    help="The file to write (default stdout); with --all the directory (default: setting tombstone_page_directory).",
)
@writes
def tombstone_page(session: Session, doi: str | None, everything: bool, out: Path | None) -> None:
    """Write the HTML page for a tombstone: what it was, when and why it was withdrawn, what replaces it.

    With --all, a web server that serves the directory at tombstone_page_base finds each page by its DOI. Pages of
    restored DOIs are removed. Workers do the same for each DOI that is deactivated or restored, if
    tombstone_page_directory is set.

    Example: doitui doi tombstone-page 10.5072/h/2026/MS-0112 --out /srv/www/tombstones/ms-0112.html
    """
    if bool(doi) == everything:
        raise click.UsageError("give a DOI or --all, one of them", click.get_current_context())
    if doi:
        _write_one(session, doi, out)
    else:
        _write_all(session, out)


def warn_of_old_page(row: Doi) -> None:
    """Warn on stderr if `row`, deactivated, still leads to its old page."""
    from doitui_core.dois import tombstone_page

    if warning := tombstone_page.missing(row):
        say(f"warning: {warning}")


def _write_one(session: Session, doi: str, out: Path | None) -> None:
    from doitui.shared import files
    from doitui_core.dois import tombstone_page
    from doitui_core.records import doi_lookup

    with session.database(read_only=True):
        tombstone = tombstone_page.from_row(doi_lookup.find(doi))
    html = tombstone_page.render(tombstone)
    if out is not None and not session.dry_run:
        files.replace(out, html)
    written = f"{tombstone.doi}: the page {session.would or 'is '}written to {out}"
    session.show({"doi": tombstone.doi, "html": html}, html.splitlines() if out is None else [written])


def _write_all(session: Session, out: Path | None) -> None:
    from doitui_core.dois import tombstone_files

    with (
        session.database(read_only=True),
        progress("writing pages", tombstone_files.count(), lambda done: f"{plural(done, 'DOI')} done before") as bar,
    ):
        found = tombstone_files.write_all(out, dry_run=session.dry_run, step=bar.update)
    if found.skipped:
        say(f"without a directory (tombstone_page_directory), skipped: {', '.join(found.skipped)}")
    say_first([f"{doi}: {reason}" for doi, reason in found.failures], LISTED, ": --json lists all")
    session.show(dataclasses.asdict(found) | {"failures": dict(found.failures)}, [_line(session, found)])
    exits.leave(exits.SOME_FAILED if found.failed else exits.DONE)


def _line(session: Session, found: PagesWritten) -> str:
    counts = f"{found.written:,} written, {found.unchanged:,} unchanged, {found.removed:,} removed"
    line = f"tombstone pages: {session.would}{counts}"
    return f"{line}, {found.failed:,} failed" if found.failed else line
