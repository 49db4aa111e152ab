"""`doitui schema`: DataCite's official schema, for `metadata validate --xsd`."""

from __future__ import annotations

from pathlib import Path

import click

from doitui.cli.session import Session, reads


@click.group("schema")
def schema() -> None:
    """Install DataCite's official Kernel-4 schema (XSD).

    Example: doitui schema install
    """


@schema.command()
@click.option(
    "--from",
    "source",
    metavar="DIR|ZIP",
    type=click.Path(path_type=Path),
    help="Take the schema from this directory or ZIP file instead of schema.datacite.org.",
)
@reads
def install(session: Session, source: Path | None) -> None:
    """Put the official schema where `doitui metadata validate FILE --xsd` finds it. An installed schema is replaced.

    Example: doitui schema install --from kernel-4.7.zip
    """
    from doitui_core.metadata import official_schema

    folder = official_schema.install(source)
    session.show({"directory": str(folder)}, [f"schema installed in {folder}"])
