"""Commands about a DOI take it in any spelling, or the object id of its record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Doitui = Callable[..., Any]

READS = (
    "doi show {} --json",
    "doi history {} --json",
    "doi export {} --format json",
    "event list --doi {} --json",
    "usage show --doi {} --json",
)
ACTS = (
    "doi mint {}",
    "doi update {}",
    "doi verify {}",
    "doi set-url {} https://archive.example.org/new",
    "doi deactivate {} --reason withdrawn",
    "doi restore {} --reason mistake",
    "doi tombstone-page {}",
    "event add --subject {} --relation is-cited-by --object 10.1000/182",
)


def spellings(doi: str) -> tuple[str, ...]:
    return (doi, doi.upper(), f"https://doi.org/{doi}", f"doi:{doi}", "a", "h:a")


def test_reads_find_the_same_by_every_name(minted: Doitui, doi_of: Callable[[str], str], check_all: Any) -> None:
    doi = doi_of("a")

    wanted = {command: minted(*command.format(doi).split()).out for command in READS}

    def check(command: str, name: str) -> None:
        assert minted(*command.format(name).split()).out == wanted[command]

    check_all(check, READS, spellings(doi))


def test_acts_take_every_name(minted: Doitui, doi_of: Callable[[str], str], check_all: Any) -> None:
    doi = doi_of("a")
    wanted = {command: minted(*command.format(doi).split(), "--dry-run") for command in ACTS}

    def check(command: str, name: str) -> None:
        done = minted(*command.format(name).split(), "--dry-run")
        assert (done.code, done.err.count("\n")) == (wanted[command].code, wanted[command].err.count("\n"))
        if done.code == 0:
            assert doi.lower() in (done.out + done.err).lower()

    check_all(check, ACTS, spellings(doi))


def test_an_act_on_an_object_id_is_one_on_its_doi(minted: Doitui, doi_of: Callable[[str], str]) -> None:
    assert minted("doi", "deactivate", "a", "--reason", "withdrawn", "--now").code == 0
    assert [minted("doi", "show", name, "--json").json["status"] for name in ("a", "b")] == ["tombstone", "findable"]


@pytest.mark.parametrize("command", ["doi show {}", "doi update {}", "doi mint {}"])
def test_an_object_id_of_two_repositories_names_both(archive: Doitui, write: Callable[..., Path], command: str) -> None:
    archive("repository", "set", "k", "--prefix", "10.82433")
    for code in "hk":
        archive("record", "import", "--repository", code, write("a"))
    done = archive(*command.format("a").split())
    assert (done.code, "use h:a or k:a" in done.complaint) == (2, True)


def test_a_record_without_a_doi_is_told_what_mints_one(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a"))
    done = archive("doi", "show", "a")
    assert (done.code, done.complaint) == (2, "doitui: record a has no DOI: `doitui doi mint a` mints one")


def test_a_doi_counts_before_an_object_id_that_reads_like_it(archive: Doitui, write: Callable[..., Path]) -> None:
    archive("record", "import", write("a"))
    archive("doi", "reserve", "a")
    doi = archive("record", "show", "a", "--json").json["doi"]
    archive("record", "import", write(doi), "--doi", "ignore")
    assert archive("doi", "show", doi, "--json").json["object_id"] == "a"


def test_a_name_that_nothing_has_is_told(archive: Doitui) -> None:
    done = archive("doi", "show", "nope")
    assert (done.code, "no DOI or record 'nope'" in done.complaint) == (2, True)
