"""Metadata of one record, without a database: checked, written as DataCite XML, read again. CPU time of one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import generated
from ground import Ground, Row

from doitui_core.metadata import from_json, from_xml, to_xml, validate

RECORDS = 5_000

DOI = "10.5072/hollin"

Document = dict[str, Any]


def rows(ground: Ground) -> list[Row]:
    """Records a second, and the bytes of their XML."""
    documents = [generated.attributes(number) for number in range(ground.sized(RECORDS))]
    files = [to_xml.render(from_json.canonical(document), doi=DOI) for document in documents]
    _checked_xml(documents[0])
    size = f"{sum(map(len, files)) / len(files):,.0f} bytes of XML each"
    return [
        _row("validate + XML out of a record", _checked_xml, documents, 2_000, size),
        _row("  validate alone", _checked, documents),
        _row("  JSON to XML alone", _xml, documents),
        _row("XML to JSON", from_xml.read, files),
        _row("XML to JSON to XML, validated", _there_and_back, files),
    ]


def _row(
    what: str, act: Callable[[Any], object], items: Sequence[Any], least: float | None = None, beside: str = ""
) -> Row:
    start = time.process_time()
    for item in items:
        act(item)
    return Row(what, len(items) / (time.process_time() - start), "records/CPU s", least=least, beside=beside)


def _checked(document: Document) -> Document:
    """The canonical form of a document that DataCite takes."""
    attributes = from_json.canonical(document)
    wrong = [finding for finding in validate.check(attributes) if finding.level == "error"]
    if wrong:
        raise RuntimeError(f"a generated record has errors, first: {wrong[0].message}")
    return attributes


def _checked_xml(document: Document) -> bytes:
    return to_xml.render(_checked(document), doi=DOI)


def _xml(document: Document) -> bytes:
    return to_xml.render(from_json.canonical(document), doi=DOI)


def _there_and_back(data: bytes) -> bytes:
    return _checked_xml(from_xml.read(data).attributes)
