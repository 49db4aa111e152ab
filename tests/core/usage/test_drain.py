"""The spool into the database: every line once, with its DOI and its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from doitui_core.db.models import Doi, Record, Repository, UsageCount, UsageHit, UsageSpool
from doitui_core.dois import reservations
from doitui_core.errors import Misconfigured
from doitui_core.operations import change_settings
from doitui_core.records import records
from doitui_core.usage import drain as draining
from doitui_core.usage import recount, spool_place
from doitui_core.usage.drain import drain
from doitui_middleware import drain_files, safe_files

Lines = Callable[..., bytes]
Mint = Callable[..., Doi]
Reasons = Callable[[], Counter[str]]
Counts = Callable[[], dict[tuple[str, str], list[int]]]

DOI = "10.5072/h/2026/ms-1"


def test_a_view_and_a_download_are_counted_for_the_dois_of_their_records(
    spool: Any, seen: Lines, a_minted_doi: Mint, counts: Counts
) -> None:
    a_minted_doi("ms-1")
    spool.write(seen(0), seen(60, kind="download", url="/f/1"), seen(90, kind="download", url="/f/2", agent="curl/8"))
    drained = drain(spool.place)
    recount.due()
    assert (drained.lines, drained.hits) == (3, {"new": 3})
    assert counts() == {(DOI, "regular"): [2, 1, 1, 1], (DOI, "machine"): [1, 1, 1, 1]}


def test_a_doi_in_the_line_is_found_in_any_case(spool: Any, seen: Lines, a_minted_doi: Mint, counts: Counts) -> None:
    a_minted_doi("ms-1")
    spool.write(seen(key=DOI.upper(), key_kind="doi", repository="elsewhere"))
    drain(spool.place)
    recount.due()
    assert counts() == {(DOI, "regular"): [1, 1, 0, 0]}


@pytest.mark.parametrize("key_kind", ["doi", "object_id"])
@pytest.mark.parametrize("spelling", ["https://doi.org/10.5072/U1", "10.5072%2Fu1", "DOI 10.5072/U1", "10.5072/u1"])
def test_a_doi_in_the_line_is_found_in_any_spelling(
    spool: Any, seen: Lines, a_minted_doi: Mint, counts: Counts, spelling: str, key_kind: str
) -> None:
    row = a_minted_doi("10.5072/U1")
    Doi.update(doi="10.5072/U1", folded="10.5072/u1").where(Doi.id == row.id).execute()
    spool.write(seen(key=spelling, key_kind=key_kind, url="/records/1"))
    drain(spool.place)
    recount.due()
    assert counts() == {("10.5072/U1", "regular"): [1, 1, 0, 0]}


def test_an_adopted_doi_needs_no_record(spool: Any, seen: Lines, a_minted_doi: Mint, counts: Counts) -> None:
    row = a_minted_doi("ms-1")
    Doi.update(record=None).where(Doi.id == row.id).execute()
    spool.write(seen(key=DOI, key_kind="doi"))
    drain(spool.place)
    recount.due()
    assert counts() == {(DOI, "regular"): [1, 1, 0, 0]}


def test_without_a_code_it_is_the_only_repositorys(spool: Any, seen: Lines, a_minted_doi: Mint, counts: Counts) -> None:
    a_minted_doi("ms-1")
    spool.write(seen(repository=""))
    drain(spool.place)
    recount.due()
    assert counts() == {(DOI, "regular"): [1, 1, 0, 0]}


def test_what_does_not_count_is_kept_with_its_reason(
    spool: Any, seen: Lines, a_record: Callable[..., Record], a_minted_doi: Mint, reasons: Reasons, counts: Counts
) -> None:
    a_minted_doi("ms-1")
    a_minted_doi("hidden")
    Record.update(published=False).where(Record.object_id == "hidden").execute()
    reservations.reserve(a_record("reserved"))
    a_record("bare")
    spool.write(
        seen(0, agent="Googlebot/2.1"),
        seen(0, "hidden"),
        seen(0, "reserved"),
        seen(0, "bare"),
        seen(0, "nobody's"),
        seen(0, repository="nowhere"),
        seen(0, "10.9999/x", key_kind="doi"),
        seen(0),
        seen(20),
    )
    drain(spool.place)
    recount.due()
    assert reasons() == {
        "robot": 1,
        "unpublished": 1,
        "not_minted": 2,
        "unknown_id": 2,
        "unknown_repository": 1,
        "double_click": 1,
        "counted": 1,
    }
    assert counts() == {(DOI, "regular"): [1, 1, 0, 0]}


def test_what_is_nobodys_keeps_the_name_it_came_with(spool: Any, seen: Lines, archive: Repository) -> None:
    spool.write(seen(0, "a\x00 b\n", url="/records/a"))
    drain(spool.place)
    assert [(row.doi_id, row.subject) for row in UsageHit.select()] == [(0, "a\ufffd b\n")]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1)], ids=["at once", "in another drain"])
def test_what_a_site_took_back_is_no_hit(
    spool: Any, seen: Lines, a_minted_doi: Mint, reasons: Reasons, counts: Counts, order: tuple[int, ...]
) -> None:
    a_minted_doi("ms-1")
    lines = [seen(0), seen(0, status=500), seen(600)]
    for number in order:
        spool.write(lines[number])
        drain(spool.place)
        recount.due()
    assert reasons() == {"taken_back": 1, "takes_back": 1, "counted": 1}
    assert counts() == {(DOI, "regular"): [1, 1, 0, 0]}


def test_what_is_taken_back_of_a_repository_nobody_knows_stops_nothing(
    spool: Any, seen: Lines, archive: Repository
) -> None:
    spool.write(seen(repository="nowhere"), seen(repository="nowhere", status=500))
    assert drain(spool.place).hits == {"unknown_repository": 1, "takes_back": 1}


def test_a_file_without_owner_is_removed_and_its_cursor_with_it(spool: Any, seen: Lines, archive: Repository) -> None:
    spool.write(seen())
    drained = drain(spool.place)
    assert (drained.removed, spool.names(), UsageSpool.select().count()) == (1, [], 0)


def test_a_file_whose_owner_lives_is_read_on_from_where_it_was_left(
    spool: Any, seen: Lines, archive: Repository
) -> None:
    path = spool.write(seen(0), alive=True)
    first = drain(spool.place)
    spool.append(path, seen(1), seen(2))
    second, third = drain(spool.place), drain(spool.place)
    assert ([first.lines, second.lines, third.lines], spool.names()) == ([1, 2, 0], [path.name])


def test_a_line_that_is_still_being_written_waits_for_its_end(spool: Any, seen: Lines, archive: Repository) -> None:
    whole = seen(1)
    path = spool.write(seen(0), whole[:20], alive=True)
    first = drain(spool.place)
    spool.append(path, whole[20:])
    second = drain(spool.place)
    assert (first.lines, second.lines, second.rejected) == (1, 1, 0)


def test_torn_and_foreign_lines_are_put_aside_as_they_were(spool: Any, seen: Lines, archive: Repository) -> None:
    path = spool.write(seen(0), b"what is this\n", b"\n", seen(1), seen(2)[:30])
    drained = drain(spool.place)
    aside = path.with_name(path.name + ".rejected").read_bytes()
    assert (drained.hits.total(), drained.rejected) == (2, 2)
    assert aside == b"what is this\n" + seen(2)[:30] + b"\n"


def test_a_line_longer_than_what_is_read_at_once_stops_nothing(
    spool: Any, seen: Lines, archive: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "CHUNK", 1000)
    spool.write(b"x" * 5000, b"\n", seen(0))
    drained = drain(spool.place)
    assert drained.hits.total() == 1


def test_one_drain_at_a_time(spool: Any, seen: Lines, archive: Repository) -> None:
    spool.write(seen())
    with safe_files.opened_directory(spool.place) as opened, drain_files.draining(opened):
        drained = drain(spool.place)
    assert (drained.busy, drained.lines) == (True, 0)


def test_a_spool_that_is_not_there_is_empty(archive: Repository, tmp_path: Path) -> None:
    assert drain(tmp_path / "nowhere").files == 0


def test_the_spool_is_reported_in_files_and_bytes(spool: Any, seen: Lines) -> None:
    spool.write(seen())
    assert spool_place.waiting(spool.place) == {"files": 1, "bytes": len(seen())}


def test_the_spool_of_the_environment_is_the_default(
    spool: Any, seen: Lines, archive: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = spool_place.waiting(), draining.drain_due().lines
    spool.write(seen())
    monkeypatch.setenv("DOITUI_SPOOL", str(spool.place))
    assert (nothing, spool_place.waiting()["files"], draining.drain_due().lines) == (
        ({"files": 0, "bytes": 0}, 0),
        1,
        1,
    )


def test_hits_of_several_hosts_and_drains_are_judged_together(
    spool: Any, seen: Lines, a_minted_doi: Mint, counts: Counts
) -> None:
    a_minted_doi("ms-1")
    for seconds in (40, 0, 20):
        spool.write(seen(seconds))
        drain(spool.place)
        recount.due()
    assert counts() == {(DOI, "regular"): [1, 1, 0, 0]}


def test_a_late_click_after_the_full_hour_takes_the_one_before_it(
    spool: Any, seen: Lines, a_minted_doi: Mint, counts: Counts, reasons: Reasons
) -> None:
    a_minted_doi("ms-1")
    for seconds in (3590, 3610):
        spool.write(seen(seconds))
        drain(spool.place)
        recount.due()
    assert (reasons(), counts()) == ({"double_click": 1, "counted": 1}, {(DOI, "regular"): [1, 1, 0, 0]})


def test_counting_again_changes_nothing(spool: Any, seen: Lines, a_minted_doi: Mint, counts: Counts) -> None:
    a_minted_doi("ms-1")
    spool.write(*[seen(second, actor="ab"[second % 2]) for second in range(0, 7200, 13)])
    drain(spool.place)
    recount.due()
    before = counts()
    recount.everything()
    assert counts() == before


def test_an_hour_that_goes_on_is_not_counted_all_the_time(
    spool: Any, seen: Lines, a_minted_doi: Mint, counts: Counts, clock: Any
) -> None:
    a_minted_doi("ms-1")
    spool.write(seen(100))
    drain(spool.place)
    told = recount.due(timedelta(minutes=1)), counts()
    clock.forward(minutes=1)
    assert told == (0, {})
    assert (recount.due(timedelta(minutes=1)), len(counts())) == (1, 1)


def test_a_day_is_that_of_the_set_time_zone(spool: Any, seen: Lines, a_minted_doi: Mint) -> None:
    change_settings.set_setting("usage_timezone", "Pacific/Auckland")
    a_minted_doi("ms-1")
    spool.write(seen(2 * 3600))
    drain(spool.place)
    recount.due()
    assert [row.day for row in UsageCount.select()] == [20_778]


def test_a_zone_changed_later_is_refused(spool: Any, seen: Lines, a_minted_doi: Mint) -> None:
    a_minted_doi("ms-1")
    spool.write(seen())
    drain(spool.place)
    change_settings.set_setting("usage_timezone", "Europe/Berlin")
    spool.write(seen())
    with pytest.raises(Misconfigured, match="days are counted in UTC"):
        drain(spool.place)


def test_an_unpublished_record_counts_again_once_it_is_published(
    spool: Any, seen: Lines, a_minted_doi: Mint, counts: Counts
) -> None:
    a_minted_doi("ms-1")
    for published in (False, True):
        records.save("ms-1", metadata={"titles": [{"title": "T"}]}, repository="h", published=published)
        spool.write(seen(600 * published))
        drain(spool.place)
    recount.due()
    assert counts() == {(DOI, "regular"): [1, 1, 0, 0]}


def test_with_two_repositories_a_line_must_say_whose_it_is(
    spool: Any, seen: Lines, a_minted_doi: Mint, reasons: Reasons
) -> None:
    a_minted_doi("ms-1")
    change_settings.save_repository("other", {})
    spool.write(seen(repository=""))
    drain(spool.place)
    assert reasons() == {"unknown_repository": 1}
