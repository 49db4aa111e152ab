"""`doitui record import` of known records, and DOIs in any form on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]
Write = Callable[..., Path]

OLD, NEW = "https://old.example.org/a", "https://new.example.org/a"


@pytest.fixture
def moved(archive: Doitui, write: Write) -> Doitui:
    """Record a, whose landing page and publication state a person changed."""
    archive("record", "import", write("a", url=OLD, owner_name="Ida", owner_email="ida@example.org"))
    archive("doi", "reserve", "a")
    archive("doi", "set-url", archive("record", "show", "a", "--json").json["doi"], NEW)
    archive("record", "unpublish", "a")
    return archive


def facts(doitui: Doitui) -> tuple[str, bool]:
    row = doitui("record", "show", "a", "--json").json
    return row["url"], row["published"]


def test_importing_again_does_not_change_what_a_person_set(moved: Doitui, write: Write) -> None:
    done = moved("record", "import", write("a", url=OLD, published=True))
    assert (done.code, facts(moved)) == (0, (NEW, False))
    assert done.err.splitlines() == [
        f"record a keeps its landing page {NEW}, set by hand; the document says {OLD}",
        "record a keeps its publication state unpublished, set by hand; the document says published",
    ]


@pytest.mark.parametrize("option", [(), ("--dry-run",)])
def test_json_lists_the_values_that_were_not_changed(moved: Doitui, write: Write, option: tuple[str, ...]) -> None:
    place = write("a", url=OLD)
    found = moved("record", "import", place, *option, "--json").json["kept"]
    result = {"object_id": "a", "place": f"{place}:1", "field": "url", "value": NEW, "document": OLD}
    assert found == [result]


def test_an_option_decides_about_publication(moved: Doitui, write: Write) -> None:
    moved("record", "import", "--published", write("a", published=False))
    assert facts(moved) == (NEW, True)
    moved("record", "import", write("a", published=False))
    assert facts(moved) == (NEW, True)


def test_of_many_differences_the_first_are_named(archive: Doitui, write: Write) -> None:
    ids = [f"r{number}" for number in range(12)]
    archive("record", "import", write(*ids, published=True))
    archive("record", "unpublish", *ids)
    result = archive("record", "import", write(*ids, published=True)).err.splitlines()
    assert (len(result), result[-1]) == (
        11,
        "… and 2 more values set by hand that differ from the documents: --json lists all",
    )


def test_differences_are_counted_and_overwrite_takes_the_documents_values(moved: Doitui, write: Write) -> None:
    place = write("a", url=OLD, published=True)
    kept = moved("record", "import", place, "--json").json
    assert (kept["kept_count"], kept["overwritten_count"]) == (2, 0)
    assert "2 values set by hand not changed: --overwrite takes" in moved("record", "import", place).out
    would = moved("record", "import", place, "--overwrite", "--dry-run")
    assert ("2 values set by hand would be overwritten" in would.out, facts(moved)) == (True, (NEW, False))
    done = moved("record", "import", place, "--overwrite", "--json").json
    assert (done["overwritten_count"], done["kept"], facts(moved)) == (2, [], (OLD, True))
    assert done["overwritten"][0] == {
        "place": f"{place}:1",
        "object_id": "a",
        "field": "url",
        "value": NEW,
        "document": OLD,
    }


SPELLINGS = (
    "https://doi.org/{}",
    "HTTPS://DOI.ORG/{}",
    "doi:{}",
    "DOI {}",
    "info:doi/{}",
    "urn:doi:{}",
    "http://dx.doi.org/{}?x#y",
    "https://handle.test.datacite.org/{}",
    " {} ",
)


def test_a_doi_may_be_typed_in_any_spelling(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    doi = doi_of("a")
    spelled = [spelling.format(doi.upper()) for spelling in SPELLINGS] + [doi.replace("/", "%2F")]
    for text in spelled:
        assert minted("doi", "show", text, "--json").json["doi"] == doi
        assert [row["doi"] for row in minted("doi", "list", "--query", text, "--json").json["dois"]] == [doi]
        assert minted("record", "show", text, "--json").json["object_id"] == "a"
    assert minted("doi", "verify", *spelled).code == 0


# --- object ids


@pytest.fixture
def dois(write: Write, home: Path) -> list[str]:
    """Files of two documents that name only a DOI, as exports of DataCite do."""
    paths = [home / name for name in ("ms-1.json", "ms-2.json")]
    for number, path in enumerate(paths):
        described = json.loads(write("any").read_text()) | {"doi": f"10.5072/x{number}"}
        del described["object_id"]
        path.write_text(json.dumps(described), encoding="utf-8")
    return list(map(str, paths))


PAGE = "https://archive.example.org"


@pytest.mark.parametrize(
    ("option", "used", "again"), [((), "are", "import again"), (("--dry-run",), "would be", "import")]
)
def test_an_import_shows_the_landing_pages_that_follow_from_dois(
    archive: Doitui, dois: list[str], option: tuple[str, ...], used: str, again: str
) -> None:
    assert archive("record", "import", *dois, *option).out.splitlines()[1:] == [
        f"2 documents name no object id, so their DOIs {used} used: 10.5072/x0 has the landing page {PAGE}/10.5072/x0",
        f"  to use the names of the files, {again} with --object-id filename: ms-1 has the landing page {PAGE}/ms-1",
    ]


def test_importing_again_by_file_name_says_what_it_repairs(archive: Doitui, dois: list[str]) -> None:
    archive("record", "import", *dois)
    by_name = ("record", "import", *dois, "--object-id", "filename")
    would, done = archive(*by_name, "--dry-run"), archive(*by_name)
    line = f"2 object ids would be changed: 10.5072/x0 to ms-1, with the landing page {PAGE}/ms-1"
    assert [one.out.splitlines()[1:] for one in (would, done)] == [[line], [line.replace("would be ", "")]]
    rows = archive("record", "list", "--json").json["records"]
    assert sorted((row["object_id"], row["doi"]) for row in rows) == [("ms-1", "10.5072/x0"), ("ms-2", "10.5072/x1")]


def test_json_lists_object_ids_made_of_dois_and_repaired_ones(archive: Doitui, dois: list[str]) -> None:
    first = archive("record", "import", *dois, "--json").json
    again = archive("record", "import", *dois, "--object-id", "filename", "--json").json
    assert [first[name] for name in ("ids_from_doi_count", "renamed_count")] == [2, 0]
    assert first["ids_from_doi"][0] == {
        "place": dois[0],
        "object_id": "10.5072/x0",
        "url": f"{PAGE}/10.5072/x0",
    }
    assert [again[name] for name in ("ids_from_doi_count", "renamed_count")] == [0, 2]
    repaired = {"place": dois[1], "object_id": "ms-2", "url": f"{PAGE}/ms-2", "before": "10.5072/x1"}
    assert again["renamed"][1] == repaired


def test_a_repair_of_registered_dois_names_the_command_that_sends_it(archive: Doitui, dois: list[str]) -> None:
    archive("record", "import", *dois)
    archive("doi", "mint", "10.5072/x0", "--now")
    done = archive("record", "import", *dois, "--object-id", "filename")
    assert done.out.splitlines()[-1] == (
        "1 registered DOI gets another landing page: `doitui batch update --changed` sends it"
    )
    assert [row["doi"] for row in archive("doi", "list", "--state", "changed", "--json").json["dois"]] == ["10.5072/x0"]
    archive("batch", "update", "--changed")
    archive("work", "--drain")
    assert archive("doi", "show", "10.5072/x0", "--json").json["marks"] == []


def test_a_file_that_was_renamed_keeps_its_record_and_is_named(archive: Doitui, dois: list[str]) -> None:
    archive("record", "import", *dois, "--object-id", "filename")
    new = Path(dois[0]).rename(Path(dois[0]).with_name("new.json"))
    done = archive("record", "import", str(new), "--object-id", "filename")
    assert done.err.splitlines() == [f"{new}: record ms-1 has its DOI, and is not renamed to new"]
