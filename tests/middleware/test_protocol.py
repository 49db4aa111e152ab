"""PEP 3333, checked by two lints, on both sides of the middleware, for every way a site may answer."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper, setup_testing_defaults
from wsgiref.validate import validator

import pytest
from werkzeug.middleware.lint import LintMiddleware

from doitui_middleware.wsgi import UsageMiddleware

from .conftest import Spool, request

Wrap = Callable[..., UsageMiddleware]

HEADERS = [("Content-Type", "text/plain"), ("Content-Length", "6")]


def listing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", list(HEADERS))
    return [b"abc", b"def"]


def generating(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", list(HEADERS))
    yield b"abc"
    yield b"def"


def writing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    write = start_response("200 OK", list(HEADERS))
    write(b"abc")
    return [b"def"]


def sending_a_file(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", list(HEADERS))
    wrapper: Iterable[bytes] = environ["wsgi.file_wrapper"](io.BytesIO(b"abcdef"), 3)
    return wrapper


def streaming(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Type", "text/event-stream")])
    for letter in b"abcdef":
        yield bytes([letter])


def changing_to_success(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("404 Not Found", list(HEADERS))
    try:
        raise RuntimeError
    except RuntimeError:
        start_response("200 OK", list(HEADERS), sys.exc_info())
    return [b"abcdef"]


class Closing:
    """An iterator class with `close`, as frameworks use."""

    def __init__(self, environ: dict[str, Any], start_response: Any) -> None:
        start_response("200 OK", list(HEADERS))
        self.rest = [b"def", b"abc"]

    def __iter__(self) -> Closing:
        return self

    def __next__(self) -> bytes:
        if not self.rest:
            raise StopIteration
        return self.rest.pop()

    def close(self) -> None:
        pass


SITES = [listing, generating, writing, sending_a_file, streaming, changing_to_success, Closing]


def serve(application: Any) -> bytes:
    """One request as a strict server makes it."""
    environ = request("/records/1")
    setup_testing_defaults(environ)
    environ["wsgi.file_wrapper"] = FileWrapper
    sent: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], Any]:
        return sent.append

    result = application(environ, start_response)
    try:
        for chunk in result:
            sent.append(chunk)
    finally:
        if hasattr(result, "close"):
            result.close()
    return b"".join(sent)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.__name__)
def test_the_standard_validator_finds_no_fault_on_either_side(site: Any, wrapped: Wrap, spool: Spool) -> None:
    assert serve(validator(wrapped(validator(site)))) == b"abcdef"
    assert len(spool.hits()) == 1


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.__name__)
def test_a_sharper_lint_finds_no_fault_on_either_side(site: Any, wrapped: Wrap, spool: Spool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if site is changing_to_success:  # this lint holds every second start_response for a fault
            warnings.simplefilter("ignore")
        assert serve(LintMiddleware(wrapped(LintMiddleware(site)))) == b"abcdef"
    assert len(spool.hits()) == 1


def test_a_file_reaches_the_server_as_the_servers_own_wrapper(wrapped: Wrap) -> None:
    """Or else sendfile is silently turned off."""
    environ = request("/records/1/files/a", **{"wsgi.file_wrapper": FileWrapper})
    result = wrapped(sending_a_file)(environ, lambda status, headers: None)
    assert type(result) is FileWrapper


def broken_before(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    raise LookupError("before")


def broken_within(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield b"abc"
    raise LookupError("within")


def broken_in_type(environ: dict[str, Any], start_response: Any) -> Any:
    start_response("200 OK", [])
    return None


def silent(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    return [b"no status"]


@pytest.mark.parametrize(("site", "error"), [(broken_before, LookupError), (broken_within, LookupError)])
def test_a_broken_site_breaks_as_it_did(site: Any, error: type[Exception], wrapped: Wrap) -> None:
    with pytest.raises(error):
        serve(wrapped(site))


@pytest.mark.parametrize(("site", "result"), [(broken_in_type, None), (silent, [b"no status"])])
def test_a_wrong_result_is_handed_on_as_it_is(site: Any, result: Any, wrapped: Wrap) -> None:
    assert wrapped(site)(request(), lambda status, headers: None) == result


def test_a_site_that_leaves_by_system_exit_may(wrapped: Wrap, spool: Spool) -> None:
    def leaving(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        serve(wrapped(leaving))
    assert spool.hits() == []


def test_nothing_of_the_middleware_reads_the_body(wrapped: Wrap, tmp_path: Path) -> None:
    class Untouchable:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"{name} of wsgi.input was touched")

    environ = request("/records/1", **{"wsgi.input": Untouchable()})
    assert wrapped(listing)(environ, lambda status, headers: None)
