"""Which reports are taken: usage.md 1.4 to 1.6, kept or changed as 5.10 says, by sandbox, hub and lenient hub.

A store is set up once for the whole table, so each line has a creator of its own. On both databases.
"""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui_core.hub_store import hub_database

from .report_stores import COMPRESSED, DAYS, POLICIES, MountedStore, dataset, report, titles

PARTIAL = {"code": 3040, "severity": "warning", "message": "Partial Data Returned", "help-url": "", "data": ""}
TWO_YEARS = {"begin-date": "2018-01-01", "end-date": "2022-01-01"}
TWO_MONTHS = {"begin-date": "2026-05-01", "end-date": "2026-06-01"}
ROR = [{"type": "ror", "value": "https://ror.org/04wxnsj81"}]


@pytest.fixture(params=POLICIES)
def mounted(request: pytest.FixtureRequest, store: str, tmp_path: Path) -> MountedStore:
    return MountedStore(hub_database.archive(), tmp_path / "bodies", POLICIES[request.param])


def with_instance(**changed: Any) -> dict[str, Any]:
    one = {"metric-type": "total-dataset-requests", "access-method": "regular", "count": 1} | changed
    return dataset("10.5072/a", performance=[{"period": DAYS, "instance": [one]}])


def without(document: dict[str, Any], *path: Any) -> dict[str, Any]:
    inner: Any = document
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return document


def underscored(document: dict[str, Any]) -> dict[str, Any]:
    header = {name.replace("-", "_"): value for name, value in document["report-header"].items()}
    return {"report_header": header, "report_datasets": document["report-datasets"]}


def with_dataset_key(**changed: Any) -> Callable[[str], dict[str, Any]]:
    return lambda by: report(dataset("10.5072/a", **changed), **{"created-by": by})


def with_header(**changed: Any) -> Callable[[str], dict[str, Any]]:
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    return lambda by: report(**{"created-by": by, **named})


def as_gzip(make: Callable[[str], dict[str, Any]]) -> Callable[[str], bytes]:
    return lambda by: gzip.compress(json.dumps(make(by)).encode())


#: The statuses of sandbox, hub, lenient hub.
TAKEN, LATER, REFUSED, STRICT = (201, 201, 201), (201, 202, 202), (422, 422, 422), (422, 422, 201)

#: Rule, body for a creator, headers, statuses, and what the first error of the strict hub begins with.
ACCEPTED: list[tuple[str, Callable[[str], Any], dict[str, str], tuple[int, int, int], str]] = [
    # 1.4: media types, encodings, protocols
    *(
        (f"1.4 {kind} is JSON", with_header(), {"Content_Type": kind}, TAKEN, "")
        for kind in ("application/json", "text/x-json", "application/jsonrequest", "application/json; charset=utf-8")
    ),
    ("1.4 Accept: gzip", with_header(), {"Accept": "gzip"}, TAKEN, ""),
    ("1.4, 5.10 a real 406", with_header(), {"Accept": "text/html"}, (406,) * 3, "The content type is not"),
    ("5.10 a real 415", with_header(), {"Content_Type": "text/xml"}, (415,) * 3, "text/xml is not supported"),
    ("1.4 gzip", as_gzip(with_header(exceptions=[COMPRESSED])), {}, LATER, ""),
    (
        "1.4 gzip as JSON",
        as_gzip(with_header(exceptions=[COMPRESSED])),
        {"Content_Type": "application/json"},
        LATER,
        "",
    ),
    ("1.4 no release", with_header(release=None), {}, REFUSED, "Report protocol is incorrect"),
    ("1.4 release RD1", with_header(release="RD1"), {}, REFUSED, "Report protocol is incorrect"),
    (
        "1.4 drl",
        as_gzip(with_header(release="drl", exceptions=[COMPRESSED])),
        {},
        REFUSED,
        "Report protocol is incorrect",
    ),
    ("1.4 underscores", lambda by: underscored(report(**{"created-by": by})), {}, (201, 422, 201), "found unpermitted"),
    ("1.4 dataset keys are dashed", with_dataset_key(dataset_title="x"), {}, STRICT, "found unpermitted"),
    # 1.5: required fields, in three layers
    ("1.5.1 no header", lambda by: without(report(), "report-header"), {}, (400,) * 3, "param is missing"),
    ("1.5.2 two months", with_header(reporting_period=TWO_MONTHS), {}, REFUSED, "Reports are monthly"),
    ("1.5.2, 5.10 two years", with_header(reporting_period=TWO_YEARS), {}, STRICT, "Reports are monthly"),
    ("1.5.2 no day", with_header(reporting_period={**DAYS, "end-date": "2026-05"}), {}, REFUSED, "reporting-period"),
    *(
        (f"1.5.3 no {key}", with_header(**{key: None}), {}, REFUSED, f"{key}: can't be blank")
        for key in ("report-id", "created-by", "created", "reporting-period")
    ),
    ("1.5.3 no datasets", lambda by: without(report(), "report-datasets"), {}, REFUSED, "report-datasets: can't be"),
    ("1.5.3 empty datasets", lambda by: report() | {"report-datasets": []}, {}, REFUSED, "report-datasets: can't be"),
    ("1.5.3 created-by", with_header(created_by="demo!"), {}, REFUSED, "created-by: 'demo!' does not end in"),
    ("1.5.4 all keys", with_header(report_filters=[{"name": "a", "value": "b"}], exceptions=[PARTIAL]), {}, TAKEN, ""),
    ("1.5.4 uri", with_dataset_key(uri="https://e.org/x", yop="0001"), {}, TAKEN, ""),
    (
        "1.5.4 country-counts",
        lambda by: report(with_instance(**{"country-counts": {"us": 1}}), **{"created-by": by}),
        {},
        TAKEN,
        "",
    ),
    *(
        (f"1.5.4 {key}", with_dataset_key(**{key: 5}), {}, STRICT, f"found unpermitted parameter: :{key}")
        for key in ("volume", "country", "access")
    ),
    (
        "1.5.4 country-volume",
        lambda by: report(with_instance(**{"country-volume": {}}), **{"created-by": by}),
        {},
        STRICT,
        "found unpermitted parameter: :country-volume",
    ),
    ("1.5.4 a key of the header", with_header(colour="red"), {}, STRICT, "found unpermitted parameter: :colour"),
    (
        "1.5.4 gzip skips this layer",
        as_gzip(lambda by: report(dataset("10.5072/a", volume=5), **{"created-by": by, "exceptions": [COMPRESSED]})),
        {},
        LATER,
        "",
    ),
    *(
        (
            f"1.5.5 no {key}",
            lambda by, key=key: without(report(**{"created-by": by}), "report-datasets", 0, key),  # type: ignore[misc]
            {},
            REFUSED,
            f'report-datasets/0: "{key}" is a required property',
        )
        for key in ("data-type", "dataset-title", "performance", "platform", "publisher", "publisher-id")
    ),
    (
        "1.5.5 dataset-id may be missing",
        lambda by: without(report(**{"created-by": by}), "report-datasets", 0, "dataset-id"),
        {},
        TAKEN,
        "",
    ),
    ("1.5.5 no report-name", with_header(report_name=None), {}, REFUSED, "report-name: null is not of type"),
    ("1.5.5 data-type", with_dataset_key(**{"data-type": "software"}), {}, REFUSED, "report-datasets/0/data-type"),
    ("1.5.5, 5.10 ror", with_dataset_key(**{"publisher-id": ROR}), {}, STRICT, "report-datasets/0/publisher-id/0/type"),
    ("1.5.5 yop", with_dataset_key(yop=2020), {}, REFUSED, "report-datasets/0/yop"),
    *(
        (f"1.5.5 {key}", lambda by, more={key: value}: report(with_instance(**more)), {}, REFUSED, "report-datasets/0")  # type: ignore[misc]
        for key, value in (("access-method", "robot"), ("metric-type", "total-resolutions"), ("count", "1"))
    ),
    ("1.5.5 a count of 0", lambda by: report(with_instance(count=0), **{"created-by": by}), {}, TAKEN, ""),
    # 1.4, 1.5: the header of a compressed report is checked before it is answered
    *(
        (f"1.5 compressed, {title}", as_gzip(with_header(exceptions=[COMPRESSED], **changed)), {}, statuses, title)
        for changed, statuses, title in (
            ({"release": "RD1"}, REFUSED, "Report protocol is incorrect"),
            ({"created": ""}, REFUSED, "created: can't be blank"),
            ({"created_by": "demo!"}, REFUSED, "created-by: "),
            ({"reporting_period": TWO_MONTHS}, REFUSED, "Reports are monthly"),
            ({"reporting_period": {**DAYS, "begin-date": "2026-05"}}, REFUSED, "reporting-period: begin-date"),
        )
    ),
    # 1.6: exception 69
    ("1.6 gzip without 69", as_gzip(with_header()), {}, REFUSED, "report-datasets: can't be blank"),
    ("1.6 69 anywhere", as_gzip(with_header(exceptions=[PARTIAL, COMPRESSED])), {}, LATER, ""),
    (
        "1.6, 5.10 69 in plain JSON",
        with_header(exceptions=[COMPRESSED]),
        {},
        STRICT,
        "exceptions: 69 is for compressed",
    ),
]


def test_each_rule_of_acceptance_is_kept(mounted: MountedStore, check_all: Callable[..., None]) -> None:
    column = [POLICIES[name] for name in ("sandbox", "hub", "lenient")].index(mounted.policy)

    def check(line: tuple[str, Callable[[str], Any], dict[str, str], tuple[int, int, int], str]) -> None:
        rule, make, headers, statuses, title = line
        answer = mounted.send(make(f"creator-{uuid.uuid4().hex}"), **headers)
        assert answer.status_code == statuses[column], (rule, answer.text[:300])
        if answer.status_code < 400:
            mounted.validator.finish()
            assert mounted.get(f"/reports/{answer.json['report']['id']}")["report"]["state"] == "valid", rule
            return
        assert any(one.startswith(title) for one in titles(answer)), (rule, titles(answer))
        assert {error["status"] for error in answer.json["errors"]} == {str(answer.status_code)}, rule  # 1.7, 5.10

    check_all(check, ACCEPTED)
