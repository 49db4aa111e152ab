"""Which event is which: hashes computed by hand from the description, and ids in canonical form."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_core.domain import event_ids
from doitui_core.domain.event_ids import dedupe_hash, event_uuid

# sha256sum of the words, joined by | : 10.5072/ab-1|is-supplement-to|https://doi.org/10.5072/xy|heratio-archive
RELATION = "d3ba294339e556695bbb078ba37a883f1ba93e58361a444f22b84331ff395d02"
# 10.5072/ab-1|unique-dataset-investigations-regular|https://archive.example.org/records/1?lang=de|heratio-counter
VIEW = "d80f37568d8c3139c32fc79e42c8cbbc28255c28e5848f3cef33c245750d49ba"
# 10.5072/ab-1|cites|10.5072/xy|heratio-archive
BARE_OBJECT = "ace23fc115dab3bf5c62b13e1effa1e7f26bb6338a2430c4a99206e6dd18d503"
# 10.5072/ab-1|is-authored-by|https://orcid.org/0000-0002-1694-233x|doitui
AUTHOR = "04ddd0bb12d0400a9b5fbeed67899761e3a5c03b933160ffa9504dededa58358"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("10.5072/ab-1", "is-supplement-to", "https://doi.org/10.5072/xy", "heratio-archive"), RELATION),
        (("10.5072/AB-1", "is-supplement-to", "https://DOI.org/10.5072/XY", "heratio-archive"), RELATION),
        (
            ("https://doi.org/10.5072/AB-1", "is-supplement-to", "https://doi.org/10.5072/xy", "heratio-archive"),
            RELATION,
        ),
        (
            ("http://dx.doi.org/10.5072/ab-1", "is-supplement-to", "https://doi.org/10.5072/xy", "heratio-archive"),
            RELATION,
        ),
        (("doi:10.5072/ab-1", "is-supplement-to", " https://doi.org/10.5072/xy ", "heratio-archive"), RELATION),
        (
            (
                "10.5072/ab-1",
                "unique-dataset-investigations-regular",
                "https://Archive.example.org/records/1?lang=DE",
                "heratio-counter",
            ),
            VIEW,
        ),
        (("10.5072/ab-1", "cites", "10.5072/xy", "heratio-archive"), BARE_OBJECT),
        (("10.5072/ab-1", "is-authored-by", "https://orcid.org/0000-0002-1694-233X", "doitui"), AUTHOR),
    ],
)
def test_the_hash_is_heratios(parts: tuple[str, str, str, str], expected: str) -> None:
    assert dedupe_hash(*parts) == expected


def test_only_the_subject_loses_its_wrapping() -> None:
    wrapped = dedupe_hash("10.5072/ab-1", "cites", "https://doi.org/10.5072/xy", "heratio-archive")

    assert wrapped != BARE_OBJECT


def test_letters_beyond_ascii_keep_their_case() -> None:
    assert dedupe_hash("10.5072/a", "cites", "x:Ä", "s") != dedupe_hash("10.5072/a", "cites", "x:ä", "s")


@pytest.mark.parametrize("changed", range(4))
def test_each_part_makes_another_event(changed: int) -> None:
    parts = ["10.5072/a", "cites", "https://doi.org/10.5072/b", "s"]
    other = [*parts]
    other[changed] += "2"

    assert dedupe_hash(*parts) != dedupe_hash(*other)


def test_the_uuid_is_the_same_for_ever() -> None:
    # uuid5 by hand: SHA-1 of the namespace's bytes and the hash, version and variant set.
    assert event_uuid(RELATION) == "a85a73b3-37d1-54ab-a313-b17e977cfe6e"


def test_the_uuid_is_one_that_datacite_takes() -> None:
    assert uuid.UUID(event_uuid(VIEW)).version == 5


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("10.5072/ABC", "https://doi.org/10.5072/abc"),
        (" doi: 10.5072/abc ", "https://doi.org/10.5072/abc"),
        ("http://dx.doi.org/10.5072/abc", "https://doi.org/10.5072/abc"),
        ("https://www.doi.org/10.5072/abc", "https://doi.org/10.5072/abc"),
        ("10.5072/\u200babc", "https://doi.org/10.5072/abc"),
        ("10.1002/(SICI)1096<1::AID>3.0.CO;2-1", "https://doi.org/10.1002/(sici)1096<1::aid>3.0.co;2-1"),
        ("10.13039/501100000780", "https://doi.org/10.13039/501100000780"),
        ("501100000780", ""),
        ("https://example.org/10.5072/abc", ""),
        ("10.5072", ""),
        ("", ""),
    ],
)
def test_dois(written: str, canonical: str) -> None:
    assert event_ids.doi_id(written) == canonical


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("0000-0002-1694-233X", "https://orcid.org/0000-0002-1694-233X"),
        ("0000-0002-1694-233x", "https://orcid.org/0000-0002-1694-233X"),
        ("http://www.orcid.org/0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"),
        ("https://orcid.org/0000-0002-1825-0097/", "https://orcid.org/0000-0002-1825-0097"),
        ("0000 0002 1825 0097", "https://orcid.org/0000-0002-1825-0097"),
        ("0000000218250097", ""),
        ("https://example.org/0000-0002-1825-0097", ""),
        ("", ""),
    ],
)
def test_orcids(written: str, canonical: str) -> None:
    assert event_ids.orcid_id(written) == canonical


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("https://ror.org/04wxnsj81", "https://ror.org/04wxnsj81"),
        ("http://ror.org/04WXNSJ81", "https://ror.org/04wxnsj81"),
        ("ror.org/04wxnsj81", "https://ror.org/04wxnsj81"),
        ("04wxnsj81", ""),
        ("https://ror.org/4wxnsj81", ""),
        ("https://ror.org/04wxnsj8x", ""),
    ],
)
def test_rors(written: str, canonical: str) -> None:
    assert event_ids.ror_id(written) == canonical


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("https://Example.org/Path/A", "https://example.org/path/a"),
        ("https://example.org/a#part", "https://example.org/a"),
        ("https://example.org/a?utm_source=x&id=7&ref=y&sources=z", "https://example.org/a?id=7"),
        ("https://example.org/a?utm_source=x", "https://example.org/a"),
        ("https://example.org/a?reference=1", "https://example.org/a?reference=1"),
        ("ftp://example.org/a", "ftp://example.org/a"),
        ("s3://bucket/a", "s3://bucket/a"),
        ("gs://bucket/a", "gs://bucket/a"),
        ("http://dx.doi.org/10.5072/ABC", "https://doi.org/10.5072/abc"),
        ("mailto:a@example.org", ""),
        ("file:///etc/passwd", ""),
        ("www.example.org", ""),
        ("https://example.org/a b", ""),
        ("http://[::1", ""),
    ],
)
def test_addresses(written: str, canonical: str) -> None:
    assert event_ids.url_id(written) == canonical


@pytest.mark.parametrize(
    ("read", "written", "canonical"),
    [
        (event_ids.arxiv_id, "arXiv:2301.01234v2", "https://arxiv.org/abs/2301.01234v2"),
        (event_ids.arxiv_id, "https://arxiv.org/abs/hep-th/9901001", "https://arxiv.org/abs/hep-th/9901001"),
        (event_ids.arxiv_id, "math.GT/0309136", "https://arxiv.org/abs/math.gt/0309136"),
        (event_ids.arxiv_id, "12345", ""),
        (event_ids.pmid_id, "12082125", "https://identifiers.org/pubmed:12082125"),
        (event_ids.pmid_id, "PMID: 12082125", "https://identifiers.org/pubmed:12082125"),
        (event_ids.pmid_id, "https://pubmed.ncbi.nlm.nih.gov/12082125/", "https://identifiers.org/pubmed:12082125"),
        (event_ids.pmid_id, "PMC12082125", ""),
        (event_ids.handle_id, "20.500.12345/AB", "https://hdl.handle.net/20.500.12345/ab"),
        (event_ids.handle_id, "http://hdl.handle.net/10013/epic.1", "https://hdl.handle.net/10013/epic.1"),
        (event_ids.handle_id, "epic.1", ""),
    ],
)
def test_other_works(read: Callable[[str], str], written: str, canonical: str) -> None:
    assert read(written) == canonical


@pytest.mark.parametrize(
    ("written", "canonical", "kind"),
    [
        ("doi:10.5072/ABC", "https://doi.org/10.5072/abc", "doi"),
        ("0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097", "orcid"),
        ("ror.org/04wxnsj81", "https://ror.org/04wxnsj81", "ror"),
        (" https://Example.org/A?ref=x ", "https://Example.org/A?ref=x", "url"),
        ("urn:nbn:de:0001-1", "urn:nbn:de:0001-1", "uri"),
        ("Box 17", "Box 17", "other"),
    ],
)
def test_by_hand_only_dois_orcids_and_rors_change(written: str, canonical: str, kind: str) -> None:
    assert (event_ids.canonical(written), event_ids.id_type(canonical)) == (canonical, kind)


READERS = (
    event_ids.doi_id,
    event_ids.orcid_id,
    event_ids.ror_id,
    event_ids.url_id,
    event_ids.arxiv_id,
    event_ids.pmid_id,
    event_ids.handle_id,
    event_ids.canonical,
)
_STARTS = ("", "10.5072/", "doi:", "https://doi.org/", "HTTPS://e.org/", "http://e.org?", "ftp://", "20.5/", "pmid:")


@given(st.sampled_from(READERS), st.sampled_from(_STARTS), st.text(max_size=20))
def test_a_canonical_id_is_its_own_canonical_id(read: Callable[[str], str], start: str, text: str) -> None:
    once = read(start + text)

    assert (read(once) if once else "") == once
