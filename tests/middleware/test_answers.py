"""Which answers count, and which DOI they name."""

from __future__ import annotations

import pytest

from doitui_middleware import answers


@pytest.mark.parametrize(
    ("status", "content_range", "first"),
    [
        ("206 Partial Content", "bytes 0-499/1234", True),
        ("206 Partial Content", "Bytes  0-0/*", True),
        ("206 Partial Content", "bytes 500-999/1234", False),
        ("206 Partial Content", "bytes 01-2/3", False),
        ("206 Partial Content", "", False),
        ("200 OK", "bytes 0-499/1234", False),
    ],
)
def test_a_first_part_begins_at_byte_0(status: str, content_range: str, first: bool) -> None:
    assert answers.is_first_part(status, [("content-range", content_range)]) is first


@pytest.mark.parametrize(
    ("header", "value", "prefetch"),
    [
        ("HTTP_SEC_PURPOSE", "prefetch", True),
        ("HTTP_SEC_PURPOSE", "prefetch;prerender", True),
        ("HTTP_PURPOSE", "prefetch", True),
        ("HTTP_X_PURPOSE", "preview", True),
        ("HTTP_X_MOZ", "prefetch", True),
        ("HTTP_SEC_PURPOSE", "", False),
        ("HTTP_ACCEPT", "prefetch", False),
    ],
)
def test_a_prefetch_says_so(header: str, value: str, prefetch: bool) -> None:
    assert answers.is_prefetch({"REQUEST_METHOD": "GET", header: value}) is prefetch


CITE = '<https://doi.org/10.5072/a>; rel="cite-as"'


@pytest.mark.parametrize(
    ("links", "found"),
    [
        ([CITE], ("view", "10.5072/a")),
        (["<https://doi.org/10.5072/a>;rel=cite-as"], ("view", "10.5072/a")),
        (['<https://doi.org/10.5072/a> ; REL = \'x\' ; title="a, <b>"; rel="item cite-as"'], None),
        (['<https://doi.org/10.5072/a>; title="a, <b>"; rel="item Cite-As"'], ("view", "10.5072/a")),
        (['<http://dx.doi.org/10.5072/A%2Fb>; rel="cite-as"'], ("view", "10.5072/A/b")),
        ([f'<https://o.org/1>; rel="item", {CITE}, <https://o.org/2>; rel="item"'], ("view", "10.5072/a")),
        ([CITE, '<https://o.org/page>; rel="collection"; type="text/html"'], ("download", "10.5072/a")),
        ([f'<https://o.org/page>; rel="collection", {CITE}'], ("download", "10.5072/a")),
        ([CITE, '<https://doi.org/10.5072/b>; rel="cite-as"'], ("view", "10.5072/a")),
        (['<https://doi.org/10.5072/a>; rel="cite-as"; anchor="https://o.org/other"'], None),
        (['<https://hdl.handle.net/1/2>; rel="cite-as"'], None),
        (['<https://hdl.handle.net/10.5072/a>; rel="cite-as"'], ("view", "10.5072/a")),
        (['<https://handle.test.datacite.org/10.5072/a>; rel="cite-as"'], ("view", "10.5072/a")),
        (['<https://doi.org/10.5072/a?x=1#y>; rel="cite-as"'], ("view", "10.5072/a")),
        (['<https://doi.org.example.org/10.5072/a>; rel="cite-as"'], None),
        (['<https://doi.org/10.5072/a>; rel="describedby"'], None),
        (["cite-as"], None),
        ([], None),
    ],
)
def test_a_link_names_the_doi(links: list[str], found: tuple[str, str] | None) -> None:
    headers = [("Content-Type", "text/html"), *(("Link", link) for link in links)]
    assert answers.cited(headers) == found


def test_the_header_may_be_written_in_any_case() -> None:
    assert answers.cited([("link", CITE)]) == answers.cited([("LINK", CITE)]) == ("view", "10.5072/a")


def test_no_header_takes_long_to_read() -> None:
    assert answers.cited([("Link", '<a>; "' * 20_000 + "cite-as")]) is None
