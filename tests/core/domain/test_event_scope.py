"""What stays in DataCite's Event Data in 2026."""

from __future__ import annotations

import pytest

from doitui_core.domain.event import RELATIONS
from doitui_core.domain.event_kinds import USAGE_RELATIONS
from doitui_core.domain.event_scope import RELATIONS_2026, in_scope_2026

A, B = "https://doi.org/10.5072/a", "https://doi.org/10.1234/b"
PAGE = "https://archive.example.org/1"
ORCID, ROR = "https://orcid.org/0000-0001-5109-3700", "https://ror.org/04wxnsj81"
FUNDER = "https://doi.org/10.13039/501100001659"


@pytest.mark.parametrize(
    ("relation", "source", "subj", "obj", "stays"),
    [
        ("cites", "datacite-crossref", A, B, True),
        ("references", "datacite-related", A, B, True),
        ("has-version", "datacite-medra", A, B, True),
        ("is-part-of", "doitui", A, B, True),
        ("is-identical-to", "datacite-related", A, B, False),
        ("is-derived-from", "datacite-related", A, B, False),
        ("is-documented-by", "datacite-crossref", A, B, False),
        ("references", "datacite-url", A, PAGE, False),
        ("references", "datacite-handle", A, "https://hdl.handle.net/2381/12775", False),
        ("is-authored-by", "datacite-orcid-auto-update", A, ORCID, False),
        ("is-authored-at", "datacite-affiliation", A, ROR, False),
        ("is-funded-by", "datacite-funder", A, FUNDER, False),
        ("is-affiliated-with", "orcid-affiliation", ORCID, ROR, False),
        ("references", "crossref", B, A, True),
        ("discusses", "crossref", B, A, True),
        ("discusses", "crossref", PAGE, A, False),
        ("unique-dataset-investigations-regular", "datacite-usage", PAGE, A, True),
        ("total-dataset-requests-machine", "doitui-counter", A, PAGE, True),
        ("unique-dataset-requests-regular", "datacite-usage", PAGE, PAGE, False),
    ],
)
def test_what_stays_in_2026(relation: str, source: str, subj: str, obj: str, stays: bool) -> None:
    assert in_scope_2026(relation, source, subj, obj) is stays


def test_of_the_relations_of_metadata_ten_stay() -> None:
    stay = {relation for relation in RELATIONS.values() if in_scope_2026(relation, "datacite-related", A, B)}
    assert (stay, len(stay)) == (RELATIONS_2026, 10)


def test_every_count_of_usage_stays() -> None:
    assert all(in_scope_2026(relation, "datacite-usage", PAGE, A) for relation in USAGE_RELATIONS)
