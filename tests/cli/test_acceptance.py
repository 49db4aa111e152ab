"""The official examples of Kernel 4.7 become findable DOIs with the complete content of their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox
from doitui_core.datacite.rest import RestClient
from doitui_core.metadata import compare, from_json, from_xml

Doitui = Callable[..., Any]

BLOCKS = (
    "creators",
    "titles",
    "subjects",
    "dates",
    "relatedIdentifiers",
    "relatedItems",
    "fundingReferences",
    "geoLocations",
)


@pytest.fixture
def doitui(typed: Doitui, database_url: str) -> Doitui:
    """`doitui` on SQLite and on PostgreSQL."""
    return lambda *arguments, **options: typed("--database", database_url, *arguments, **options)


@pytest.fixture
def examples(shared: Path) -> list[Path]:
    found = sorted((shared / "data" / "kernel-4-examples" / "kernel-4.7").glob("*.xml"))
    assert len(found) == 17
    return found


@pytest.fixture
def client(sandbox: Sandbox) -> RestClient:
    return RestClient(sandbox.url, "DEMO.REPO", "correct-horse-battery", deadline=10, contact_email="")


def differing(client: RestClient, file: Path, doi: str) -> list[str]:
    """Blocks in which the sandbox differs from the file."""
    wanted = from_xml.parse(file.read_bytes())
    answer = client.get(doi)
    assert (answer.status, answer.state) == (200, "findable")
    found = from_json.canonical(answer.attributes)
    asked = {name: wanted[name] for name in BLOCKS if name in wanted}
    return [*compare.differences(asked, found), *(name for name in BLOCKS if name in found and name not in wanted)]


def walk(doitui: Doitui, *lines: tuple[object, ...]) -> None:
    for line in lines:
        done = doitui(*line)
        assert done.code == 0, (line, done.err)


def test_all_are_findable_under_their_own_dois(archive: Doitui, examples: list[Path], client: RestClient) -> None:
    walk(
        archive,
        ("repository", "set", "h", "--prefix", "10.82433"),
        ("record", "import", *examples),
        ("batch", "mint", "--all"),
        ("work", "--drain"),
    )
    wrong = {file.name: differing(client, file, from_xml.parse(file.read_bytes())["doi"]) for file in examples}
    assert {name: blocks for name, blocks in wrong.items() if blocks} == {}
    assert archive("status", "--json").json["dois"]["findable"] == 17


def test_all_are_findable_under_new_dois(archive: Doitui, examples: list[Path], client: RestClient) -> None:
    walk(
        archive,
        ("record", "import", "--doi", "ignore", "--object-id", "filename", *examples),
        ("batch", "mint", "--all"),
        ("work", "--drain"),
    )
    dois = {row["object_id"]: row["doi"] for row in archive("record", "list", "--json").json["records"]}
    wrong = {file.name: differing(client, file, dois[file.stem]) for file in examples}
    assert {name: blocks for name, blocks in wrong.items() if blocks} == {}
    assert all(doi.startswith("10.5072/h/") for doi in dois.values())


def test_a_minted_doi_is_verified_changed_withdrawn_and_stays_so(
    archive: Doitui, write: Callable[..., Path], doi_of: Callable[[str], str], client: RestClient
) -> None:
    walk(archive, ("record", "import", write("a")), ("doi", "mint", "a", "--now"))
    doi = doi_of("a")
    walk(
        archive,
        ("doi", "verify", doi, "--now"),
        ("record", "import", write("a", titles=[{"title": "Another"}])),
    )
    assert archive("doi", "show", doi, "--json").json["marks"] == ["changed"]
    walk(archive, ("doi", "update", doi), ("work", "--drain"))
    assert client.get(doi).attributes["titles"] == [{"title": "Another"}]
    walk(archive, ("doi", "deactivate", doi, "--reason", "withdrawn", "--now"), ("doi", "update", doi, "--now"))
    assert (archive("doi", "show", doi, "--json").json["status"], client.get(doi).state) == ("tombstone", "registered")


def test_a_failed_job_can_be_retried_and_a_waiting_one_cancelled(
    archive: Doitui, write: Callable[..., Path], sandbox: Sandbox
) -> None:
    walk(archive, ("record", "import", write("a", "b")), ("batch", "mint", "--all"), ("queue", "cancel", "2"))
    sandbox.faults.replace(["POST /dois status status=403 count=1"])
    assert archive("work", "--drain").code == 1
    assert archive("queue", "list", "--status", "failed", "--json").json["jobs"][0]["cause"] == "forbidden"
    walk(archive, ("queue", "retry", "--cause", "forbidden"), ("work", "--drain"))
    assert archive("status", "--json").json["jobs"] == {
        "pending": 0,
        "processing": 0,
        "completed": 1,
        "failed": 0,
        "uncertain": 0,
        "blocked": 0,
        "cancelled": 1,
    }
