"""The site and its server deal with each other as before, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from doitui_middleware.wsgi import UsageMiddleware

from .conftest import ChangesItsMind, Site, Spool, ask, request

Wrap = Callable[..., UsageMiddleware]


class Body:
    """An iterable that tells what was done to it."""

    def __init__(self) -> None:
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield b"one"
        yield b"two"

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("body", [[b"x"], (b"x",), Body(), iter([b"x"]), []], ids=lambda body: type(body).__name__)
def test_the_iterable_is_the_same_object(wrapped: Wrap, body: Any) -> None:
    def site(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [])
        return body

    assert wrapped(site)(request(), lambda status, headers: None) is body


def test_close_is_left_to_the_server(wrapped: Wrap) -> None:
    body = Body()

    def site(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [])
        return body

    ask(wrapped(site))
    assert body.closed == 1


def test_a_generator_counts_when_it_sets_its_status(wrapped: Wrap, spool: Spool) -> None:
    def site(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"late"

    result = wrapped(site)(request(), lambda status, headers: None)
    assert spool.hits() == []
    assert list(result) == [b"late"]
    assert len(spool.hits()) == 1


def test_the_site_gets_the_servers_own_write(wrapped: Wrap) -> None:
    def site(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])(b"by hand")
        return []

    assert ask(wrapped(site)) == ("200 OK", b"by hand")


def test_a_server_that_takes_two_arguments_gets_two(wrapped: Wrap) -> None:
    seen: list[tuple[Any, ...]] = []
    wrapped(Site())(request(), lambda *arguments: seen.append(arguments))
    assert seen == [("200 OK", [("Content-Type", "text/html")])]


def test_exc_info_reaches_the_server(wrapped: Wrap) -> None:
    seen: list[int] = []
    wrapped(ChangesItsMind("500 Oh"))(request(), lambda *arguments: seen.append(len(arguments)))
    assert seen == [2, 3]


def test_what_the_server_raises_reaches_the_site(wrapped: Wrap) -> None:
    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        raise AssertionError("headers already sent")

    with pytest.raises(AssertionError, match="already sent"):
        wrapped(Site())(request(), start_response)


@pytest.mark.parametrize(
    ("status", "headers"), [(b"200 OK", []), ("", []), ("garbage", []), ("206 Partial Content", [("x",)]), (None, None)]
)
def test_nonsense_from_the_site_reaches_the_server_as_it_is(wrapped: Wrap, status: Any, headers: Any) -> None:
    def site(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(status, headers)
        return []

    seen: list[Any] = []
    wrapped(site, cite_as=True)(request(), lambda *arguments: seen.append(arguments))
    assert seen == [(status, headers)]


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_USER_AGENT": None},
        {"REMOTE_ADDR": None},
        {"QUERY_STRING": "\udcff"},
        {"HTTP_COOKIE": 7},
        {"HTTP_USER_AGENT": "\u20ac\udcff"},
        {"PATH_INFO": "/records/\u0661"},
        {"PATH_INFO": None},
        {"REQUEST_METHOD": None},
        {"SCRIPT_NAME": 7},
    ],
)
def test_nonsense_from_the_server_does_not_reach_the_site(wrapped: Wrap, environ: dict[str, Any]) -> None:
    assert ask(wrapped(Site(), session_cookie="s"), request(**environ)) == ("200 OK", b"a record")


def test_a_spool_that_cannot_be_written_is_no_concern_of_the_site(wrapped: Wrap, tmp_path: Path) -> None:
    assert ask(wrapped(Site(), spool=tmp_path / "no" / "such" / "place")) == ("200 OK", b"a record")


class _Ends(BaseException):
    pass


class _NoText:
    def __str__(self) -> str:
        raise SystemExit(3)


def _raising(error: BaseException) -> Callable[[Any], object]:
    def user(environ: Any) -> object:
        raise error

    return user


def test_whatever_the_function_that_names_the_user_raises_the_site_answers_and_the_visit_counts(
    wrapped: Wrap, spool: Spool
) -> None:
    users = [_raising(error) for error in (SystemExit(1), _Ends("x"), RecursionError(), MemoryError(), KeyError("k"))]
    users.append(lambda environ: _NoText())
    answers = [ask(wrapped(Site(), user=user)) for user in users]
    assert answers == [("200 OK", b"a record")] * len(users)
    assert [hit.actor_kind for hit in spool.hits()] == ["address"] * len(users)


class _Timeout(BaseException):
    """As gevent throws one into whatever a request is doing."""

    __module__ = "gevent.timeout"


class _OwnTimeout(_Timeout):
    pass


@pytest.mark.parametrize("error", [KeyboardInterrupt(), GeneratorExit(), _Timeout(), _OwnTimeout()], ids=repr)
def test_what_ends_the_thread_goes_through(wrapped: Wrap, error: BaseException) -> None:
    with pytest.raises(type(error)):
        ask(wrapped(Site(), user=_raising(error)))
