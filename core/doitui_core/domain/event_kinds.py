"""What becomes an event: the words of the setting `event_sources_on`. Pure.

`usage works authors affiliations funders` by default. `works`: related identifiers that are DOIs or addresses; `arxiv`,
`pmid` and `handle`: those of these types. `usage`: the two counts DataCite shows as views and downloads; each of the
eight counts of COUNTER RD1 can be named by its relation type.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from doitui_core.domain.counter_terms import ACCESS_METHODS, METRICS


class EventKind(StrEnum):
    """What metadata can state."""

    WORKS = "works"
    AUTHORS = "authors"
    AFFILIATIONS = "affiliations"
    FUNDERS = "funders"
    ARXIV = "arxiv"
    PMID = "pmid"
    HANDLE = "handle"


#: The relation types of usage, by metric and access method.
USAGE = {(metric, method): f"{metric}-{method}" for metric in METRICS for method in ACCESS_METHODS}

USAGE_RELATIONS = frozenset(USAGE.values())

#: What DataCite shows as views and downloads (datacite-api 3.2).
SHOWN = frozenset({"unique-dataset-investigations-regular", "unique-dataset-requests-regular"})

_BY_RELATION = {
    "is-authored-by": EventKind.AUTHORS,
    "is-authored-at": EventKind.AFFILIATIONS,
    "is-funded-by": EventKind.FUNDERS,
}

_BY_OBJECT = (
    ("https://arxiv.org/", EventKind.ARXIV),
    ("https://pubmed.ncbi.nlm.nih.gov/", EventKind.PMID),
    ("https://hdl.handle.net/", EventKind.HANDLE),
)

_WORDS: dict[str, frozenset[str]] = {
    "none": frozenset(),
    "usage": SHOWN,
    **{kind.value: frozenset({kind.value}) for kind in EventKind},
    **{relation: frozenset({relation}) for relation in USAGE.values()},
}


def kind_of(relation: str, obj_id: str) -> str:
    """What switches an event on: its relation type for usage, else an `EventKind`. Of works the canonical object id
    tells the kind: a URL of arXiv, PubMed or the Handle System counts as such a work.
    """
    if relation in USAGE_RELATIONS:
        return relation
    kind = _BY_RELATION.get(relation)
    return kind or next((kind for start, kind in _BY_OBJECT if obj_id.startswith(start)), EventKind.WORKS)


@lru_cache(16)
def parse_kinds(text: str) -> frozenset[str]:
    """The kinds and the relation types of usage that `text` names, by comma, semicolon or space.

    Raises `ValueError` for a word that is none, with those that are.
    """
    words = [word for word in re.split(r"[,;\s]+", text.lower()) if word]
    for word in words:
        if word not in _WORDS:
            raise ValueError(f"{word!r} is not one of {' '.join(_WORDS)}")
    return frozenset().union(*(_WORDS[word] for word in words))
