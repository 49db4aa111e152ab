"""Landing pages, address by address: what DataCite refuses, what it takes though it is of no use."""

from __future__ import annotations

from typing import Any

import pytest

from doitui_core.metadata.landing_pages import LONGEST, notes, refusal, resolved_doi

PAGE = "https://archive.example.org/4"

REFUSED = {
    "https://a.example.org/a b": "url_syntax",
    "https://a.example.org/a\tb": "url_syntax",
    "https://a.example.org/a\u00a0b": "url_syntax",
    " https://a.example.org/1": "url_syntax",
    "https://a.example.org/1\n": "url_syntax",
    "https://a.example.org/\x00": "url_syntax",
    "https://a.example.org/\x85": "url_syntax",
    "/1": "url_syntax",
    "1": "url_syntax",
    "archive.example.org/4": "url_syntax",
    "//archive.example.org/4": "url_syntax",
    "javascript:alert(1)": "url_syntax",
    "javascript://x/%0aalert(1)": "url_syntax",
    "mailto:a@example.org": "url_syntax",
    "file:///etc/passwd": "url_syntax",
    "HTTPS://archive.example.org/4": "url_syntax",
    "s3://bucket/4": "url_syntax",
    "http:/archive.example.org/4": "url_syntax",
    "http://": "url_syntax",
    "https:///1": "url_syntax",
    "https://?a=1": "url_syntax",
    "https://#1": "url_syntax",
    "https://user@/1": "url_syntax",
    "https://:8080/1": "url_syntax",
    "https://a.example.org/" + "x" * LONGEST: "too_long",
    "https://a.example.org/" + "ä" * (LONGEST // 2): "too_long",
}

TAKEN = {
    PAGE: [],
    "http://archive.example.org": [],
    "ftp://archive.example.org/4": [],
    "https://archive.example.org:8443/a/b;c=d?e=f&g=%20#h": [],
    "https://archive.example.org/a(b)*!$'+,~:@": [],
    "http://[2001:db8::1]/4": [],
    "http://localhost/4": [],
    "https://jo:s3cret@archive.example.org/4": ["url_credentials"],
    "https://jo@archive.example.org/4": ["url_credentials"],
    "https://bücher.example.org/4": ["url_not_ascii"],
    "https://archive.example.org/Äpfel": ["url_not_ascii"],
    "https://archive.example.org/?q=北村": ["url_not_ascii"],
    "https://archive.example.org/{id}": ["url_characters"],
    "https://archive.example.org/a|b": ["url_characters"],
    "https://archive.example.org/<b>": ["url_characters"],
    "https://archive.example.org/100%": ["url_characters"],
    "http://[::1": ["url_characters"],
    "https://archive.example.org/" + "x" * 3000: ["url_long"],
    "https://doi.org/10.5072/abc": ["url_loop"],
    "http://dx.doi.org/10.5072/ABC": ["url_loop"],
    "https://doi.org/10.5072%2Fabc": ["url_loop"],
    "https://handle.test.datacite.org/10.5072/abc": ["url_loop"],
    "https://hdl.handle.net/10.5072/abc": ["url_loop"],
    "https://doi.org/10.5072/other": ["url_is_doi"],
    "https://doi.org/the-identifier/resources/": [],
    "https://archive.example.org/https://doi.org/10.5072/abc": [],
}


def test_what_datacite_refuses_is_refused() -> None:
    found = {url: (refusal(url) or ("nothing",))[0] for url in REFUSED}
    assert {url[:60]: code for url, code in found.items() if code != REFUSED[url]} == {}


def test_what_datacite_takes_has_the_warnings_it_deserves() -> None:
    found = {url: [code for code, *_ in notes(url, lambda: "10.5072/Abc")] for url in TAKEN}
    assert {url: refusal(url) for url in TAKEN if refusal(url)} == {}
    assert {url[:60]: codes for url, codes in found.items() if codes != TAKEN[url]} == {}


def test_a_record_without_a_doi_is_warned_of_any_doi_that_could_be_its_own() -> None:
    assert [code for code, *_ in notes("https://doi.org/10.5072/abc", str)] == ["url_loop"]


def test_the_own_doi_is_asked_for_only_where_the_page_is_a_resolver_s() -> None:
    def never() -> str:
        raise AssertionError

    assert list(notes(PAGE, never)) == []
    assert list(notes("https://doi.org.example.org/10.5072/abc", never)) == []


@pytest.mark.parametrize(
    ("url", "doi"),
    [
        ("https://doi.org/10.5072/a", "10.5072/a"),
        ("https://doi.org/doi:10.5072/a", "10.5072/a"),
        ("https://user@doi.org:443/10.5072/a?x=1", "10.5072/a"),
        ("https://doi.org", ""),
        ("https://example.org/10.5072/a", ""),
    ],
)
def test_a_resolver_s_address_names_its_doi(url: str, doi: str) -> None:
    assert resolved_doi(url) == doi


def test_no_message_shows_a_password() -> None:
    urls = ["https://jo:s3cret@archive.example.org/a b", "https://jo:s3cret@archive.example.org/ä", "x://jo:s3cret@h/"]
    told: list[Any] = [message for url in urls for message in (refusal(url), *notes(url, str)) if message]
    assert told
    assert "s3cret" not in repr(told)
