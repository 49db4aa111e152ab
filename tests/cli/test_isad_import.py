"""`doitui record import` of AtoM's ISAD CSV, and the owner of documents that name none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]

HEADER = "legacyId,parentId,title,levelOfDescription,publicationStatus\n"


@pytest.fixture
def isad(tmp_path: Path) -> Callable[..., Path]:
    """A file of these lines below the header."""

    def make(*lines: str) -> Path:
        path = tmp_path / "isad.csv"
        path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
        return path

    return make


def test_rows_are_inserted_updated_left_alone_and_rejected(archive: Doitui, isad: Callable[..., Path]) -> None:
    archive("record", "import", isad("1,,Fonds,Fonds,", "2,1,Letter,Item,", "3,1,Page,Item,Draft"))
    path = isad("1,,Fonds,Fonds,", "2,1,Another letter,Item,", "3,9,Page,Item,", "4,1,New,Item,", "5,1,Odd,Item,Maybe")
    dry, done = archive("record", "import", path, "--dry-run", "--json"), archive("record", "import", path, "--json")
    found = done.json
    assert (done.code, dry.code, dry.json) == (1, 1, found)
    assert [found[name] for name in ("imported", "created", "updated", "unchanged")] == [3, 1, 1, 1]
    assert sorted((row["place"], row["column"]) for row in found["rejected"]) == [
        (f"{path}:4", "parentId"),
        (f"{path}:6", "publicationStatus"),
    ]
    shown = archive("record", "show", "4", "--json").json
    assert (shown["metadata"]["parent"], shown["published"]) == ("1", True)


def test_people_read_the_counts_and_the_reasons(archive: Doitui, isad: Callable[..., Path]) -> None:
    path = isad("1,,Fonds,Fonds,", "1,,Again,Fonds,")
    done = archive("record", "import", "--format", "isad-csv", path)
    assert done.out.startswith("1 record imported (1 new, 0 updated, 0 unchanged), 1 rejected\n")
    assert f"{path}:3: has the legacyId '1' of line 2: write each once" in done.err.splitlines()


def test_of_many_records_that_cannot_be_minted_the_first_are_named(archive: Doitui, isad: Callable[..., Path]) -> None:
    done = archive("record", "import", isad(*(f"{number},,A,Item," for number in range(60))))
    named = [line for line in done.err.splitlines() if ": record " in line]
    assert len(named) == 100
    assert "more that cannot be minted: `doitui record check --all` groups them" in done.err


def test_an_owner_is_given_to_records_whose_document_names_none(
    archive: Doitui, isad: Callable[..., Path], write: Callable[..., Path]
) -> None:
    owner = ("--owner-name", "Ida Brandt", "--owner-email", "ida@example.org")
    archive("record", "import", isad("1,,Fonds,Fonds,"), write("a", owner_name="Jo"), *owner)
    shown = [archive("record", "show", one, "--json").json for one in ("1", "a")]
    assert [(row["owner_name"], row["owner_email"]) for row in shown] == [("Ida Brandt", "ida@example.org"), ("Jo", "")]
    done = archive("record", "import", isad("1,,Fonds,Fonds,"), "--owner-email", "nobody")
    assert (done.code, "the owner's address cannot be 'nobody'" in done.err) == (2, True)
