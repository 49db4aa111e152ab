"""`doitui doi assign`, `unassign`, `duplicates`: one DOI for each record."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from doitui.cli.options import repository_option
from doitui.cli.session import Session, reads_database, writes_database

id_argument = click.argument("id_", metavar="ID")
doi_argument = click.argument("doi", metavar="DOI")


@click.command()
@id_argument
@doi_argument
@writes_database
def assign(session: Session, id_: str, doi: str) -> None:
    """Give a record this DOI by hand; refused when it has one, or when another record has it.

    A DOI under your prefix becomes the record's own and can be minted, or taken over with `doi adopt` if it is at
    DataCite already. Any other is foreign and never registered. Nothing is sent.

    Example: doitui doi assign THS-2026-003 10.5072/thesis.3
    """
    from doitui_core.operations import doi_assignments
    from doitui_core.records import record_lookup

    record = record_lookup.find(id_)
    if session.dry_run:
        found, ours = doi_assignments.check_assign(record, doi)
    else:
        found, ours = doi_assignments.assign(record, doi, actor=session.actor)
    kind = "as its own" if ours else "as a foreign DOI, which is never registered"
    document = {"object_id": record.object_id, "doi": found, "foreign": not ours}
    session.show(document, [f"{record.object_id}: {found} {session.would or 'is '}assigned {kind}"])


@click.command()
@id_argument
@doi_argument
@writes_database
def unassign(session: Session, id_: str, doi: str) -> None:
    """Take a surplus DOI away from a record that has several; never its only one, never a registered one.

    Its own DOI is abandoned; a foreign one, or one among its alternate identifiers, is removed from the record. Correct
    the source too: a document that still names it brings it back.

    Example: doitui doi unassign THS-2026-003 10.1594/old.3
    """
    from doitui_core.operations import doi_assignments
    from doitui_core.records import record_lookup

    record = record_lookup.find(id_)
    if session.dry_run:
        found = doi_assignments.check_unassign(record, doi)
    else:
        found = doi_assignments.unassign(record, doi, actor=session.actor)
    done = "abandoned" if found.place == doi_assignments.OWN else "removed"
    document = {"object_id": record.object_id, "doi": found.doi, "place": found.place, "outcome": done}
    session.show(document, [f"{record.object_id}: {found.doi} {session.would or 'is '}{done}"])


@click.command()
@repository_option
@reads_database
def duplicates(session: Session, code: str) -> None:
    """List records with more than one DOI, and DOIs of more than one record.

    `doi unassign` takes a surplus DOI away.

    Example: doitui doi duplicates --json
    """
    from doitui_core.config import repositories
    from doitui_core.operations import duplicate_dois

    repository_id = repositories.find(code).id if code else 0
    surplus = list(duplicate_dois.surplus(repository_id))
    shared = duplicate_dois.shared(repository_id)
    lines = [line for one in surplus for line in (one.message, *map(_named, one.dois))]
    lines += [one.message for one in shared]
    document = {
        "records": [dataclasses.asdict(one) | {"message": one.message} for one in surplus],
        "dois": [dataclasses.asdict(one) | {"message": one.message} for one in shared],
    }
    session.show(document, lines or ["each record has at most one DOI, and each DOI one record"])


def _named(one: Any) -> str:
    places = {"own": "its own", "foreign": "foreign", "metadata": "alternate identifier"}
    return f"  {one.doi} ({', '.join(filter(None, (places[one.place], one.status)))})"
