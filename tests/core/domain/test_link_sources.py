"""Which source a link has, by what its object is and by the agency of a DOI."""

from __future__ import annotations

import pytest

from doitui_core.domain.event_kinds import USAGE_RELATIONS
from doitui_core.domain.link_sources import link_source, prefix_to_ask

PAPER = "https://doi.org/10.1038/nature12373"


@pytest.mark.parametrize(
    ("relation", "obj", "agency", "source"),
    [
        ("references", PAPER, "DataCite", "datacite-related"),
        ("references", PAPER, "Crossref", "datacite-crossref"),
        ("is-cited-by", PAPER, "mEDRA", "datacite-medra"),
        ("cites", PAPER, "KISTI", "datacite-kisti"),
        ("cites", PAPER, "JaLC", "datacite-jalc"),
        ("cites", PAPER, "OP", "datacite-op"),
        ("cites", PAPER, "ISTIC", "datacite-istic"),
        ("cites", PAPER, " CNKI ", "datacite-cnki"),
        ("cites", PAPER, "Airiti", "datacite-airiti"),
        ("cites", PAPER, "", ""),
        ("cites", PAPER, "DOI does not exist", ""),
        ("cites", PAPER, "Müller", ""),
        ("is-funded-by", "https://doi.org/10.13039/501100001659", "", "datacite-funder"),
        ("is-funded-by", "https://doi.org/10.13039/501100001659", "Crossref", "datacite-funder"),
        ("is-authored-by", "https://orcid.org/0000-0002-1825-0097", "", "datacite-orcid-auto-update"),
        ("is-authored-at", "https://ror.org/03yrm5c26", "", "datacite-affiliation"),
        ("references", "https://ror.org/03yrm5c26", "", "datacite-url"),
        ("references", "https://e.org/a", "", "datacite-url"),
        ("references", "ftp://e.org/a", "", "datacite-url"),
        ("references", "https://hdl.handle.net/2381/12775", "", "datacite-handle"),
        ("references", "https://arxiv.org/abs/1706.03762", "", "datacite-arxiv"),
        ("references", "https://identifiers.org/pubmed:12345", "", "datacite-pmid"),
        ("references", "urn:nbn:de:101:1-201102033592", "", ""),
        ("references", "shelf 4", "", ""),
        ("unique-dataset-requests-regular", "https://e.org/a", "", ""),
        ("unique-dataset-requests-regular", PAPER, "Crossref", ""),
    ],
)
def test_the_source_of_a_link(relation: str, obj: str, agency: str, source: str) -> None:
    assert link_source(relation, obj, agency) == source


@pytest.mark.parametrize(
    ("relation", "obj", "prefix"),
    [
        ("references", PAPER, "10.1038"),
        ("cites", "https://doi.org/10.1000.10/a/b", "10.1000.10"),
        ("is-funded-by", "https://doi.org/10.13039/501100001659", ""),
        ("is-authored-by", "https://orcid.org/0000-0002-1825-0097", ""),
        ("references", "https://e.org/10.1038/x", ""),
        *((relation, PAPER, "") for relation in sorted(USAGE_RELATIONS)),
    ],
)
def test_the_prefix_whose_agency_decides(relation: str, obj: str, prefix: str) -> None:
    assert prefix_to_ask(relation, obj) == prefix
