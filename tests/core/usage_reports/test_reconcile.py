"""What we counted beside what the sandbox holds."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from doitui_core.errors import CredentialsRefused, RemoteFailed
from doitui_core.usage_reports.reconcile import Reconciled, reconcile


def reconciled(house: Any, most: int = 100) -> Reconciled:
    return reconcile(house.report(), house.connection(), most)


def put(sandbox: Any, house: Any, datasets: list[Any]) -> None:
    """The sandbox holds other datasets than ours."""
    document = {**house.document(), "report-datasets": datasets}
    address = f"{sandbox.url}/reports/{house.report().uuid}"
    requests.put(address, json=document, auth=("DEMO.REPO", "s3cret-token"), timeout=60).raise_for_status()


def test_what_was_submitted_is_the_same(house: Any) -> None:
    house.dois(["a", "B"], 4, 3, 2, 1)
    house.submitted()
    found = reconciled(house)
    assert (found.same, found.our_dois, found.their_dois, found.ours == found.theirs) == (True, 2, 2, True)


def test_compressed_parts_are_read(house: Any) -> None:
    house.dois(["a", "b"])
    (part,) = house.report().parts(compress=True)
    house.connection().client.send(house.report().uuid, part.body, first=True, compressed=True)
    assert reconciled(house).same


def test_a_report_that_is_not_held_is_reported(house: Any) -> None:
    house.dois(["a"], 4, 0, 0, 0)
    found = reconciled(house)
    assert (found.is_stored, found.same, found.their_dois) == (False, False, 0)


def test_counts_that_have_grown_since_differ(house: Any) -> None:
    house.dois(["a", "b"], 4, 0, 0, 0)
    house.submitted()
    house.counted(1, 0, 0, 0, of=[1], day=2)
    (one,) = reconciled(house).differences
    relation = "total-dataset-investigations-regular"
    assert (one.doi, one.ours, one.theirs) == ("10.5072/a", {relation: 5}, {relation: 4})


def test_a_doi_that_only_one_side_has_differs(house: Any, sandbox: Any) -> None:
    house.dois(["a", "b"], 4, 0, 0, 0)
    datasets = house.document()["report-datasets"]
    stranger = {**datasets[0], "dataset-id": [{"type": "doi", "value": "10.5072/z"}]}
    put(sandbox, house, [datasets[0], stranger])
    told = {one.doi: (bool(one.ours), bool(one.theirs)) for one in reconciled(house).differences}
    assert told == {"10.5072/b": (True, False), "10.5072/z": (False, True)}


def test_a_doi_that_is_held_twice_differs(house: Any, sandbox: Any) -> None:
    house.dois(["a"], 4, 0, 0, 0)
    put(sandbox, house, house.document()["report-datasets"] * 2)
    (one,) = reconciled(house).differences
    assert (one.times, one.theirs) == (2, {"total-dataset-investigations-regular": 8})


def test_differences_are_reported_up_to_a_number(house: Any, sandbox: Any) -> None:
    house.dois([f"{number}" for number in range(30)], 4, 0, 0, 0)
    put(sandbox, house, house.document()["report-datasets"][:1])
    found = reconciled(house, most=7)
    assert (len(found.differences), found.differing) == (7, 29)


def test_a_server_that_fails_is_reported(house: Any, sandbox: Any) -> None:
    house.dois(["a"])
    sandbox.faults("GET /reports/* status status=500")
    with pytest.raises(RemoteFailed, match="HTTP 500"):
        reconciled(house)


def test_a_refused_account_is_reported(house: Any, sandbox: Any) -> None:
    house.dois(["a"])
    sandbox.faults("GET /reports/* status status=401")
    with pytest.raises(CredentialsRefused, match="datacite_api_token"):
        reconciled(house)
