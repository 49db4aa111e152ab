"""usage.md 1.4 and 1.5: which usage reports DataCite takes; compared with the official schema where there is one."""

from __future__ import annotations

import copy
import json

import jsonschema_rs
import pytest

from doitui_core.usage_reports import rules

SAMPLES = ("report_3.json", "report_7.json", "report_11.json", "report_repeat.json")


@pytest.fixture
def report():
    """A report DataCite takes."""
    instance = {"metric-type": "total-dataset-investigations", "access-method": "regular", "count": 3}
    days = {"begin-date": "2026-05-01", "end-date": "2026-05-31"}
    return {
        "report-header": {
            "report-name": "dataset report",
            "report-id": "DSR",
            "release": "rd1",
            "created": "2026-06-01",
            "created-by": "demo",
            "reporting-period": days,
            "report-filters": [],
            "report-attributes": [],
            "exceptions": [],
        },
        "report-datasets": [
            {
                "dataset-title": "T",
                "dataset-id": [{"type": "doi", "value": "10.5072/x"}],
                "platform": "P",
                "publisher": "U",
                "publisher-id": [{"type": "client-id", "value": "u.p"}],
                "data-type": "dataset",
                "yop": "2020",
                "uri": "https://example.org/x",
                "performance": [{"period": days, "instance": [instance | {"country-counts": {"us": 3}}]}],
            }
        ],
    }


@pytest.fixture(scope="module")
def official(shared_schema):
    return jsonschema_rs.Draft4Validator(shared_schema)


@pytest.fixture(scope="module")
def shared_schema(request):
    shared = request.getfixturevalue("shared")
    return json.loads((shared / "data" / "sashimi" / "schema" / "sushi_usage_schema.json").read_text())


def change(report, path, value):
    """The report with another `value` at `path`; without what stands there when the value is `...`."""
    *steps, last = path
    place = report
    for step in steps:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return report


HEADER, DATASET = ("report-header",), ("report-datasets", 0)
INSTANCE = (*DATASET, "performance", 0, "instance", 0)

CHANGES = [
    ((*DATASET, "dataset-title"), ...),
    ((*DATASET, "dataset-title"), ""),
    ((*DATASET, "dataset-id"), ...),
    ((*DATASET, "dataset-id"), [{"type": "DOI", "value": "10.5072/x"}]),
    ((*DATASET, "dataset-id"), [{"type": "handle", "value": "1/x"}]),
    ((*DATASET, "dataset-id"), [{"type": "doi"}]),
    ((*DATASET, "platform"), ...),
    ((*DATASET, "publisher"), None),
    ((*DATASET, "publisher-id"), [{"type": "ror", "value": "x"}]),
    ((*DATASET, "publisher-id"), []),
    ((*DATASET, "publisher-id"), {}),
    ((*DATASET, "data-type"), "Dataset"),
    ((*DATASET, "yop"), 2020),
    ((*DATASET, "uri"), 5),
    ((*DATASET, "dataset-dates"), [{"type": "issued", "value": "2020"}]),
    ((*DATASET, "dataset-contributors"), [{"type": "name", "value": 1}]),
    ((*DATASET, "dataset-attributes"), [{"type": "dataset_type", "value": "x"}]),
    ((*DATASET, "performance"), ...),
    ((*DATASET, "performance"), []),
    ((*DATASET, "performance", 0, "period"), ...),
    ((*DATASET, "performance", 0, "period", "end-date"), ...),
    ((*DATASET, "performance", 0, "instance"), {}),
    ((*INSTANCE, "count"), ...),
    ((*INSTANCE, "count"), 0),
    ((*INSTANCE, "count"), "3"),
    ((*INSTANCE, "count"), 1.5),
    ((*INSTANCE, "metric-type"), "views"),
    ((*INSTANCE, "access-method"), "robot"),
    ((*INSTANCE, "access-method"), ...),
    ((*HEADER, "report-name"), ...),
    ((*HEADER, "report-name"), 1),
    ((*HEADER, "report-filters"), {}),
    ((*HEADER, "report-filters"), [{"name": "a"}]),
    ((*HEADER, "report-attributes"), [{"name": "a", "value": "b"}]),
    (("report-datasets",), [None]),
    (("report-datasets",), {}),
]


@pytest.mark.parametrize(("path", "value"), CHANGES)
def test_the_official_schema_says_the_same(report, official, path, value):
    changed = change(report, path, value)
    flat = {**changed["report-header"], "report-datasets": changed["report-datasets"]}
    assert (rules.errors(changed) == []) is official.is_valid(flat)


@pytest.mark.parametrize("name", SAMPLES)
def test_an_official_sample_is_valid(shared, name):
    sample = json.loads((shared / "data" / "sashimi" / "reports" / name).read_text())
    assert (rules.errors(sample), rules.unpermitted(sample)) == ([], [])


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ((*HEADER, "report-id"), ..., "report-id: can't be blank"),
        ((*HEADER, "created"), "", "created: can't be blank"),
        ((*HEADER, "created-by"), ..., "created-by: can't be blank"),
        ((*HEADER, "created-by"), "demo ä", "created-by: 'demo ä' does not end in"),
        ((*HEADER, "reporting-period"), ..., "reporting-period: can't be blank"),
        ((*HEADER, "reporting-period"), "2026-05", "reporting-period: begin-date None is not a day"),
        ((*HEADER, "reporting-period", "begin-date"), "May", "reporting-period: begin-date 'May' is not a day"),
        ((*HEADER, "reporting-period", "end-date"), "2026-05-32", "reporting-period: end-date '2026-05-32' is"),
        ((*HEADER, "reporting-period", "end-date"), "2026-06-01", "Reports are monthly"),
        ((*HEADER, "reporting-period", "end-date"), "2027-05-31", "Reports are monthly"),
        (
            (*HEADER, "reporting-period", "begin-date"),
            "20260501",
            "reporting-period: begin-date '20260501' is not a day",
        ),
        ((*HEADER, "reporting-period", "begin-date"), "2026-05-31T00:00:00Z", None),
        ((*HEADER, "release"), "RD1", "release: 'RD1' is not 'rd1'"),
        (("report-header",), ..., "report-header: is missing"),
        (("report-datasets",), ..., "report-datasets: can't be blank"),
        (("report-datasets",), [], "report-datasets: can't be blank"),
        (
            (*INSTANCE, "count"),
            -1,
            "report-datasets/0/performance/0/instance/0/count: -1 is less than the minimum of 0",
        ),
        ((*DATASET, "yop"), 2020, 'report-datasets/0/yop: 2020 is not of type "string"'),
    ],
)
def test_an_error_says_where_and_what(report, path, value, told):
    found = rules.errors(change(report, path, value))
    assert found == [] if told is None else found[0].startswith(told), found


def test_more_than_50000_datasets_are_refused(report):
    """datacite-api.md 3.6"""
    found = rules.errors(change(report, ("report-datasets",), report["report-datasets"] * 50_001))
    assert found == ["report-datasets: 50001 are more than 50000: send parts, compressed"]


def test_50000_datasets_are_taken(report):
    assert rules.errors(change(report, ("report-datasets",), report["report-datasets"] * 50_000)) == []


def test_errors_are_reported_up_to_a_number(report):
    assert len(rules.errors(change(report, ("report-datasets",), [None] * 1000), most=7)) == 7


def test_a_large_value_is_not_quoted_whole(report):
    (told,) = rules.errors(change(report, (*DATASET, "publisher"), ["x" * 10_000]))
    assert len(told) < 300


@pytest.mark.parametrize(
    ("path", "value", "names"),
    [
        ((*INSTANCE, "volume"), 5, ["volume"]),
        ((*INSTANCE, "country"), {}, ["country"]),
        ((*DATASET, "access-method"), "regular", ["access-method"]),
        ((*HEADER, "customer-id"), "x", ["customer-id"]),
        ((*HEADER, "exceptions"), [{"code": 3040, "help-url": "x", "helpurl": "y"}], ["helpurl"]),
        (("report",), {}, ["report"]),
        ((*INSTANCE, "country-counts"), {"xx": 1}, []),
    ],
)
def test_keys_datacite_does_not_permit_are_named(report, path, value, names):
    """usage.md 1.5"""
    assert rules.unpermitted(change(report, path, value)) == names


@pytest.mark.parametrize(
    ("exceptions", "says"),
    [
        ([{"code": 3040}, {"code": 69}], True),
        ([{"code": "69"}], True),
        ([{"code": 3040}], False),
        ({}, False),
        ([], False),
    ],
)
def test_exception_69_says_compressed_wherever_it_stands(exceptions, says):
    """usage.md 1.6"""
    assert rules.says_compressed({"exceptions": exceptions}) is says


@pytest.mark.parametrize("header", [None, [], "x", {}, {"created-by": 5}, {"reporting-period": [1]}, {"exceptions": 5}])
@pytest.mark.parametrize("datasets", [None, {}, "x", [5], [{"performance": 5}]])
def test_any_json_may_come_in(header, datasets):
    document = {"report-header": header, "report-datasets": datasets}
    assert rules.errors(copy.deepcopy(document))
    rules.unpermitted(document)
