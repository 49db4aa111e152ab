"""`doitui metadata`: check and convert documents of files, without a database."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from doitui.cli import exits
from doitui.cli.findings import finding_line, no_validate_option, print_document, refuse
from doitui.cli.options import files_argument
from doitui.cli.output import say
from doitui.cli.progress import progress
from doitui.cli.session import Session, reads
from doitui_core.text import plural


@click.group("metadata")
def metadata() -> None:
    """Check and convert DataCite XML and JSON files.

    Example: doitui metadata validate records/*.xml
    """


@metadata.command("validate")
@files_argument
@click.option("--mds", is_flag=True, help="Also warn of what DataCite loses when the document comes over MDS.")
@click.option("--xsd", is_flag=True, help="Also check by DataCite's official schema (see `doitui schema install`).")
@reads
def validate_(session: Session, files: tuple[Path, ...], mds: bool, xsd: bool) -> None:
    """Check documents as for a mint: errors, which DataCite would reject, and warnings.

    The files may be DataCite XML, DataCite JSON or JSON lines. Nothing is stored and nothing is sent.

    Example: doitui metadata validate records/*.xml
    """
    from doitui_core.records import document_check

    counts: Counter[bool] = Counter()

    def checked() -> Iterator[dict[str, Any]]:
        """Each document as it is read: there may be millions in a file of JSON lines."""
        with progress("checking", len(files)) as bar:
            for path in files:
                for found in document_check.check(path, mds=mds, xsd=xsd):
                    counts[found.valid] += 1
                    if found.error:
                        say(f"{found.place}: {found.error}")
                    findings = [dataclasses.asdict(finding) for finding in found.findings]
                    yield {"place": found.place, "valid": found.valid, "error": found.error, "findings": findings}
                bar.update(1)

    session.show_each("documents", checked(), _finding_lines)
    if not session.as_json:
        session.show({}, [f"{plural(counts.total(), 'document')} checked, {counts[False]} invalid"])
    exits.leave(exits.SOME_FAILED if counts[False] else exits.DONE)


def _finding_lines(row: dict[str, Any]) -> list[str]:
    return [f"{row['place']}: {finding_line(finding)}" for finding in row["findings"]]


@metadata.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "form", required=True, type=click.Choice(["json", "xml"]), help="Format of the output.")
@no_validate_option
def convert(file: Path, form: str, check: bool) -> None:
    """Convert one document to DataCite XML or to DataCite JSON, on stdout.

    A document with errors is not converted, unless --no-validate is given. XML of Kernel 3 becomes Kernel 4; what is
    changed or left out is said on stderr.

    Example: doitui metadata convert record.xml --to json
    """
    from doitui_core.metadata import validate
    from doitui_core.metadata.validate import Finding
    from doitui_core.records import document_check

    found = document_check.one(file)
    doi = str(found.attributes.get("doi") or "")
    errors = validate.only_errors(found.findings)
    if not doi and form == "xml":
        message = "doi: required in DataCite XML, missing"
        errors = [*errors, Finding("doi_missing", "error", "doi", message, "add the DOI to the document")]
    if check:
        refuse(errors, f"{file} was not converted", ["metadata", "convert", str(file), "--to", form])
    for finding in found.changed:
        say(f"{finding.level}: {finding.message} ({finding.code})")
    print_document(found.attributes, doi, form)
