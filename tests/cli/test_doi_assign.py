"""`doitui doi assign`, `unassign`, `duplicates`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]
Write = Callable[..., Path]

ALTERNATE = [{"alternateIdentifier": "10.1594/alt", "alternateIdentifierType": "doi"}]


def test_a_doi_is_assigned_and_can_be_minted(archive: Doitui, write: Write) -> None:
    archive("record", "import", write("a"))
    would = archive("doi", "assign", "a", "10.5072/hand", "--dry-run")
    assert would.out == "a: 10.5072/hand would be assigned as its own\n"
    done = archive("doi", "assign", "a", "10.5072/hand", "--json").json
    assert done == {"object_id": "a", "doi": "10.5072/hand", "foreign": False}
    assert archive("doi", "mint", "a", "--now").code == 0


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("assign", "b", "10.5072/hand"), 1),
        (("assign", "a", "10.5072/other"), 1),
        (("assign", "b", "nonsense"), 2),
        (("assign", "nobody", "10.5072/x"), 2),
        (("unassign", "a", "10.5072/hand"), 1),
        (("unassign", "a", "10.5072/other"), 2),
    ],
)
@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)])
def test_what_is_refused_is_one_line(
    archive: Doitui, write: Write, command: tuple[str, ...], code: int, dry_run: tuple[str, ...]
) -> None:
    archive("record", "import", write("a", "b"))
    archive("doi", "assign", "a", "10.5072/hand")
    done = archive("doi", *command, *dry_run)
    assert (done.code, command[1] in done.complaint or command[2] in done.complaint) == (code, True)


def test_surplus_dois_are_listed_and_taken_away(archive: Doitui, write: Write) -> None:
    assert archive("doi", "duplicates").out == "each record has at most one DOI, and each DOI one record\n"
    archive("record", "import", write("a", doi="10.5072/own", alternateIdentifiers=ALTERNATE))
    assert archive("doi", "duplicates", "--repository", "h").out.splitlines() == [
        "document a has more than one DOI but only one DOI is expected: consider a cleanup",
        "  10.5072/own (its own, reserved)",
        "  10.1594/alt (alternate identifier)",
    ]
    (found,) = archive("doi", "duplicates", "--json").json["records"]
    assert [(one["doi"], one["place"]) for one in found["dois"]] == [
        ("10.5072/own", "own"),
        ("10.1594/alt", "metadata"),
    ]
    assert archive("doi", "unassign", "a", "10.1594/alt", "--dry-run").out == "a: 10.1594/alt would be removed\n"
    assert archive("doi", "unassign", "a", "10.1594/alt").out == "a: 10.1594/alt is removed\n"
    assert archive("doi", "duplicates", "--json").json == {"records": [], "dois": []}
