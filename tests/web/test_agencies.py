"""The sandbox's "Which RA?" service (INTERFACE 5 has the resolver; the shape is doi.org's)."""

from __future__ import annotations

import pytest
import requests

from doitui.web.sandbox.server import running_sandbox


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("10.5072", {"RA": "DataCite"}),
        ("10.80225", {"RA": "DataCite"}),
        ("10.5072/any/suffix", {"RA": "DataCite"}),
        ("10.1038", {"RA": "Crossref"}),
        ("10.1038/nature12373", {"RA": "Crossref"}),
        ("10.1430", {"RA": "mEDRA"}),
        ("10.11467", {"RA": "JaLC"}),
        ("10.3743", {"RA": "KISTI"}),
        ("10.2777", {"RA": "OP"}),
        ("10.7666", {"RA": "ISTIC"}),
        ("10.999999", {"status": "DOI does not exist"}),
        ("harbour", {"status": "Invalid DOI"}),
        ("11.1000/1", {"status": "Invalid DOI"}),
    ],
)
@pytest.mark.parametrize("path", ["ra", "doiRA"])
def test_the_agency_of_a_prefix(stranger, path, name, expected):
    answer = stranger.get(f"/{path}/{name}")
    assert (answer.status_code, answer.json()) == (200, [{"DOI": name, **expected}])


def test_several_at_once(stranger):
    found = stranger.get("/ra/10.5072,10.1016,x").json()
    assert [one.get("RA", one.get("status")) for one in found] == ["DataCite", "Crossref", "Invalid DOI"]


def test_other_agencies_can_be_given():
    with running_sandbox(agencies={"10.999999": "mEDRA"}) as sandbox:
        answers = [requests.get(f"{sandbox.url}/ra/{name}", timeout=20).json() for name in ("10.999999", "10.1038")]
    assert answers == [
        [{"DOI": "10.999999", "RA": "mEDRA"}],
        [{"DOI": "10.1038", "status": "DOI does not exist"}],
    ]
