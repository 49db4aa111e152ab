"""`doitui record harvest`: import records over OAI-PMH."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from doitui.cli import exits, object_id_lines
from doitui.cli.options import owner_option
from doitui.cli.output import say, say_first
from doitui.cli.progress import adds_progress
from doitui.cli.session import Session, writes
from doitui_core.text import plural


@click.command()
@click.argument("url")
@click.option(
    "--prefix",
    default="oai_datacite",
    type=click.Choice(["oai_datacite", "oai_dc"]),
    help="Metadata format (default oai_datacite).",
)
@click.option("--set", "set_spec", default="", metavar="S", help="Only records of this set.")
@click.option(
    "--from",
    "from_date",
    default="",
    metavar="DATE|last",
    help="Only records changed since this date, or since the last complete harvest.",
)
@owner_option
@click.option(
    "--object-id",
    default="oai",
    metavar="oai|auto|FIELD",
    help="Where the object id comes from (default oai: the last part of the OAI identifier).",
)
@click.option("--overwrite", is_flag=True, help="Take the source's values also where a person set others.")
@writes
def harvest(
    session: Session,
    url: str,
    prefix: str,
    set_spec: str,
    from_date: str,
    code: str | None,
    object_id: str,
    overwrite: bool,
) -> None:
    """Import records over OAI-PMH from the base address URL, or update records from there.

    Records are stored as `record import` stores them. An interrupted harvest continues with the same command. Records
    deleted at the source are listed and not changed here. What a person set does not change: differences are reported,
    and --overwrite takes the source's values. Requires pip install 'doitui[harvest]'.

    Example: doitui record harvest https://archive.example.org/oai --prefix oai_dc --from last
    """
    from doitui_core.config import repositories
    from doitui_core.records import harvesting
    from doitui_core.records.harvest_state import HarvestRequest

    request = HarvestRequest(url, prefix, set_spec, from_date, object_id)
    result = harvesting.HarvestResult()
    with session.database(), adds_progress(lambda: _progress(session, result)):
        config = repositories.config(repositories.find_or_only(code))
        harvesting.harvest(request, config, result, overwrite=overwrite, dry_run=session.dry_run, actor=session.actor)
    _report(session, result)


def _progress(session: Session, result: Any) -> str:
    if session.dry_run:
        return f"{plural(result.harvested, 'record')} checked"
    return f"{plural(result.stored, 'record')} stored before; the same command continues from there"


def _report(session: Session, result: Any) -> None:
    document = {
        "harvested": result.harvested,
        "created": result.created,
        "updated": result.updated,
        "deleted": list(map(dataclasses.asdict, result.deleted)),
        "rejected": [{"place": row.place, "error": row.error} for row in result.rejected],
        "kept": _fields(result.protected),
        "kept_count": len(result.protected),
        "overwritten": _fields(result.overwritten),
        "overwritten_count": len(result.overwritten),
        "dois_created": result.dois_created,
        "dois_queued": result.dois_queued,
        "not_registered": [{"object_id": object_id, "error": why} for object_id, why in result.not_registered],
        "renamed": [{"object_id": object_id, "before": before} for object_id, before in result.renamed],
        "found_by_doi": [{"object_id": object_id, "document": stated} for object_id, stated in result.found_by_doi],
        "landing_pages_changed": result.moved,
    }
    for row in result.rejected:
        say(f"{row.place}: {row.error}")
    say_first(list(map(_deleted_line, result.deleted)), 10, " deleted at the source: --json lists all")
    for found, remark in (
        (result.protected, "that differ from the source"),
        (result.overwritten, "that were overwritten"),
    ):
        lines = [f"record {object_id} {field.message}" for object_id, field in found]
        say_first(lines, 10, f" values set by hand {remark}: --json lists all")
    failed = [f"no DOI was registered for record {object_id}: {why}" for object_id, why in result.not_registered]
    say_first(failed, 10, " records without a registration: --json lists all")
    kept = [f"record {own}, found by its DOI, is not renamed to {other}" for own, other in result.found_by_doi]
    say_first(kept, 10, " records that keep their object ids: --json lists all")
    session.show(document, _lines(session, result))
    exits.leave_items([exits.USAGE] * len(result.rejected), result.stored + len(result.rejected))


def _fields(found: Any) -> list[dict[str, Any]]:
    return [{"object_id": object_id} | dataclasses.asdict(field) for object_id, field in found]


def _deleted_line(row: Any) -> str:
    if row.known:
        return f"{row.identifier} was deleted at the source: `doitui record delete {row.object_id}` deletes it here"
    return f"{row.identifier} was deleted at the source" + ("; nothing to delete here" if row.object_id else "")


def _lines(session: Session, result: Any) -> list[str]:
    counts = f"({result.created} new, {result.updated} known), {len(result.rejected)} rejected"
    deleted = f", {len(result.deleted)} deleted at the source" if result.deleted else ""
    lines = [f"{plural(result.stored, 'record')} {session.would}harvested {counts}{deleted}"]
    if result.continued:
        lines.append("the harvest continued where it was interrupted")
    if result.protected:
        kept = plural(len(result.protected), "value")
        lines.append(f"{kept} set by hand not changed: --overwrite takes the source's values")
    if result.overwritten:
        lines.append(f"{plural(len(result.overwritten), 'value')} set by hand {session.would}overwritten")
    if result.renamed:
        now, before = result.renamed[0]
        lines.append(f"{plural(len(result.renamed), 'object id')} {session.would}changed: {before} to {now}")
    lines += object_id_lines.moved_lines(result.moved, session.would)
    if result.dois_created or result.dois_queued:
        created = plural(result.dois_created, "DOI")
        lines.append(f"{created} {session.would}created, {result.dois_queued} queued for registration")
    if result.not_mintable:
        lines.append(f"{result.not_mintable} of them cannot be minted yet: see `doitui record check --all`")
    if result.relations:
        lines.append(f"{plural(result.relations, 'relation')} left out: Dublin Core does not say their type")
    return lines
