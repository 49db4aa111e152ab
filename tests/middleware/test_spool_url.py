"""The URL is kept as it was asked for, without what would let somebody in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doitui_middleware.spool_line import LONGEST_URL
from doitui_middleware.spool_url import stored_url

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("path", "query", "url"),
    [
        ("/records/1", "", "/records/1"),
        ("/records/1", "page=2&lang=de", "/records/1?page=2&lang=de"),
        ("/records/1", "file=a%20b.pdf", "/records/1?file=a%20b.pdf"),
        ("/a b", "", "/a%20b"),
        ("/a?b", "c", "/a%3Fb?c"),
        ("/a%2Fb", "", "/a%252Fb"),
        ("/\xc3\xbc", "q=\xc3\xbc", "/%C3%BC?q=%C3%BC"),
        ("/doi/10.1002/(SICI)1097;2-3", "", "/doi/10.1002/(SICI)1097;2-3"),
        ("/x", "keyword=a&monkey=b&author=c", "/x?keyword=a&monkey=b&author=c"),
    ],
)
def test_a_url_without_secrets_is_kept(path: str, query: str, url: str) -> None:
    assert stored_url(path, query) == url


@pytest.mark.parametrize(
    "secret",
    [
        "token=abc",
        "access_token=abc",
        "preview-token=abc",
        "API_KEY=abc",
        "key=abc",
        "sig=abc",
        "X-Amz-Signature=abc",
        "X-Amz-Credential=abc",
        "X-Amz-Date=20260101",
        "X-Goog-Signature=abc",
        "Signature=abc",
        "AWSAccessKeyId=abc",
        "password=abc",
        "passwd=abc",
        "sessionid=abc",
        "PHPSESSID=abc",
        "auth=abc",
        "code=abc",
        "ticket=ST-1",
        "email=jo",
        f"x={JWT}",
        "who=jo@example.org",
        "who=jo%40example.org",
        "%74oken=abc",
    ],
)
def test_what_lets_somebody_in_is_left_out(secret: str) -> None:
    assert stored_url("/records/1", f"a=1&{secret}&b=2") == "/records/1?a=1&b=2"


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/records/1;jsessionid=ABC", "/records/1"),
        ("/records/1;jsessionid=ABC/files", "/records/1/files"),
        (f"/share/{JWT}/1", "/share/-/1"),
    ],
)
def test_a_path_may_hold_secrets_too(path: str, url: str) -> None:
    assert stored_url(path, "") == url


def test_two_links_that_differ_in_their_token_are_one_url() -> None:
    assert stored_url("/f", "token=a&n=1") == stored_url("/f", "token=b&n=1")


def test_two_long_urls_that_differ_at_the_end_stay_two() -> None:
    first, second = stored_url("/" + "a" * 5000 + "1", ""), stored_url("/" + "a" * 5000 + "2", "")
    assert first != second
    assert len(first) == LONGEST_URL


@given(
    st.text(st.characters(max_codepoint=255), max_size=2000), st.text(st.characters(max_codepoint=255), max_size=2000)
)
def test_whatever_is_asked_for_becomes_printable(path: str, query: str) -> None:
    url = stored_url(path, query)
    assert url.isascii()
    assert " " not in url
    assert url.isprintable()
    assert len(url) <= LONGEST_URL


@pytest.mark.parametrize("piece", ["b", "b@", "eyJ", "eyJaaaaaa.", ";a", "a-", "@a.", "token", "%"])
def test_no_url_takes_long_to_read(piece: str) -> None:
    long = piece * (200_000 // len(piece))
    assert len(stored_url(f"/{long}", f"{long}={long}")) <= LONGEST_URL
