"""Events that somebody types in."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import uuid5

import pytest

from doitui_core.domain.event import RELATIONS, EventValue, as_sent, from_text
from doitui_core.domain.event_ids import NAMESPACE
from doitui_core.domain.event_kinds import USAGE_RELATIONS
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


# On the wire.

USED, PAGE = "https://doi.org/10.5072/a", "https://archive.example.org/1"


@pytest.mark.parametrize("relation", sorted(USAGE_RELATIONS))
def test_usage_goes_out_with_the_doi_as_object(relation: str) -> None:
    payload = {"subj": {"@id": USED}, "obj": {"@id": PAGE}}
    stored = EventValue(USED, relation, PAGE, "doitui-counter", 7, "2026-05-01T00:00:00Z", payload)
    sent = as_sent(stored)

    ids = sent.subj_id, sent.relation_type_id, sent.obj_id, sent.payload
    assert ids == (PAGE, relation, USED, {"subj": {"@id": PAGE}, "obj": {"@id": USED}})
    assert (sent.uuid, sent.total, sent.occurred_at) == (stored.uuid, 7, "2026-05-01T00:00:00Z")


@pytest.mark.parametrize("relation", ["cites", "is-authored-by", "is-funded-by"])
def test_a_link_goes_out_in_the_order_in_which_it_is_stored(relation: str) -> None:
    event = EventValue(USED, relation, "https://doi.org/10.5072/b", "doitui")

    assert as_sent(event) == event


def test_the_order_on_the_wire_leaves_hash_and_uuid_of_the_recipe() -> None:
    """Pinned: another hash would send everything again, under another UUID."""
    stored = EventValue(USED, "unique-dataset-requests-regular", PAGE, "doitui-counter")
    recipe = "|".join(("10.5072/a", "unique-dataset-requests-regular", PAGE, "doitui-counter"))

    assert stored.dedupe_hash == hashlib.sha256(recipe.encode()).hexdigest()
    assert as_sent(stored).uuid == str(uuid5(NAMESPACE, stored.dedupe_hash))
