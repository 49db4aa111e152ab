"""Landing pages that DataCite would reject are reported at the import, and stop only their own mint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]
Write = Callable[..., Path]

REFUSED = {
    "blank": "https://a.example.org/a b",
    "path": "/1",
    "noscheme": "archive.example.org/4",
    "script": "javascript:alert(1)",
    "nohost": "http:///1",
    "capitals": "HTTP://archive.example.org/4",
}
REGRETTED = {
    "user": ("https://jo:s3cret@archive.example.org/4", "url_credentials"),
    "idn": ("https://bücher.example.org/4", "url_not_ascii"),
    "loop": ("https://doi.org/10.5072/abc", "url_loop"),
}


@pytest.fixture
def imported(archive: Doitui, write: Write) -> Doitui:
    """One good record, and one for each kind of page."""
    pages = {"good": "", **REFUSED, **{name: url for name, (url, _) in REGRETTED.items()}}
    for name, url in pages.items():
        done = archive("record", "import", write(name, url=url))
        assert done.code == 0, done.err
    return archive


def findings(doitui: Doitui, object_id: str) -> list[tuple[str, str, str]]:
    shown = doitui("record", "show", object_id, "--json").json["findings"]
    return [(finding["level"], finding["code"], finding["path"]) for finding in shown]


def test_a_record_is_kept_and_its_page_named_with_code_path_and_remedy(imported: Doitui) -> None:
    assert {name: findings(imported, name) for name in REFUSED} == {
        name: [("error", "url_syntax", "url")] for name in REFUSED
    }
    (result,) = imported("record", "show", "blank", "--json").json["findings"]
    assert result["message"] == (
        "url: 'https://a.example.org/a b' contains a space or a line break: write %20 for a space"
    )


def test_what_datacite_takes_though_it_is_of_no_use_is_a_warning(imported: Doitui) -> None:
    assert {name: findings(imported, name) for name in REGRETTED} == {
        name: [("warning", code, "url")] for name, (_, code) in REGRETTED.items()
    }
    assert "s3cret" not in repr(imported("record", "show", "user", "--json").json["findings"])


def test_an_import_says_which_records_cannot_be_minted(archive: Doitui, write: Write) -> None:
    done = archive("record", "import", write("1", url="archive.example.org/4"))
    assert "record 1 cannot be minted: url: 'archive.example.org/4' is not a web address" in done.err
    assert "(url_syntax)" in done.err


@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)])
def test_a_bulk_mint_leaves_them_out_with_the_reason(imported: Doitui, dry_run: tuple[str, ...]) -> None:
    done = imported("batch", "mint", "--all", "--json", *dry_run)
    assert (done.code != 0, done.json["queued"]) == (True, 1 + len(REGRETTED))
    assert {row["object_id"] for row in done.json["refused"]} == set(REFUSED)
    assert all("(url_syntax)" in row["reason"] for row in done.json["refused"])


def test_what_is_queued_is_taken(imported: Doitui, sandbox: Sandbox) -> None:
    imported("batch", "mint", "--all")
    assert imported("work", "--drain").code == 0
    assert {(one["method"], one["status"]) for one in sandbox.requests.entries()} == {("POST", 201)}


def test_a_single_mint_is_refused_in_one_line(imported: Doitui) -> None:
    for name in REFUSED:
        done = imported("doi", "mint", name)
        assert done.code != 0
        assert "(url_syntax)" in done.complaint


@pytest.mark.parametrize("url", REFUSED.values())
def test_set_url_has_the_same_rules(minted: Doitui, doi_of: Callable[[str], str], url: str) -> None:
    done = minted("doi", "set-url", doi_of("a"), url)
    assert done.code == 2
    assert "landing page" in done.complaint


def test_set_url_warns_of_a_page_that_leads_back(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    done = minted("doi", "set-url", doi_of("a"), f"https://doi.org/{doi_of('a')}")
    assert done.code == 0
    assert "is the address of the DOI itself" in done.err


@pytest.mark.parametrize(
    "template",
    ["/{object_id}", "https://a.example.org/a b/{object_id}", "https:///{object_id}", "https://a/{id}/{object_id}"],
)
def test_a_template_of_a_repository_has_the_same_rules(archive: Doitui, template: str) -> None:
    done = archive("repository", "set", "h", "--landing-page", template)
    assert done.code == 2
    assert "landing_page cannot be" in done.complaint


def test_object_ids_of_any_letters_make_pages_that_are_taken(archive: Doitui, write: Write, sandbox: Sandbox) -> None:
    archive("record", "import", write("a b", "Ärger", "北村", "x?y#z%"))
    assert archive("batch", "mint", "--all").code == 0
    archive("work", "--drain")
    assert [one["status"] for one in sandbox.requests.entries()] == [201] * 4
