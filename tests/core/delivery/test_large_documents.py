"""Documents of many megabytes: sent gzipped over REST, refused before they are sent where they cannot arrive."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.datacite.rest import PACKED_FROM
from doitui_core.errors import InvalidMetadata
from doitui_core.metadata.sizes import LONGEST_REQUEST
from doitui_core.operations import doi_actions

#: Of a type that makes no events.
ROW = {"relatedIdentifierType": "LSID", "relationType": "References"}


def related(rows: int) -> list[dict[str, str]]:
    return [{"relatedIdentifier": f"urn:lsid:a:b:{number}", **ROW} for number in range(rows)]


def test_a_document_larger_than_a_request_may_be_is_minted(house: Any) -> None:
    house.mint("large", relatedIdentifiers=related(115_000))
    house.work()

    assert house.came_in() == [("POST", 201)]
    assert house.doi("large").status == "findable"
    assert len(house.there("large").attributes["relatedIdentifiers"]) == 115_000


def test_over_mds_it_is_refused_before_anything_is_queued(house: Any) -> None:
    house.settings(transport="mds")
    with pytest.raises(InvalidMetadata, match=r"metadata: has .* MB as XML, which MDS takes as it is.*too_large"):
        house.mint("large", relatedIdentifiers=related(115_000))


def test_a_document_that_datacite_cannot_keep_is_refused(house: Any) -> None:
    house.record("huge", relatedIdentifiers=related(160_000))
    with pytest.raises(InvalidMetadata, match="DataCite keeps"):
        doi_actions.mint("huge")


@pytest.mark.parametrize(("rows", "packed"), [(1, False), (PACKED_FROM // 70, True)])
def test_only_long_bodies_are_packed(connect: Any, answering_json: Any, rows: int, packed: bool) -> None:
    server = answering_json("201 Created", {"data": {"attributes": {}}})
    client = connect()
    client.base_url = server.url
    client.create({"doi": "10.5072/a", "relatedIdentifiers": related(rows)})
    (request,) = server.requests
    head = request.partition(b"\r\n\r\n")[0].lower()
    assert (b"content-encoding: gzip" in head) == packed
    assert len(request) < LONGEST_REQUEST
