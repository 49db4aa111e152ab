"""From a record to the events that DataCite makes of its metadata, and back: `doi mint`, `/events`, `event pull`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from doitui.web.sandbox.server import Sandbox

from .conftest import PASSWORD

Doitui = Callable[..., Any]

WORKS = ("10.5281/zenodo.1", "10.1038/nature12373", "10.999999/unknown")
CITED = [{"relationType": "Cites", "relatedIdentifier": work, "relatedIdentifierType": "DOI"} for work in WORKS]


@pytest.fixture
def minted(archive: Doitui, write: Callable[..., Path]) -> Doitui:
    archive("record", "import", write("a", relatedIdentifiers=CITED))
    done = archive("doi", "mint", "a", "--now")
    assert done.code == 0, done.err
    return archive


def test_a_minted_doi_has_its_links_at_the_sandbox(
    minted: Doitui, sandbox: Sandbox, doi_of: Callable[[str], str]
) -> None:
    answer = requests.get(f"{sandbox.url}/events", params={"doi": doi_of("a")}, timeout=20).json()

    assert sorted((one["attributes"]["source-id"], one["attributes"]["obj-id"]) for one in answer["data"]) == [
        ("datacite-crossref", "https://doi.org/10.1038/nature12373"),
        ("datacite-related", "https://doi.org/10.5281/zenodo.1"),
    ]


def test_they_are_not_pulled_as_citations_by_others(
    minted: Doitui, sandbox: Sandbox, doi_of: Callable[[str], str]
) -> None:
    minted("setting", "set", "events_url", sandbox.url)
    pulled = minted("event", "pull", "--json").json
    assert (pulled["stored"], pulled["ignored_by_reason"]) == (0, {"ours": 2})

    body = {
        "doi": "10.5072/paper",
        "event": "publish",
        "url": "https://e.org/paper",
        "creators": [{"name": "Doe, Jo"}],
        "titles": [{"title": "A paper"}],
        "publisher": {"name": "Repo"},
        "publicationYear": 2026,
        "types": {"resourceTypeGeneral": "Text"},
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "relatedIdentifiers": [{**CITED[0], "relatedIdentifier": doi_of("a")}],
    }
    requests.post(
        f"{sandbox.url}/dois", json={"data": {"attributes": body}}, auth=("DEMO.REPO", PASSWORD), timeout=20
    ).raise_for_status()
    assert minted("event", "pull", "--json").json["stored"] == 1
