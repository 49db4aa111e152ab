"""Cause groups: which errors are the same failure, which field they name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doitui_core.domain.cause_groups import cause_group, is_name

KERNEL = "http://datacite.org/schema/kernel-"
FIX = "; fix the record, then retry"


def missing(child: str, doi: str = "10.5072/h/ms-1", line: int = 4) -> str:
    return f"DOI {doi}: Missing child element(s). Expected is ( {{{KERNEL}4}}{child} ). at line {line}, column 0"


def unlisted(value: str, doi: str = "10.5072/h/ms-1") -> str:
    listed = "{'Organizational', 'Personal'}"
    text = f"[facet 'enumeration'] The value '{value}' is not an element of the set {listed}."
    return f"creatorName', attribute 'nameType: DOI {doi}: Element 'creatorName', attribute 'nameType': {text}"


#: Cause, and errors that are one failure.
SAME = [
    ("metadata", f"HTTP 422: creators: {missing('creator')}{FIX}", f"HTTP 422: {missing('creator', '10.5072/b')}{FIX}"),
    ("metadata", f"HTTP 422: xml: {missing('title', line=90)}{FIX}", f"HTTP 422: titles: {missing('title')}{FIX}"),
    ("metadata", f"HTTP 422: {unlisted('Foo')}{FIX}", f"HTTP 422: {unlisted('O; Brien’s x', '10.80225/b;(c)')}{FIX}"),
    ("metadata", f"HTTP 422: publisher: Can't be blank{FIX}", f"HTTP 422: Publisher:  can't  be blank{FIX}"),
    (
        "metadata",
        f"HTTP 422: creators.0.nameIdentifiers: Is invalid{FIX}",
        f"HTTP 422: /data/attributes/creators/12/nameIdentifiers: Is invalid{FIX}",
        f"HTTP 422: creators[3].nameIdentifiers: Is invalid{FIX}",
    ),
    (
        "metadata",
        "HTTP 422: xml: DOI 10.5072/a: Opening and ending tag mismatch: at line 3, column 7",
        "HTTP 422: xml: DOI 10.5072/b-2: Opening and ending tag mismatch: at line 4711, column 12",
    ),
    (
        "metadata",
        f"HTTP 422: xml: DOI 10.5072/a: Schema {KERNEL}3 is no longer supported{FIX}",
        f"HTTP 422: xml: DOI 10.5072/b: Schema {KERNEL}2.2 is no longer supported{FIX}",
    ),
    (
        "metadata",
        f"HTTP 422: url: URL https://a.example.org/1 is not allowed by repository DEMO.REPO domain settings.{FIX}",
        f"HTTP 422: url: URL https://b.example.org/?q=x is not allowed by repository DEMO.REPO domain settings.{FIX}",
    ),
    (
        "metadata",
        "creators[0].name: required by DataCite, missing: fill it in (value_missing)",
        "not sent: creators[2].name: required by DataCite, missing: fill it in (value_missing); "
        "creators[3].name: required by DataCite, missing: fill it in (value_missing)",
    ),
    (
        "metadata",
        "dates[0].date: '12.5.1890; or later' is not a date: write 1890-05-12 (date_syntax)",
        'dates[1].date: "spring o\'clock" is not a date: write the year (date_syntax)',
    ),
    ("server_error", "HTTP 500: undefined method 'a' for nil", "HTTP 502: undefined method 'b' for nil"),
    (
        "conflict",
        "HTTP 409: exists; another write came first; retried automatically",
        "HTTP 409: exists; another write came first",
    ),
    (
        "event",
        "HTTP 422: Obj can't be blank; see `doitui event show`",
        "HTTP 422: obj can't be blank; see `doitui event show`",
    ),
    ("attempts_spent", "5 attempts, the last at 2026-11-29T10:00Z", "7 attempts, the last at 2026-11-30T11:30Z"),
]

#: (cause, error) of failures that are not the same, though they are alike.
DIFFERENT = [
    ("metadata", f"HTTP 422: creators: {missing('creator')}{FIX}"),
    ("metadata", f"HTTP 422: titles: {missing('title')}{FIX}"),
    ("metadata", f"HTTP 422: creators: {missing('creator')}; titles: {missing('title')}{FIX}"),
    ("metadata", f"HTTP 422: {unlisted('Foo')}{FIX}"),
    ("metadata", f"HTTP 422: metadata: Is invalid{FIX}"),
    ("bad_request", f"HTTP 400: metadata: Is invalid{FIX}"),
    ("forbidden", "HTTP 403: You are not authorized to access this resource.; the account has no permission"),
    ("forbidden", "HTTP 403: Access is denied; the account has no permission"),
    ("", ""),
]

#: Cause, error; the fields, and what is wrong in a few words.
FIELDS = [
    ("metadata", f"HTTP 422: creators: {missing('creator')}{FIX}", "creators", "creators required"),
    ("metadata", f"HTTP 422: resource: {missing('resourceType')}{FIX}", "types", "types required"),
    ("metadata", f"HTTP 422: {missing('publisher')}{FIX}", "publisher", "publisher required"),
    ("metadata", f"HTTP 422: {unlisted('Foo')}{FIX}", "creators", "creators invalid"),
    ("metadata", f"HTTP 422: rights_list: Is invalid{FIX}", "rightsList", "rightsList invalid"),
    ("metadata", f"HTTP 422: url: Can't be blank{FIX}", "url", "url required"),
    ("metadata", f"HTTP 422: xml: Is invalid; url: Can't be blank{FIX}", "xml, url", "xml, url required"),
    ("bad_request", "HTTP 400: param 'url' required; fix the record, then retry", "url", "url required"),
    ("metadata", f"HTTP 422: Can't be blank{FIX}", "", "metadata"),
    ("metadata", "titles[0].title: missing: fill it in (title_missing)", "titles", "titles required"),
    ("event", "HTTP 422: Source token can't be blank; see it", "source_token", "source_token required"),
    ("report", "HTTP 422: report-datasets: can't be blank; see it", "report-datasets", "report-datasets required"),
    ("forbidden", "HTTP 403: url: no; x", "", "forbidden"),
    ("not_a_draft", "HTTP 405: Method not allowed; x", "", "not a draft"),
    ("unreachable", "https://api.datacite.org/dois: connection refused", "", "unreachable"),
    ("", "", "", "unknown cause"),
]


def test_failures_that_differ_only_in_what_is_of_a_record_are_one_group(check_all: Callable[..., None]) -> None:
    def check(case: tuple[str, ...]) -> None:
        cause, *errors = case
        assert len({cause_group(cause, error) for error in errors}) == 1, [cause_group(cause, e) for e in errors]

    check_all(check, SAME)


def test_other_causes_fields_and_sentences_are_other_groups() -> None:
    assert len({cause_group(*case).name for case in DIFFERENT}) == len(DIFFERENT)


def test_a_group_names_the_attribute_and_what_is_wrong_with_it(check_all: Callable[..., None]) -> None:
    def check(case: tuple[str, str, str, str]) -> None:
        cause, error, field, summary = case
        group = cause_group(cause, error)
        assert (group.field, group.summary) == (field, summary)

    check_all(check, FIELDS)


def test_a_name_can_be_told_from_a_cause(check_all: Callable[..., None]) -> None:
    def check(case: tuple[str, str]) -> None:
        cause, error = case
        name = cause_group(cause, error).name
        assert (is_name(name), is_name(cause), name.startswith(cause)) == (True, False, True)

    check_all(check, [*DIFFERENT, *((cause, error) for cause, error, *_ in FIELDS)])


@pytest.mark.parametrize("error", ["creators: " + "x" * 2000, "'" * 2000, "{" * 2000, "10.5072/" * 250, "a[1]" * 500])
def test_a_long_error_takes_no_time(error: str) -> None:
    assert is_name(cause_group("metadata", error).name)


def test_a_name_is_stable() -> None:
    assert cause_group("metadata", f"HTTP 422: creators: {missing('creator')}{FIX}").name == "metadata-creators-54fcaa"
