"""What is too large, and for which way to DataCite."""

from __future__ import annotations

import random
from typing import Any

from doitui_core.metadata.from_xml import parse
from doitui_core.metadata.sizes import LONGEST_REQUEST, LONGEST_XML, SURELY_SMALL, refusal
from doitui_core.metadata.to_xml import render


def related(rows: int) -> dict[str, Any]:
    row = {"relatedIdentifierType": "DOI", "relationType": "References"}
    return {"relatedIdentifiers": [{"relatedIdentifier": f"10.15468/dl.{n}", **row} for n in range(rows)]}


def dense(characters: int) -> dict[str, Any]:
    """Text that hardly packs."""
    chance = random.Random(1)
    half = "".join(chr(chance.randrange(0x3400, 0xD000)) for _ in range(characters // 2))
    return {"descriptions": [{"description": half, "descriptionType": "Other"}] * 2}


def test_a_document_of_fifteen_megabytes_goes_over_rest_and_not_over_mds() -> None:
    document = related(115_000)
    assert LONGEST_REQUEST < len(render(document, doi="")) < LONGEST_XML
    assert refusal(document, packed=True) is None
    note = refusal(document, packed=False)
    assert note is not None
    assert (note.code, "MDS" in note.problem) == ("too_large", True)


def test_more_xml_than_datacite_keeps_is_refused() -> None:
    note = refusal(related(160_000), packed=True)
    assert note is not None
    assert (note.code, "DataCite keeps 16.8 MB" in note.problem) == ("too_large", True)


def test_one_text_beyond_what_parsers_read_is_refused() -> None:
    document = {"descriptions": [{"description": "ä" * 5_000_001, "descriptionType": "Other"}]}
    note = refusal(document, packed=True)
    assert note is not None
    assert (note.code, "a text of more than 10.0 MB" in note.problem) == ("too_large", True)


def test_what_does_not_pack_is_refused_by_what_is_sent() -> None:
    document = dense(5_500_000)
    assert len(render(document, doi="")) < LONGEST_XML
    note = refusal(document, packed=True)
    assert note is not None
    assert (note.code, "gzipped" in note.problem) == ("too_large", True)


def test_what_is_surely_small_is_small_as_xml_too() -> None:
    # The worst there is: a short row of characters that XML escapes.
    rows = SURELY_SMALL // len('"&",')
    assert len(render({"sizes": ["&"] * rows}, doi="")) < LONGEST_REQUEST


def test_an_xml_file_of_fifteen_megabytes_is_read() -> None:
    document = related(115_000)
    assert parse(render(document, doi="10.5072/a"))["relatedIdentifiers"] == document["relatedIdentifiers"]
