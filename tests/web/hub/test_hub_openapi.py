"""schemathesis against the hub's own OpenAPI document: what the document promises, the hub does."""

from __future__ import annotations

import os
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from schemathesis.checks import CHECKS, load_all_checks

from doitui.web.hub.hub import Hub
from doitui_core.hub_store import tokens

load_all_checks()

#: Requests of each operation and role, right and wrong ones: more where nobody waits for it.
EXAMPLES = int(os.environ.get("DOITUI_TEST_SCHEMATHESIS", "6"))

#: Content that fits the schema may still be 400 or 422: no schema can say that a page is within 10,000 results, what
#: the language of `query` is, that a period is one month, or when two things have one key.
HAVE_RULES = {("get", "/events")} | {
    (method, path)
    for method in ("post", "put", "patch")
    for path in ("/events", "/events/{uuid}", "/reports", "/reports/{uid}")
}

#: Attributes of events of another type are cast, as at DataCite.
CAST = {("post", "/events"), ("put", "/events/{uuid}"), ("patch", "/events/{uuid}")}


def excluded(key: tuple[str, str]) -> list[Any]:
    named = ["positive_data_acceptance"] * (key in HAVE_RULES) + ["negative_data_rejection"] * (key in CAST)
    return [CHECKS.get_one(name) for name in named]


@pytest.mark.parametrize(
    ("role", "database_url"),
    [("", "sqlite"), (tokens.REPORTER, "postgresql"), (tokens.STAFF, "sqlite")],
    indirect=["database_url"],
)
def test_schemathesis_finds_nothing(hub: Hub, role: str) -> None:
    headers = {"Authorization": f"Bearer {tokens.issue('a', role, actor='ida').token}"} if role else {}
    schema = schemathesis.openapi.from_wsgi("/openapi.json", hub.application)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) >= 17
    for operation in operations:
        check(operation, headers)


def check(operation: Any, headers: dict[str, str]) -> None:
    """Many requests for one operation, right and wrong ones."""

    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @hypothesis.given(case=operation.as_strategy())
    def run(case: Any) -> None:
        case.call_and_validate(headers=headers, excluded_checks=excluded((case.method.lower(), case.path)))

    run()
