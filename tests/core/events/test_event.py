"""Events that somebody types in."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.domain.event import RELATIONS, from_text
from doitui_core.errors import BadInput, InvalidDoi


@pytest.mark.parametrize(
    ("relation", "kebab"),
    [
        ("IsSupplementTo", "is-supplement-to"),
        ("is-supplement-to", "is-supplement-to"),
        (" is-authored-by ", "is-authored-by"),
        ("total-dataset-requests-machine", "total-dataset-requests-machine"),
    ],
)
def test_a_relation_is_taken_in_both_spellings(relation: str, kebab: str) -> None:
    assert from_text("10.5072/a", relation, "10.5072/b", "doitui").relation_type_id == kebab


def test_ids_are_brought_into_their_canonical_form() -> None:
    event = from_text("doi:10.5072/A", "cites", "https://dx.doi.org/10.5072/B", " doitui ", total=4)

    told = event.subj_id, event.obj_id, event.source_id, event.total
    assert told == ("https://doi.org/10.5072/a", "https://doi.org/10.5072/b", "doitui", 4)


def test_two_spellings_of_an_object_are_one_event() -> None:
    one, other = (from_text("10.5072/a", "cites", obj, "s") for obj in ("10.5072/B", "https://doi.org/10.5072/b"))

    assert (one.dedupe_hash, one.uuid) == (other.dedupe_hash, other.uuid)


def test_an_address_is_passed_through_unchanged() -> None:
    assert from_text("10.5072/a", "cites", "https://E.org/A?ref=1#x", "s").obj_id == "https://E.org/A?ref=1#x"


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"subj": "harbour"}, InvalidDoi, "'harbour' is not a DOI"),
        ({"subj": ""}, InvalidDoi, "'' is not a DOI"),
        ({"relation": "isSupplementTo"}, BadInput, "'isSupplementTo' is not a relation type"),
        ({"relation": ""}, BadInput, "'' is not a relation type"),
        ({"obj": " "}, BadInput, "'' cannot be the object"),
        ({"obj": "a\nb"}, BadInput, "cannot be the object"),
        ({"source": ""}, BadInput, "'' cannot be the source"),
        ({"total": 0}, BadInput, "not 0"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, Any], error: type[Exception], words: str) -> None:
    given: dict[str, Any] = {"subj": "10.5072/a", "relation": "cites", "obj": "10.5072/b", "source": "s"}

    with pytest.raises(error, match=words):
        from_text(**(given | changed))


def test_every_relation_of_kernel_4_has_its_spelling() -> None:
    assert {kebab.replace("-", "") for kebab in RELATIONS.values()} == {word.lower() for word in RELATIONS}
