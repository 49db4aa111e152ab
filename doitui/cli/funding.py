"""`doitui funding`: fundings from other systems."""

from __future__ import annotations

from pathlib import Path

import click

from doitui.cli import exits
from doitui.cli.options import files_argument
from doitui.cli.output import say
from doitui.cli.progress import adds_progress
from doitui.cli.session import Session, writes
from doitui_core.text import plural


@click.group("funding")
def funding() -> None:
    """Add fundings to records.

    Example: doitui funding import fundings.csv
    """


@funding.command("import")
@files_argument
@writes
def import_(session: Session, files: tuple[Path, ...]) -> None:
    """Import fundings from CSV: object_id, funder_name, and as known funder_identifier, funder_identifier_type,
    award_number, award_uri, award_title.

    They are sent with the next update of the record's DOI, besides the fundings of its document. A funding that the
    record has already (same funder and award) is skipped.

    Example: doitui funding import fundings.csv
    """
    from doitui_core.records import funding_import

    result = funding_import.FundingImportResult()
    with session.database(), adds_progress(lambda: f"{plural(result.imported, 'funding')} stored before"):
        funding_import.import_fundings(files, result, dry_run=session.dry_run)
        if result.imported and not session.dry_run:
            _note(session, result.imported)
    for place, why in result.rejected:
        say(f"{place}: {why}")
    rejected = [{"place": place, "error": why} for place, why in result.rejected]
    document = {"imported": result.imported, "duplicates": result.duplicates, "rejected": rejected}
    counts = f"{result.duplicates} duplicates skipped, {len(rejected)} rejected"
    session.show(document, [f"{plural(result.imported, 'funding')} {session.would}imported, {counts}"])
    exits.leave_items([exits.USAGE] * len(rejected), result.imported + result.duplicates + len(rejected))


def _note(session: Session, imported: int) -> None:
    from doitui_core.db import audit, database

    with database.write():
        audit.note(session.actor, "import", plural(imported, "funding"))
