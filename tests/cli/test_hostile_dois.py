"""Every command rejects DOIs that would send a request to another DOI; MDS requests can be shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox

Doitui = Callable[..., Any]

REASON = "leads requests to another DOI"


def test_a_record_whose_object_id_climbs_is_refused_and_its_neighbour_is_left_alone(
    minted: Doitui, write: Callable[..., Path], sandbox: Sandbox
) -> None:
    hostile = ("x/../a", "..", "./a", "x/..", "a//b", "a/", "../../../../events/e1")
    assert minted("record", "import", write(*hostile)).code == 0
    sandbox.requests.clear()
    for object_id in hostile:
        for act in (("reserve",), ("mint",), ("mint", "--now"), ("mint", "--dry-run"), ("mint", "--state", "draft")):
            done = minted("doi", act[0], object_id, *act[1:])
            assert (done.code, REASON in done.complaint) == (2, True), (object_id, act, done.err)
    for dry_run in (("--dry-run",), ()):
        assert minted("batch", "mint", *dry_run, "--json").json["queued"] == 0
    assert minted("work", "--drain").code == 0
    assert sandbox.requests.entries() == []


def test_a_document_whose_own_doi_climbs_is_rejected_by_its_line(
    archive: Doitui, tmp_path: Path, write: Callable[..., Path]
) -> None:
    document = json.loads(write("own").read_text())
    dois = ("10.5072/x/../victim", "https://doi.org/10.5072/x/%2E%2e/v", "10.5072%2F..%2Fv", "10.9999/a/%252e%252e/b")
    place = tmp_path / "own.jsonl"
    place.write_text("\n".join(json.dumps(document | {"doi": doi}) for doi in dois))
    for dry_run in (("--dry-run",), ()):
        done = archive("record", "import", place, *dry_run)
        lines = done.err.strip().split("\n")
        assert (done.code, len(lines), [line for line in lines if REASON not in line]) == (2, len(dois), [])
    assert archive("record", "list", "--json").json["records"] == []


@pytest.mark.parametrize("doi", ["10.5072/x/../victim", "10.5072/x/%2e%2e/victim", "doi:10.5072/a//b", "10.5072/.."])
def test_no_command_takes_such_a_doi(minted: Doitui, sandbox: Sandbox, doi: str) -> None:
    sandbox.requests.clear()
    commands: tuple[tuple[str, ...], ...] = (
        ("show",),
        ("history",),
        ("update",),
        ("update", "--now"),
        ("verify", "--now"),
        ("abandon", "--now"),
        ("adopt",),
        ("deactivate", "--reason", "x", "--now"),
        ("restore", "--reason", "x", "--now"),
    )
    for command, *options in commands:
        done = minted("doi", command, doi, *options)
        assert (done.code, REASON in done.complaint) == (2, True), (command, done.err)
    assert sandbox.requests.entries() == []


def test_history_over_mds_shows_xml_and_text(archive: Doitui, write: Callable[..., Path], doi_of: Any) -> None:
    assert archive("setting", "set", "transport", "mds", "--repository", "h").code == 0
    assert archive("record", "import", write("a")).code == 0
    assert archive("doi", "mint", "a", "--now").code == 0
    doi = doi_of("a")
    assert archive("doi", "deactivate", doi, "--reason", "gone", "--now").code == 0
    done = archive("doi", "update", doi, "--now")
    assert (done.code, "is tombstone (nothing was sent: " in done.out) == (0, True)

    attempts = archive("doi", "history", doi, "--json").json["attempts"]
    assert [(one["method"], one["sent"] and one["sent"][:5]) for one in attempts] == [
        ("PUT", "<?xml"),
        ("PUT", "doi=1"),
        ("DELETE", None),
    ]
    for options in ((), ("--json",)):
        assert archive("doi", "history", doi, *options).code == 0
        assert archive("doi", "show", doi, *options).code == 0
