"""Failures fall into one group for each cause and field, which can be retried alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from doitui_core.datacite.mds import MdsClient
from doitui_core.datacite.mds_outcomes import mds_outcome
from doitui_core.datacite.mds_states import Call
from doitui_core.db.models import Record
from doitui_core.domain import cause_groups, outcomes
from doitui_core.domain.outcomes import Outcome
from doitui_core.metadata import to_xml
from doitui_core.metadata.from_json import canonical
from doitui_core.queue import jobs
from doitui_core.views import causes


def spoil(object_id: str, block: str) -> None:
    """Empty a block of the record after it was checked at the mint."""
    record = Record.get(Record.object_id == object_id)
    metadata = json.dumps({**json.loads(record.metadata), block: []})
    Record.update(metadata=metadata).where(Record.id == record.id).execute()


def found() -> dict[str, set[str]]:
    groups = causes.groups()
    assert [group.number for group in groups] == [len(group.examples) for group in groups]
    return {group.summary: {str(row.object_id) for row in group.examples} for group in groups}


def test_failures_are_grouped_by_field_and_a_group_is_retried_alone(house: Any) -> None:
    for object_id in "fabcde":
        house.mint(object_id)
    for object_id in "abcde":
        spoil(object_id, "titles" if object_id in "abc" else "creators")
    house.faults("POST /dois status status=403 count=1")
    house.work(threads=1)
    before = found()
    for object_id in "abc":
        house.record(object_id)
    (group,) = [group for group in causes.groups() if group.field == "titles"]
    retried = jobs.retry(cause=group.name)
    house.work()
    assert (before, len(retried), found(), house.doi("a").status) == (
        {"titles required": set("abc"), "creators required": set("de"), "forbidden": {"f"}},
        3,
        {"creators required": set("de"), "forbidden": {"f"}},
        "findable",
    )


def test_what_datacite_says_of_one_fault_is_one_group_whatever_the_doi_and_the_transport(
    sandbox: Any, connect: Callable[..., Any], complete: dict[str, Any], password: str
) -> None:
    def over_rest(doi: str, **changes: Any) -> Outcome:
        document = {**complete, **changes, "doi": doi, "url": "https://archive.example.org/1", "event": "publish"}
        return outcomes.from_answer(connect().create(document))

    def over_mds(doi: str, **changes: Any) -> Outcome:
        client = MdsClient(sandbox.url, "DEMO.REPO", password, deadline=20)
        text = to_xml.render(canonical({**complete, **changes}), doi=doi).decode()
        return mds_outcome(client.send(client.request(Call.PUT_METADATA, doi, text)), Call.PUT_METADATA)

    faults: list[tuple[str, dict[str, Any]]] = [
        ("creators required", {"creators": []}),
        ("titles required", {"titles": []}),
    ]
    for summary, changes in faults:
        answers = [
            over_rest("10.5072/a-1", **changes),
            over_rest("10.80225/b", **changes),
            over_mds("10.5072/c", **changes),
        ]
        groups = {cause_groups.cause_group(answer.cause, answer.message) for answer in answers}
        assert [group.summary for group in groups] == [summary], answers
