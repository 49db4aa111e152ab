"""`doitui record import` of known records, and DOIs in any form on the command line."""

from __future__ import annotations

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
