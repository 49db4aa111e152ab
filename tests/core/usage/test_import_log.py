"""Access logs into the database: nothing twice, one source a day, counts as those of a stateless run."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui_core.db import database
from doitui_core.db.models import Doi, Record, Repository, UsageCount, UsageHit, UsageLog
from doitui_core.dois import doi_rows
from doitui_core.domain.counter_terms import METRICS
from doitui_core.domain.states import Remote, answered
from doitui_core.errors import Misconfigured, Refused
from doitui_core.operations import change_settings
from doitui_core.usage import countries, import_log, recount, seen_logs
from doitui_core.usage.drain import drain
from doitui_core.usage.import_log import LogImportOptions, LogImportResult

VIEWS = r"^/records/(?P<object_id>[\w-]+)$"
DOWNLOADS = r"^/files/(?P<doi>10\..+)/\d+$"
DOI = "10.5072/h/2026/ms-1"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:60.0) Gecko/20100101 Firefox/60.0"

Mint = Callable[..., Doi]
Log = Callable[..., Path]
Counts = Callable[[], dict[tuple[str, str], list[int]]]
Import = Callable[..., list[LogImportResult]]


def line(minute: int = 0, path: str = "/records/ms-1", day: int = 20, ip: str = "1.1.1.1", agent: str = FIREFOX) -> str:
    return f'{ip} - - [{day}/Nov/2026:10:{minute:02}:00 +0000] "GET {path} HTTP/1.1" 200 512 "-" "{agent}"'


@pytest.fixture
def imports(archive: Repository) -> Import:
    """Imports logs into the repository `h`, and counts."""

    def run(*paths: Path, **options: Any) -> list[LogImportResult]:
        given = {"key": b"k" * 32, "views": VIEWS, "downloads": DOWNLOADS, **options}
        results = import_log.import_logs(paths, archive, LogImportOptions(**given))
        if not options.get("dry_run"):
            recount.due()
        return results

    return run


def test_views_and_downloads_are_counted_for_their_dois(
    log: Log, imports: Import, a_minted_doi: Mint, counts: Counts
) -> None:
    a_minted_doi("ms-1")
    path = log(line(), line(1, f"/files/{DOI}/1"), line(2, agent="curl/8"), line(3, "/about"), line(4, "/records/no"))
    (done,) = imports(path)
    assert counts() == {(DOI, "regular"): [2, 1, 1, 1], (DOI, "machine"): [1, 1, 0, 0]}
    assert (done.lines, done.other, done.hits) == (5, 1, {"new": 3, "unknown_id": 1})
    assert done.unmatched.ids == {"unknown_id": {"no": 1}}


def test_no_address_is_stored(log: Log, imports: Import, a_minted_doi: Mint) -> None:
    a_minted_doi("ms-1")
    imports(log(line(ip="203.0.113.9")))
    (row,) = UsageHit.select().dicts()
    assert "203.0.113.9" not in str(row)


def test_what_would_let_somebody_in_is_not_stored(log: Log, imports: Import, a_minted_doi: Mint) -> None:
    a_minted_doi("ms-1")
    imports(log(line(path="/records/ms-1?token=s3cret&page=2")))
    assert [row.url for row in UsageHit.select()] == ["/records/ms-1?page=2"]


def same(path: Path) -> Path:
    return path


def renamed(path: Path) -> Path:
    return path.rename(path.with_name("access.log.1"))


def compressed(path: Path) -> Path:
    place = path.with_name("access.log.2.gz")
    place.write_bytes(gzip.compress(path.read_bytes()))
    return place


@pytest.mark.parametrize("change", [same, renamed, compressed])
def test_a_log_imported_twice_changes_nothing(
    log: Log, imports: Import, a_minted_doi: Mint, counts: Counts, change: Callable[[Path], Path]
) -> None:
    a_minted_doi("ms-1")
    path = log(line(), line(5))
    imports(path)
    before = counts()
    (again,) = imports(change(path))
    assert (counts(), again.lines, UsageHit.select().count()) == (before, 0, 2)


@pytest.mark.parametrize("change", [same, renamed, compressed])
def test_of_a_log_that_has_grown_only_what_is_new_is_imported(
    log: Log, imports: Import, a_minted_doi: Mint, counts: Counts, change: Callable[[Path], Path]
) -> None:
    a_minted_doi("ms-1")
    path = log(line(), line(5))
    imports(path)
    with path.open("a", encoding="utf-8") as file:
        file.write(line(10) + "\n")
    (again,) = imports(change(path))
    assert (again.lines, counts(), UsageLog.select().count()) == (1, {(DOI, "regular"): [3, 1, 0, 0]}, 1)


def test_a_new_log_under_the_name_of_an_old_one_is_new(
    log: Log, imports: Import, a_minted_doi: Mint, counts: Counts
) -> None:
    a_minted_doi("ms-1")
    imports(log(line(), name="access.log"))
    imports(log(line(30), name="access.log"))
    assert counts() == {(DOI, "regular"): [2, 1, 0, 0]}


def test_a_log_that_begins_like_another_and_goes_on_differently_is_another(
    log: Log, imports: Import, a_minted_doi: Mint, counts: Counts
) -> None:
    a_minted_doi("ms-1")
    imports(log(line(), line(5)))
    imports(log(line(), line(9), line(15)))
    assert counts() == {(DOI, "regular"): [4, 1, 0, 0]}


def test_with_other_patterns_a_log_can_be_imported_again(
    log: Log, imports: Import, a_minted_doi: Mint, counts: Counts
) -> None:
    a_minted_doi("ms-1")
    a_minted_doi("ms-2")
    path = log(line(), line(1, "/records/ms-2"))
    imports(path, views=r"^/records/(?P<object_id>ms-1)$")
    imports(path, again=True)
    imports(path)
    assert counts() == {(DOI, "regular"): [1, 1, 0, 0], ("10.5072/h/2026/ms-2", "regular"): [1, 1, 0, 0]}


def test_a_line_without_its_end_waits_for_it(log: Log, imports: Import, a_minted_doi: Mint, counts: Counts) -> None:
    a_minted_doi("ms-1")
    path = log(line())
    whole = path.read_text(encoding="utf-8") + line(5) + "\n"
    path.write_text(whole[:-30], encoding="utf-8")
    (first,) = imports(path)
    path.write_text(whole, encoding="utf-8")
    (second,) = imports(path)
    assert ((first.lines, first.rejected), (second.lines, second.rejected)) == ((1, 0), (1, 0))


def test_a_whole_line_without_newline_is_read_once(log: Log, imports: Import, a_minted_doi: Mint) -> None:
    a_minted_doi("ms-1")
    path = log(line())
    whole = path.read_text(encoding="utf-8") + line(5)
    path.write_text(whole, encoding="utf-8")
    imports(path)
    path.write_text(whole + "\n" + line(10) + "\n", encoding="utf-8")
    (again,) = imports(path)
    assert (again.lines, again.rejected, UsageHit.select().count()) == (1, 0, 3)


def test_logs_that_overlap_count_once(log: Log, imports: Import, a_minted_doi: Mint, counts: Counts) -> None:
    a_minted_doi("ms-1")
    imports(log(line(), line(5)), log(line(5), line(10)))
    assert counts() == {(DOI, "regular"): [3, 1, 0, 0]}


def test_a_day_that_the_middleware_covers_is_refused(
    log: Log, imports: Import, a_minted_doi: Mint, counts: Counts, spool: Any, seen: Callable[..., bytes]
) -> None:
    a_minted_doi("ms-1")
    spool.write(seen(7200))
    drain(spool.place)
    (done,) = imports(log(line(), line(day=19)))
    assert (done.refused, counts()) == ({"2026-11-20": 1}, {(DOI, "regular"): [2, 2, 0, 0]})


def test_a_hit_of_a_day_that_a_log_covers_is_kept_but_not_counted(
    log: Log,
    imports: Import,
    a_minted_doi: Mint,
    counts: Counts,
    spool: Any,
    seen: Callable[..., bytes],
    reasons: Callable[[], Counter[str]],
) -> None:
    a_minted_doi("ms-1")
    imports(log(line()))
    spool.write(seen(7200))
    drain(spool.place)
    recount.due()
    assert (reasons(), counts()) == ({"counted": 1, "other_source": 1}, {(DOI, "regular"): [1, 1, 0, 0]})


def test_a_dry_run_says_what_would_happen_and_changes_nothing(log: Log, imports: Import, a_minted_doi: Mint) -> None:
    a_minted_doi("ms-1")
    (done,) = imports(log(line(), line(1, "/records/no")), dry_run=True)
    assert done.hits == {"new": 1, "unknown_id": 1}
    assert (UsageHit.select().count(), UsageLog.select().count()) == (0, 0)


def test_bad_lines_are_reported_and_stop_nothing(log: Log, imports: Import, a_minted_doi: Mint) -> None:
    a_minted_doi("ms-1")
    (done,) = imports(log(line(), "\0\0", "what?", line(5)), form="combined")
    assert (done.rejected, done.hits, len(done.bad)) == (2, {"new": 2}, 2)


def test_an_empty_log_is_nothing(log: Log, imports: Import) -> None:
    assert imports(log())[0].lines == 0


def test_of_two_imports_at_once_one_gives_way(log: Log, archive: Repository) -> None:
    path = log(line())
    one, other = seen_logs.begin(path, archive.id), seen_logs.begin(path, archive.id)
    assert one is not None
    assert other is not None
    one.take([b"x"])
    one.store()
    other.take([b"x"])
    with pytest.raises(Refused, match="by another process"):
        other.store()


def test_a_doi_of_another_repository_is_not_counted_for_this_one(
    log: Log, imports: Import, a_minted_doi: Mint, counts: Counts
) -> None:
    row = a_minted_doi("ms-1")
    Doi.update(repository=change_settings.save_repository("g", {}).id).where(Doi.id == row.id).execute()
    imports(log(line(1, f"/files/{DOI}/1")))
    assert counts() == {}


def found_as(record: Record) -> None:
    """The DOI of `record` is findable at DataCite."""
    with database.write():
        row = doi_rows.lock(Doi.get(Doi.record == record.id).id)
        doi_rows.write(row, answered(doi_rows.facts(row), Remote.FINDABLE), actor="test", action="adopt")


def test_the_official_log_gives_the_same_counts_through_the_database(
    shared: Path, archive: Repository, a_record: Callable[..., Record], counts: Counts, count: Callable[..., Any]
) -> None:
    path = shared / "data" / "counter" / "syn_1k.log"
    stateless = count(path)
    for doi in stateless.counts:
        found_as(a_record(doi, metadata={"doi": doi}))
    import_log.import_logs([path], archive, LogImportOptions(key=b"k" * 32))
    recount.due()
    expected = {
        (doi, method): [numbers.get(metric, 0) for metric in METRICS]
        for doi, methods in stateless.counts.items()
        for method, numbers in methods.items()
    }
    assert counts() == expected


def packed(value: Any) -> bytes:
    """`value` as MaxMind's format writes it (MaxMind DB 2.0, data section)."""
    if isinstance(value, str):
        return bytes([2 << 5 | len(value)]) + value.encode()
    if isinstance(value, dict):
        return bytes([7 << 5 | len(value)]) + b"".join(packed(k) + packed(v) for k, v in value.items())
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(map(packed, value))
    kind, number = value  # 16, 32 or 64 bits
    head = {16: bytes([5 << 5 | 2]), 32: bytes([6 << 5 | 4]), 64: bytes([8, 9 - 7])}
    return head[kind] + int(number).to_bytes(kind // 8, "big")


def a_country_database(place: Path) -> Path:
    """Half of all addresses, 0.0.0.0 to 127.255.255.255, are Germany's; of the rest nothing is known."""
    tree = (1 + 16).to_bytes(3, "big") + (1).to_bytes(3, "big")
    metadata: dict[str, Any] = {
        "node_count": (32, 1),
        "record_size": (16, 24),
        "ip_version": (16, 4),
        "build_epoch": (64, 1),
    }
    metadata |= {"binary_format_major_version": (16, 2), "binary_format_minor_version": (16, 0)}
    metadata |= {"database_type": "test", "languages": ["en"]}
    data = packed({"country": {"iso_code": "DE"}})
    place.write_bytes(tree + b"\0" * 16 + data + b"\xab\xcd\xefMaxMind.com" + packed(metadata | {"description": {}}))
    return place


def test_a_country_comes_from_a_database_of_countries_and_unknown_ones_count_too(
    log: Log, imports: Import, a_minted_doi: Mint, tmp_path: Path
) -> None:
    pytest.importorskip("maxminddb")
    change_settings.set_setting("country_database", str(a_country_database(tmp_path / "countries.mmdb")))
    a_minted_doi("ms-1")
    imports(log(line(), line(5, ip="203.0.113.9"), line(9, ip="host.example.org")))
    told = {row.country: (row.total_investigations, row.unique_investigations) for row in UsageCount.select()}
    assert told == {"de": (1, 1), "": (2, 2)}


def test_a_database_of_countries_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        countries.reader(str(tmp_path / "nowhere.mmdb"))


def test_without_a_database_of_countries_nothing_is_lost(log: Log, imports: Import, a_minted_doi: Mint) -> None:
    a_minted_doi("ms-1")
    imports(log(line()))
    assert [row.country for row in UsageCount.select()] == [""]


def test_the_key_of_logs_is_made_once_and_is_for_nobody_else(tmp_path: Path) -> None:
    place = tmp_path / "secrets" / "usage-log.key"
    key = import_log.read_key(place)
    assert (len(key), import_log.read_key(place), place.stat().st_mode & 0o777) == (32, key, 0o600)


def test_a_dry_run_makes_no_key(tmp_path: Path) -> None:
    place = tmp_path / "usage-log.key"
    assert (len(import_log.read_key(place, make=False)), place.exists()) == (32, False)
