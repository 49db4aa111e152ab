"""The DOI taken from the site's own answer."""

from __future__ import annotations

from collections.abc import Callable

from doitui_middleware.wsgi import UsageMiddleware

from .conftest import Site, Spool, ask, request

Wrap = Callable[..., UsageMiddleware]


CITE = ("Link", '<https://doi.org/10.5072/abc>; rel="cite-as"')


def test_cite_as_names_the_doi_without_a_pattern(wrapped: Wrap, spool: Spool) -> None:
    ask(wrapped(Site("200 OK", CITE), views=[], downloads=[], cite_as=True), request("/any/page"))
    assert [(hit.kind, hit.key_kind, hit.key) for hit in spool.hits()] == [("view", "doi", "10.5072/abc")]


def test_cite_as_is_not_read_unless_asked_for(wrapped: Wrap, spool: Spool) -> None:
    ask(wrapped(Site("200 OK", CITE)), request("/any/page"))
    assert spool.hits() == []


def test_an_answer_without_the_link_is_not_ours(wrapped: Wrap, spool: Spool) -> None:
    ask(wrapped(Site(), cite_as=True), request("/any/page"))
    assert spool.hits() == []


def test_a_pattern_goes_before_the_link(wrapped: Wrap, spool: Spool) -> None:
    ask(wrapped(Site("200 OK", CITE), cite_as=True), request("/records/12/files/x"))
    assert [(hit.kind, hit.key) for hit in spool.hits()] == [("download", "12")]


def test_a_pattern_may_give_the_kind_and_the_link_the_doi(wrapped: Wrap, spool: Spool) -> None:
    ask(wrapped(Site("200 OK", CITE), downloads=["^/files/"], cite_as=True), request("/files/x"))
    assert [(hit.kind, hit.key) for hit in spool.hits()] == [("download", "10.5072/abc")]


def test_an_error_with_the_link_does_not_count(wrapped: Wrap, spool: Spool) -> None:
    ask(wrapped(Site("410 Gone", CITE), cite_as=True), request("/any/page"))
    assert spool.hits() == []
