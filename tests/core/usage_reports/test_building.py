"""What a report says: which DOIs, which counts, which exceptions; and that DataCite's schema takes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from doitui_core.errors import BadInput, NotFound
from doitui_core.operations import change_settings
from doitui_core.usage_reports import building, rules


def test_the_official_schema_takes_it(house: Any, official: Any) -> None:
    house.dois(["a", "b"], 4, 3, 2, 1)
    house.counted(5, 5, 0, 0, of=[1], method="machine", country="DE")
    document = house.document()
    assert official.is_valid({**document["report-header"], "report-datasets": document["report-datasets"]})


def test_our_rules_take_it(house: Any) -> None:
    house.dois(["a"])
    document = house.document()
    assert (rules.errors(document), rules.unpermitted(document)) == ([], [])


def test_a_dataset_has_the_doi_first_and_one_performance(house: Any) -> None:
    house.dois(["a"])
    (dataset,) = house.document()["report-datasets"]
    assert (dataset["dataset-id"][0], len(dataset["performance"])) == ({"type": "doi", "value": "10.5072/a"}, 1)


def test_a_dataset_says_what_its_record_says(house: Any) -> None:
    house.dois(["a"])
    (dataset,) = house.document()["report-datasets"]
    told = {name: dataset[name] for name in ("dataset-title", "publisher", "yop", "uri", "platform", "publisher-id")}
    assert told == {
        "dataset-title": "Letters",
        "publisher": "Archive",
        "yop": "1902",
        "uri": "https://archive.example.org/1",
        "platform": "h",
        "publisher-id": [{"type": "client-id", "value": "demo.repo"}],
    }


def test_what_a_record_does_not_say_is_empty_or_left_out(house: Any) -> None:
    house.dois(["a"], metadata={}, title="")
    (dataset,) = house.document()["report-datasets"]
    assert (dataset["dataset-title"], dataset["publisher"], "yop" in dataset) == ("", "", False)


def test_zeros_are_left_out(house: Any) -> None:
    house.dois(["a"], 3, 2, 0, 0)
    expected = {"total-dataset-investigations-regular": 3, "unique-dataset-investigations-regular": 2}
    assert house.datasets() == {"10.5072/a": expected}


def test_a_doi_without_counts_is_left_out(house: Any) -> None:
    house.dois(["a"], 0, 0, 0, 0)
    house.dois(["b"])
    assert list(house.datasets()) == ["10.5072/b"]


def test_days_and_countries_are_summed(house: Any) -> None:
    house.dois(["a"], 3, 2, 1, 1)
    house.counted(10, 0, 0, 0, of=[1], day=31, country="DE")
    house.counted(5, 0, 0, 0, of=[1], day=30, country="DE")
    (dataset,) = house.document()["report-datasets"]
    total = dataset["performance"][0]["instance"][0]
    assert (total["count"], total["country-counts"]) == (18, {"de": 15})


def test_both_access_methods_make_eight_instances(house: Any) -> None:
    house.dois(["a"], 4, 3, 2, 1)
    house.counted(8, 7, 6, 5, of=[1], method="machine")
    assert sorted(house.datasets()["10.5072/a"].values()) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_other_months_are_other_reports(house: Any) -> None:
    house.dois(["a"], 3, 0, 0, 0)
    house.counted(100, 0, 0, 0, of=[1], day=0)
    house.counted(100, 0, 0, 0, of=[1], day=32)
    assert house.datasets() == {"10.5072/a": {"total-dataset-investigations-regular": 3}}


def test_counts_from_elsewhere_are_reported_too(house: Any) -> None:
    house.dois(["a"], 0, 0, 0, 0)
    house.counted(7, 0, 0, 0, of=[1], source="import")
    assert house.datasets() == {"10.5072/a": {"total-dataset-investigations-regular": 7}}


@pytest.mark.parametrize("facts", [{"status": "draft"}, {"status": "draft", "published": 0}, {"published": 0}])
def test_what_is_not_public_is_left_out_and_reported(house: Any, facts: dict[str, Any]) -> None:
    house.dois(["a"])
    house.dois(["b"], **facts)
    report = house.report()
    (part,) = report.parts()
    assert (part.datasets, report.skipped) == (1, 1)


@pytest.mark.parametrize("published", [1, 0])
def test_what_was_counted_before_a_tombstone_stays(house: Any, published: int) -> None:
    house.dois(["a"], status="tombstone", published=published)
    assert list(house.datasets()) == ["10.5072/a"]


def test_registered_dois_are_reported(house: Any) -> None:
    house.dois(["a"], status="registered")
    assert list(house.datasets()) == ["10.5072/a"]


def test_another_repository_has_a_report_of_its_own(house: Any, sandbox: Any) -> None:
    other = house.settled("other", sandbox.url)
    house.dois(["a"])
    house.dois(["b"], repository=other.id)
    (part,) = building.for_repository(other, "2026-10").parts()
    assert (list(house.datasets()), part.datasets) == (["10.5072/a"], 1)


def test_each_doi_comes_once_in_order_over_many_pages(house: Any) -> None:
    house.dois([f"{number:04}" for number in range(1100, 0, -1)], 1, 0, 0, 0)
    assert list(house.datasets()) == [f"10.5072/{number:04}" for number in range(1, 1101)]


def test_a_month_that_is_over_has_no_exceptions(house: Any) -> None:
    house.dois(["a"])
    header = house.document()["report-header"]
    assert (header["exceptions"], header["reporting-period"]) == (
        [],
        {"begin-date": "2026-10-01", "end-date": "2026-10-31"},
    )


def test_a_month_that_goes_on_is_partial_up_to_today(house: Any) -> None:
    house.clock.now = datetime(2026, 10, 21, 12, tzinfo=UTC)
    house.dois(["a"])
    header = house.document()["report-header"]
    assert [one["code"] for one in header["exceptions"]] == [3040]
    assert header["reporting-period"]["end-date"] == "2026-10-21"


def test_a_month_with_uncounted_hours_is_partial(house: Any, marked_hour: Any) -> None:
    marked_hour(datetime(2026, 10, 31, 23, tzinfo=UTC))
    house.dois(["a"])
    assert [one["code"] for one in house.document()["report-header"]["exceptions"]] == [3040]


def test_a_compressed_report_says_so(house: Any) -> None:
    house.clock.now = datetime(2026, 10, 21, 12, tzinfo=UTC)
    house.dois(["a"])
    header = house.document(compress=True)["report-header"]
    assert [one["code"] for one in header["exceptions"]] == [69, 3040]


def test_a_month_in_the_future_is_refused(house: Any) -> None:
    with pytest.raises(BadInput, match="2027-01 has not begun yet"):
        house.report("2027-01")


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "2026-00", "26-10", "2026-10-01", "٢٠٢٦-١٠"])
def test_what_is_no_month_is_refused(house: Any, month: str) -> None:
    with pytest.raises(BadInput, match="is not a month"):
        house.report(month)


def test_the_month_begins_by_the_clock_of_the_usage(house: Any) -> None:
    """In Auckland it is New Year at 11 o'clock UTC."""
    house.clock.now = datetime(2026, 12, 31, 11, 30, tzinfo=UTC)
    from doitui_core.operations import change_settings

    change_settings.set_setting("usage_timezone", "Pacific/Auckland")
    assert house.report("2027-01").period.end.isoformat() == "2027-01-01"


def test_a_count_that_datacite_cannot_keep_is_refused(house: Any) -> None:
    house.dois(["a"], 2**31, 0, 0, 0)
    with pytest.raises(BadInput, match=r"10\.5072/a: total-dataset-investigations 2147483648 is more"):
        house.document()


def test_the_uuid_is_that_of_repository_and_month(house: Any, sandbox: Any) -> None:
    other = house.settled("other", sandbox.url)
    uuids = {house.report().uuid, house.report("2026-09").uuid, building.for_repository(other, "2026-10").uuid}
    assert (len(uuids), house.report().uuid) == (3, building.for_repository(house.repository, "2026-10").uuid)


def test_the_uuid_is_the_same_for_ever(house: Any) -> None:
    """Another one would be another report at DataCite, and count everything twice."""
    assert house.report().uuid == "6e346671-e0d1-5d81-b3f0-bf237c106f44"


def test_without_counts_there_is_nothing_to_report(house: Any) -> None:
    house.dois(["a"])
    with pytest.raises(NotFound, match="no usage of 2026-09 was counted"):
        building.for_month("2026-09")


def test_only_repositories_with_counts_report(house: Any, sandbox: Any) -> None:
    house.settled("other", sandbox.url)
    house.dois(["a"])
    assert [report.reporter.code for _, report in building.for_month("2026-10")] == ["h"]


def test_a_repository_without_an_account_reports_under_its_code(house: Any) -> None:
    bare = change_settings.save_repository("bare", {"datacite_prefix": "10.5072"})
    assert building.for_repository(bare, "2026-10").reporter.created_by == "bare"


def test_the_report_tells_what_it_came_to(house: Any) -> None:
    house.dois(["a", "b"], 3, 0, 0, 0)
    report = house.report()
    list(report.parts())
    assert (report.datasets, report.totals) == (2, {"total-dataset-investigations-regular": 6})
