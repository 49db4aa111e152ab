"""Patterns: which paths they name, and which of them are refused at start-up."""

from __future__ import annotations

import pytest

from doitui_middleware.routes import Misconfigured, Route, Routes, route

VIEWS = [r"^/records/(?P<object_id>\d+)$", r"^/doi/(?P<doi>10\..+)$"]
DOWNLOADS = [r"^/records/(?P<object_id>\d+)/files/", r"\.pdf$|^/get/(?P<object_id>[^/]+)"]


def found(path: str, *, cite_as: bool = False) -> Route | None:
    routes = Routes(VIEWS, DOWNLOADS, cite_as=cite_as)
    return routes.found[path] if path.startswith(routes.beginnings) else routes.unnamed


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/records/12", route("view", "object_id", "12")),
        ("/records/12/files/a.pdf", route("download", "object_id", "12")),
        ("/doi/10.5072/a/b", route("view", "doi", "10.5072/a/b")),
        ("/get/x y", route("download", "object_id", "x y")),
        ("/records/12/edit", None),
        ("/records/", None),
        ("/", None),
        ("", None),
        ("/x.pdf", None),  # the pattern matches, but its group took no part
    ],
)
def test_a_path_names_what_its_pattern_says(path: str, named: Route | None) -> None:
    assert found(path) == named


def test_views_are_tried_before_downloads_wherever_they_match() -> None:
    routes = Routes([r"/page/(?P<object_id>\d+)$"], [r"^/files/(?P<object_id>\d+)"], cite_as=False)
    assert routes.found["/files/1/page/2"] == route("view", "object_id", "2")


def test_a_path_in_utf_8_is_matched_as_people_write_it() -> None:
    routes = Routes([r"^/bestände/(?P<object_id>\w+)$"], [], cite_as=False)
    path = "/bestände/Übersicht".encode().decode("latin-1")
    assert path.startswith(routes.beginnings)
    assert routes.found[path] == route("view", "object_id", "Übersicht")


def test_bytes_that_are_no_text_name_a_record_all_the_same() -> None:
    routes = Routes([r"^/r/(?P<object_id>.+)$"], [], cite_as=False)
    assert routes.found["/r/\xff"] == route("view", "object_id", "�")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (r"(?i)^/DOI/(?P<doi>.+)$", "/doi/10.1/x"),
        (r"^/(?:a|b)/(?P<object_id>\d+)", "/b/1"),
        (r"/deep/(?P<object_id>\d+)", "/very/deep/1"),
        (r"^/x$|/deep/(?P<object_id>\d+)", "/very/deep/1"),
        (r"^/a?b/(?P<object_id>\d+)", "/b/1"),
        (r"^/(?P<kind>x|y)/(?P<object_id>\d+)", "/y/1"),
        (r"^/a-+b/(?P<object_id>\d+)", "/a--b/1"),
    ],
)
def test_what_a_pattern_finds_alone_it_finds_here(pattern: str, path: str) -> None:
    routes = Routes([r"^/nothing/(?P<object_id>x)", pattern], [r"^/else/(?P<doi>x)"], cite_as=False)
    assert path.startswith(routes.beginnings)
    assert routes.found[path] is not None


def test_the_doi_goes_before_the_object_id() -> None:
    routes = Routes([r"^/(?P<object_id>\d+)/(?P<doi>10\..+)"], [], cite_as=False)
    assert routes.found["/7/10.5072/x"] == route("view", "doi", "10.5072/x")


def test_with_cite_as_every_other_path_is_for_the_answer_to_name() -> None:
    assert found("/anything", cite_as=True) == route("", "doi", "")


def test_with_cite_as_a_pattern_may_say_the_kind_alone() -> None:
    assert Routes([], [r"^/files/"], cite_as=True).found["/files/1"] == route("download", "doi", "")


@pytest.mark.parametrize(
    ("views", "message"),
    [
        ([], "nothing to count"),
        ([r"^/records/\d+$"], "does not say which record"),
        ([r"^/(?P<object_id>"], "no regular expression"),
        ([r"^/(?P<object_id>.)(?P=object_id)"], "refers back"),
        (r"^/records/(?P<object_id>\d+)$", "pass a list"),
    ],
)
def test_what_cannot_work_is_refused_at_start_up(views: list[str], message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        Routes(views, [], cite_as=False)
