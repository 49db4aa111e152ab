"""What counts and what does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from doitui_middleware.wsgi import UsageMiddleware

from .conftest import Site, Spool, ask, request

Wrap = Callable[..., UsageMiddleware]


def test_a_view_is_one_hit_with_all_that_a_drain_needs(wrapped: Wrap, spool: Spool) -> None:
    ask(wrapped(Site()), request("/records/12", QUERY_STRING="page=2&token=x", SCRIPT_NAME="/archive"))
    (hit,) = spool.hits()
    assert hit._replace(time=0, actor="") == (
        *(0, "h", "view", "object_id", "12", "/archive/records/12?page=2", 200, "address", "", "Mozilla/5.0"),
    )


def test_a_download_is_a_download(wrapped: Wrap, spool: Spool) -> None:
    ask(wrapped(Site()), request("/records/12/files/a.pdf"))
    assert [(hit.kind, hit.key) for hit in spool.hits()] == [("download", "12")]


@pytest.mark.parametrize(
    ("status", "headers", "counts"),
    [
        ("200 OK", [], True),
        ("304 Not Modified", [], True),
        ("206 Partial Content", [("Content-Range", "bytes 0-99/1000")], True),
        ("206 Partial Content", [("Content-Range", "bytes 100-199/1000")], False),
        ("206 Partial Content", [], False),
        ("201 Created", [], False),
        ("204 No Content", [], False),
        ("301 Moved Permanently", [("Location", "/x")], False),
        ("302 Found", [("Location", "/x")], False),
        ("303 See Other", [("Location", "/x")], False),
        ("307 Temporary Redirect", [("Location", "/x")], False),
        ("400 Bad Request", [], False),
        ("401 Unauthorized", [], False),
        ("403 Forbidden", [], False),
        ("404 Not Found", [], False),
        ("410 Gone", [], False),
        ("416 Range Not Satisfiable", [], False),
        ("429 Too Many Requests", [], False),
        ("500 Internal Server Error", [], False),
        ("503 Service Unavailable", [], False),
    ],
)
def test_only_answers_that_succeeded_count(
    wrapped: Wrap, spool: Spool, status: str, headers: list[tuple[str, str]], counts: bool
) -> None:
    ask(wrapped(Site(status, *headers)))
    assert [hit.status for hit in spool.hits()] == ([int(status[:3])] if counts else [])


def test_without_partial_no_206_counts(wrapped: Wrap, spool: Spool) -> None:
    ask(wrapped(Site("206 Partial Content", ("Content-Range", "bytes 0-99/1000")), partial=False))
    assert spool.hits() == []


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "get"])
def test_only_get_counts(wrapped: Wrap, spool: Spool, method: str) -> None:
    ask(wrapped(Site()), request(REQUEST_METHOD=method))
    assert spool.hits() == []


@pytest.mark.parametrize("header", ["HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ"])
def test_a_prefetch_does_not_count(wrapped: Wrap, spool: Spool, header: str) -> None:
    ask(wrapped(Site()), request(**{header: "prefetch"}))
    assert spool.hits() == []


@pytest.mark.parametrize("path", ["/", "/about", "/records/", "/records/12/edit"])
def test_other_paths_are_not_ours(wrapped: Wrap, spool: Spool, path: str) -> None:
    ask(wrapped(Site()), request(path))
    assert not spool.directory.exists()


def test_a_request_without_a_path_is_not_ours(wrapped: Wrap, spool: Spool) -> None:
    environ = request()
    del environ["PATH_INFO"]
    assert ask(wrapped(Site()), environ) == ("200 OK", b"a record")


def test_wrapped_twice_counts_once(wrapped: Wrap, spool: Spool) -> None:
    ask(wrapped(wrapped(Site())))
    assert len(spool.hits()) == 1


def test_two_wrappers_for_two_parts_of_a_site_each_count_theirs(wrapped: Wrap, spool: Spool) -> None:
    both = wrapped(wrapped(Site(), views=[r"^/papers/(?P<object_id>\d+)$"], downloads=[], repository="p"))
    for path in ("/records/1", "/papers/2"):
        ask(both, request(path))
    assert [(hit.repository, hit.key) for hit in spool.hits()] == [("h", "1"), ("p", "2")]


def test_a_site_that_shifts_its_path_is_kept_under_the_one_asked_for(wrapped: Wrap, spool: Spool) -> None:
    def dispatching(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = "/records", "/12"
        start_response("200 OK", [])
        return []

    ask(wrapped(dispatching), request("/records/12"))
    assert [hit.url for hit in spool.hits()] == ["/records/12"]


def test_the_user_may_be_known_only_when_the_site_answers(wrapped: Wrap, spool: Spool) -> None:
    def signing_in(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["REMOTE_USER"] = "jo"
        start_response("200 OK", [])
        return []

    ask(wrapped(signing_in, user=lambda environ: environ.get("REMOTE_USER")))
    assert [hit.actor_kind for hit in spool.hits()] == ["user"]
