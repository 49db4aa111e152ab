"""One request on the wire: what is known when it goes wrong, and when it must be over."""

from __future__ import annotations

import gzip
import inspect
import socket
import struct
import threading
import time
from contextlib import closing
from typing import Any

import pytest
import requests.exceptions

from doitui_core.datacite import transport
from doitui_core.errors import Misconfigured, NoAnswer, NotSent

ALL_ERRORS = [
    error
    for _, error in inspect.getmembers(requests.exceptions, inspect.isclass)
    if issubclass(error, requests.RequestException)
]


def exchange(url: str, deadline: float = 10, **options: Any) -> Any:
    session = transport.session("doitui-test", "DEMO.REPO", "s3cret")
    with session:
        return transport.exchange(
            session, options.pop("method", "GET"), url, deadline=deadline, headers={}, data=options.pop("data", None)
        )


def made(error: type[Exception]) -> Exception:
    """An instance of any class in requests.exceptions; the JSON one wants more words."""
    return (
        error("broken", "doc", 0)
        if issubclass(error, ValueError) and "JSONDecode" in error.__name__
        else error("broken")
    )


@pytest.mark.parametrize("error", ALL_ERRORS, ids=lambda error: error.__name__)
def test_every_error_of_requests_after_sending_means_that_nobody_knows(error: type[Exception]) -> None:
    ours = transport.translated(made(error), sent=True, request="POST /dois", deadline=1)
    assert type(ours) is NoAnswer


@pytest.mark.parametrize("error", ALL_ERRORS, ids=lambda error: error.__name__)
def test_every_error_of_requests_before_sending_is_not_sent_or_a_mistake_in_the_settings(
    error: type[Exception],
) -> None:
    ours = transport.translated(made(error), sent=False, request="POST /dois", deadline=1)
    assert type(ours) is (Misconfigured if issubclass(error, transport.MISCONFIGURED) else NotSent)


def test_why_a_server_cannot_be_reached_is_reported_in_the_words_of_the_system() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotSent) as told:
        exchange(f"http://127.0.0.1:{port}/dois")
    assert str(told.value).endswith("/dois: not sent, the server cannot be reached (Connection refused)")


def test_why_no_answer_came_is_reported_in_the_words_of_the_system() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server, pytest.raises(NoAnswer) as told:
        exchange(f"http://127.0.0.1:{server.getsockname()[1]}/dois", deadline=0.2)
    assert str(told.value).endswith("/dois: sent, but no whole answer came within 0.2 s (timed out)")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "ftp://127.0.0.1/x",
        "http://",
        "http:///dois",
        "http://[::1/dois",
        "http://127.0.0.1:port/dois",
        "http://.example.org/dois",
        "http://a..example.org/dois",
        "http://" + "a" * 70 + ".example.org/dois",
    ],
)
def test_an_address_that_is_none_is_a_mistake_in_the_settings(url: str) -> None:
    with pytest.raises(Misconfigured):
        exchange(url)


def test_a_name_that_does_not_resolve_was_not_sent() -> None:
    with pytest.raises(NotSent):
        exchange("http://does-not-exist.invalid/dois")


def test_a_port_that_nobody_listens_on_was_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotSent):
        exchange(f"http://127.0.0.1:{port}/dois")


def test_a_tls_address_that_speaks_plain_http_was_not_sent(stubborn: Any) -> None:
    server = stubborn(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    with pytest.raises(NotSent):
        exchange(f"https://127.0.0.1:{server.port}/dois")


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def after_request(read_request: Any, then: Any) -> Any:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        then(connection)

    return serve


def promise_more(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def break_a_chunk(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{")


def speak_nonsense(connection: socket.socket) -> None:
    connection.sendall(b"220 smtp.example.org ESMTP\r\n")


def break_the_gzip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")


def too_many_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n")


@pytest.mark.parametrize(
    "then",
    [reset, socket.socket.close, promise_more, break_a_chunk, speak_nonsense, break_the_gzip, too_many_headers],
)
def test_a_server_that_takes_the_request_and_answers_badly_leaves_us_not_knowing(
    stubborn: Any, read_request: Any, then: Any
) -> None:
    server = stubborn(after_request(read_request, then))
    with pytest.raises(NoAnswer):
        exchange(server.url, method="POST", data=b"{}")


def test_a_connection_reset_while_the_body_goes_out_leaves_us_not_knowing(stubborn: Any) -> None:
    server = stubborn(lambda connection: (connection.recv(1000), reset(connection)))
    with pytest.raises(NoAnswer):
        exchange(server.url, method="POST", data=b"x" * 20_000_000)


def drip(first: bytes) -> Any:
    def serve(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(first)
        over = threading.Event()
        while not over.wait(0.1):
            connection.sendall(b"x")

    return serve


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
    ids=["status line", "headers", "body", "body without a length"],
)
def test_the_deadline_holds_for_the_whole_request_whatever_drips(stubborn: Any, first: bytes) -> None:
    server = stubborn(drip(first))
    begun = time.monotonic()
    with pytest.raises(NoAnswer):
        exchange(server.url, deadline=0.5)
    assert 0.4 < time.monotonic() - begun < 1.5


def test_a_connection_that_was_made_too_late_is_not_used(monkeypatch: pytest.MonkeyPatch, answering: Any) -> None:
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args: threading.Event().wait(0.4) or resolve(*args))
    server = answering("HTTP/1.1 200 OK\nContent-Length: 0\nConnection: close")
    with pytest.raises(NotSent):
        exchange(server.url, deadline=0.1)
    assert server.requests == []


def test_an_html_page_is_an_answer(answering: Any) -> None:
    server = answering("HTTP/1.1 502 Bad Gateway\nConnection: close", b"<html><h1>Bad Gateway</h1>nginx</html>")
    answer = exchange(server.url)
    assert (answer.status, answer.summary) == (502, "Bad Gateway nginx")


@pytest.mark.parametrize("location", ["/elsewhere", "http://[nonsense", "ftp://x", "http://" + "a" * 300, "\u00ff"])
def test_a_redirect_is_an_answer_and_not_followed(answering: Any, location: str) -> None:
    server = answering(f"HTTP/1.1 302 Found\nLocation: {location}\nContent-Length: 0\nConnection: close")
    assert exchange(server.url).status == 302
    assert len(server.requests) == 1


def test_a_redirect_to_another_host_takes_no_credentials_there(answering: Any) -> None:
    other = answering("HTTP/1.1 200 OK\nConnection: close")
    server = answering(
        f"HTTP/1.1 307 Temporary Redirect\nLocation: {other.url}/x\nContent-Length: 0\nConnection: close"
    )
    exchange(server.url, method="POST", data=b"{}")
    assert other.requests == []


def test_a_body_too_large_to_be_an_answer_is_not_read_to_its_end(stubborn: Any, read_request: Any) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 1_000_000)

    server = stubborn(after_request(read_request, endless))
    with pytest.raises(NoAnswer, match="more than"):
        exchange(server.url)


def test_a_small_body_that_unpacks_to_something_huge_is_not_unpacked_to_its_end(answering: Any) -> None:
    bomb = gzip.compress(b"x" * (transport.LARGEST_BODY + 1))
    server = answering(f"HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: {len(bomb)}\nConnection: close", bomb)
    with pytest.raises(NoAnswer, match="more than"):
        exchange(server.url)


def test_a_gzipped_answer_is_unpacked(answering: Any) -> None:
    packed = gzip.compress("{“ä”}".encode())
    server = answering(
        f"HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: {len(packed)}\nConnection: close", packed
    )
    assert exchange(server.url).text == "{“ä”}"


def test_a_connection_the_server_has_closed_in_between_is_replaced(answering: Any) -> None:
    server = answering("HTTP/1.1 200 OK\nContent-Length: 0\nX-Then: close")
    with transport.session("doitui-test", "DEMO.REPO", "s3cret") as session:
        statuses = [
            transport.exchange(session, "GET", server.url, deadline=5, headers={}, data=None).status for _ in range(3)
        ]
    assert statuses == [200, 200, 200]


def test_a_connection_that_closes_at_the_second_request_leaves_us_not_knowing(stubborn: Any, read_request: Any) -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        read_request(connection)

    server = stubborn(serve, 1)
    with transport.session("doitui-test", "DEMO.REPO", "s3cret") as session:
        transport.exchange(session, "GET", server.url, deadline=5, headers={}, data=None)
        with pytest.raises(NoAnswer):
            transport.exchange(session, "POST", server.url, deadline=5, headers={}, data=b"{}")


def test_through_a_proxy_that_takes_the_request_and_dies_we_do_not_know_either(
    stubborn: Any, read_request: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = stubborn(after_request(read_request, reset))
    monkeypatch.setenv("http_proxy", proxy.url)
    with pytest.raises(NoAnswer):
        exchange("http://api.example.org/dois", method="POST", data=b"{}")


def test_a_proxy_that_does_not_connect_us_has_sent_nothing(answering: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = answering("HTTP/1.1 403 Forbidden\nContent-Length: 0\nConnection: close")
    monkeypatch.setenv("https_proxy", proxy.url)
    with pytest.raises(NotSent):
        exchange("https://api.example.org/dois", method="POST", data=b"{}")


def test_a_proxy_whose_connections_we_cannot_watch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1080")
    with pytest.raises(Misconfigured, match="SOCKS"):
        exchange("http://api.example.org/dois")


def test_credentials_may_be_in_any_script(answering: Any) -> None:
    server = answering("HTTP/1.1 200 OK\nContent-Length: 0\nConnection: close")
    with transport.session("doitui-test", "DEMO.REPO", "пароль") as session:
        transport.exchange(session, "GET", server.url, deadline=5, headers={}, data=None)
    assert b"Authorization: Basic REVNTy5SRVBPOtC/0LDRgNC+0LvRjA==" in server.requests[0]


@pytest.mark.parametrize("then", [reset, promise_more])
def test_no_message_tells_the_password(stubborn: Any, read_request: Any, then: Any) -> None:
    server = stubborn(after_request(read_request, then))
    with pytest.raises(NoAnswer) as caught:
        exchange(server.url)
    assert "s3cret" not in repr(caught.value)
    assert "Basic" not in repr(caught.value)
