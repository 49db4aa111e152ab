"""The request document and its fingerprint."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_core.metadata.build import document, filled, fingerprint, whole
from doitui_core.metadata.kernel4 import BLOCKS

RECORD: dict[str, Any] = {"titles": [{"title": "Ä"}], "publicationYear": 2024, "state": "findable"}
MADE = document(RECORD, doi="10.5072/a", url="https://a")
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(), max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


def reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: reversed_keys(value[name]) for name in reversed(value)}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


def test_every_block_is_in_the_request() -> None:
    assert MADE.keys() == {"doi", "url", "schemaVersion", *BLOCKS}


def test_a_list_that_the_record_lacks_is_empty() -> None:
    assert MADE["contributors"] == []


def test_an_object_or_value_that_the_record_lacks_is_null() -> None:
    assert [MADE["publisher"], MADE["language"]] == [None, None]


def test_the_schema_version_is_the_one_that_datacite_checks() -> None:
    assert MADE["schemaVersion"] == "http://datacite.org/schema/kernel-4"


def test_a_request_without_landing_page_says_so() -> None:
    assert document(RECORD, doi="10.5072/a", url=None)["url"] is None


def test_a_filled_document_has_nothing_empty() -> None:
    assert filled(MADE) == {
        "doi": "10.5072/a",
        "url": "https://a",
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "titles": [{"title": "Ä"}],
        "publicationYear": 2024,
    }


@pytest.mark.parametrize("url", ["https://a", None])
def test_a_filled_document_can_be_made_whole_again(url: str | None) -> None:
    made = document(RECORD, doi="10.5072/a", url=url)

    assert fingerprint(whole(filled(made))) == fingerprint(made)


@given(st.dictionaries(st.text(max_size=3), TREES, max_size=4))
def test_a_fingerprint_does_not_depend_on_the_order_of_keys(content: dict[str, Any]) -> None:
    assert fingerprint(reversed_keys(content)) == fingerprint(content)


def test_a_fingerprint_does_not_depend_on_the_event() -> None:
    assert fingerprint(MADE | {"event": "publish"}) == fingerprint(MADE)


def test_a_fingerprint_tells_contents_apart() -> None:
    assert fingerprint(MADE | {"url": "https://b"}) != fingerprint(MADE)


def test_half_a_surrogate_pair_has_a_fingerprint() -> None:
    assert len(fingerprint(json.loads('{"a": "\\ud800"}'))) == 64


def test_a_fingerprint_is_the_same_in_another_process() -> None:
    program = (
        "import json, sys; from doitui_core.metadata.build import fingerprint; print(fingerprint(json.load(sys.stdin)))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONHASHSEED": "7"}

    other = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(MADE),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert other.stdout.strip() == fingerprint(MADE)
