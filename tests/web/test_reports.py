"""usage.md 1 and datacite-api.md 3.6: plain usage reports, who may send them, and what is refused."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from doitui.web.common.accounts import Account
from doitui.web.sandbox.server import running_sandbox

ACCOUNTS = (
    Account("DEMO.REPO", "demo", frozenset(("10.5072",))),
    Account("OTHER.REPO", "other"),
    Account("GONE.REPO", "gone", active=False),
    Account("DEMO", "member"),
    Account("ADMIN", "DC.staff", staff=True),
)
METRIC = "unique-dataset-requests"
FORBIDDEN = "You are not authorized to access this resource."


@pytest.fixture(scope="module")
def hub():
    with running_sandbox(ACCOUNTS) as sandbox:
        yield sandbox


@pytest.fixture
def as_(hub, connect):
    """A client with this bearer token; None for a stranger."""

    def make(token):
        api = connect(hub.url)
        if token:
            api.session.headers["Authorization"] = f"Bearer {token}"
        return api

    return make


@pytest.fixture
def demo(as_):
    return as_("demo")


@pytest.fixture
def report(doi):
    """A report nobody else makes: created-by is the test's own."""
    return make_report(doi, f"creator-{uuid.uuid4().hex}")


def make_report(doi, creator, count=3, **header):
    days = {"begin-date": "2026-05-01", "end-date": "2026-05-31"}
    instance = {"metric-type": METRIC, "access-method": "regular", "count": count}
    return {
        "report-header": {
            "report-name": "dataset report",
            "report-id": "DSR",
            "release": "rd1",
            "created": "2026-06-01",
            "created-by": creator,
            "reporting-period": days,
            "report-filters": [],
            "report-attributes": [],
            "exceptions": [],
            **header,
        },
        "report-datasets": [
            {
                "dataset-title": "T",
                "dataset-id": [{"type": "doi", "value": doi}],
                "platform": "P",
                "publisher": "U",
                "publisher-id": [{"type": "client-id", "value": "u.p"}],
                "data-type": "dataset",
                "yop": "2020",
                "uri": "https://example.org/x",
                "performance": [{"period": days, "instance": [instance]}],
            }
        ],
    }


def send(api, report, uid=None, **options):
    path, method = (f"/reports/{uid}", "PUT") if uid else ("/reports", "POST")
    return api.send(method, path, json=report, **options)


def kept(answer):
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["report"]


def titles(answer):
    return [error["title"] for error in answer.json()["errors"]]


def counts(api, doi):
    """`{relation: total}` of the events about `doi`."""
    events = api.get("/events", doi=doi).json()["data"]
    return {one["attributes"]["relation-type-id"]: one["attributes"]["total"] for one in events}


def test_a_posted_report_is_created(demo, report):
    """usage.md 1.1"""
    assert send(demo, report).status_code == 201


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("token", [None, "stale", "member", "gone"])
def test_who_may_not_send_gets_401(as_, report, method, token):
    """datacite-api.md 3.6: for strangers and the forbidden alike"""
    answer = send(as_(token), report, str(uuid.uuid4()) if method == "PUT" else None)
    assert (answer.status_code, titles(answer)) == (401, [FORBIDDEN])


def test_basic_credentials_are_accepted_too(hub, connect, report):
    assert send(connect(hub.url, ("DEMO.REPO", "demo")), report).status_code == 201


@pytest.mark.parametrize("token", [None, "other"])
def test_everybody_reads(demo, as_, report, token):
    """usage.md 1.8"""
    uid = kept(send(demo, report))["id"]
    assert as_(token).get(f"/reports/{uid}").json()["report"]["id"] == uid


def test_a_report_is_answered_as_it_came(demo, report):
    """usage.md 1.3"""
    made = kept(send(demo, report))
    assert made["report-datasets"] == report["report-datasets"]
    about = {"client-id": "demo.repo", "year": "2026", "month": "5"}
    assert made["report-header"] == report["report-header"] | about


def test_put_creates_under_the_client_s_uuid(demo, report):
    """usage.md 1.1"""
    uid = str(uuid.uuid4())
    answer = send(demo, report, uid)
    assert (answer.status_code, kept(answer)["id"]) == (201, uid)


def test_put_replaces(demo, report, doi):
    """usage.md 1.6"""
    uid = kept(send(demo, report))["id"]
    other = make_report(doi, report["report-header"]["created-by"], count=8)
    answer = send(demo, other, uid)
    assert (answer.status_code, kept(answer)["report-datasets"]) == (200, other["report-datasets"])


def test_put_keeps_creator_and_id(demo, report, doi):
    """usage.md 1.6: read-only, ignored without a word"""
    uid = kept(send(demo, report))["id"]
    header = kept(send(demo, make_report(doi, "somebody", **{"report-id": "X"}), uid))["report-header"]
    assert (header["created-by"], header["report-id"]) == (report["report-header"]["created-by"], "DSR")


def test_put_with_something_that_is_no_uuid_is_refused(demo, report):
    """usage.md 1.1"""
    answer = send(demo, report, "may-2026")
    assert (answer.status_code, titles(answer)) == (422, ["may-2026 is not a valid UUID"])


def test_put_to_a_report_of_somebody_else_is_refused(demo, as_, report):
    """usage.md 1.8"""
    assert send(as_("other"), report, kept(send(demo, report))["id"]).status_code == 401


def test_a_second_plain_report_of_the_month_is_dropped_without_a_word(demo, report, doi):
    """datacite-api.md 3.6"""
    first = kept(send(demo, report))
    answer = send(demo, make_report(doi, report["report-header"]["created-by"], count=8))
    assert (answer.status_code, kept(answer)) == (201, first)


def test_another_month_is_another_report(demo, report):
    """usage.md 1.6"""
    first = kept(send(demo, report))["id"]
    report["report-header"]["reporting-period"] = {"begin-date": "2026-06-01", "end-date": "2026-06-30"}
    assert kept(send(demo, report))["id"] != first


def test_somebody_else_s_month_is_409(demo, as_, report):
    """usage.md 1.5"""
    send(demo, report)
    answer = send(as_("other"), report)
    assert (answer.status_code, titles(answer)) == (409, ["The resource already exists."])


def test_a_second_uuid_for_a_month_is_409(demo, report):
    """usage.md 1.5"""
    send(demo, report)
    assert send(demo, report, str(uuid.uuid4())).status_code == 409


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("demo", 401), ("DC.staff", 204)])
def test_only_staff_deletes(demo, as_, report, token, status):
    """usage.md 1.1"""
    uid = kept(send(demo, report))["id"]
    assert as_(token).send("DELETE", f"/reports/{uid}").status_code == status


def test_a_deleted_report_is_gone(demo, as_, report):
    uid = kept(send(demo, report))["id"]
    as_("DC.staff").send("DELETE", f"/reports/{uid}")
    assert demo.get(f"/reports/{uid}").status_code == 404


NOWHERE = (f"/reports/{uuid.UUID(int=1)}", "/report-subsets/999999", f"/report-subsets/{'9' * 20}", "/reports/x")


@pytest.mark.parametrize("path", NOWHERE)
def test_what_is_not_there_is_404(demo, path):
    assert demo.get(path).status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "title"),
    [
        (lambda report: report.pop("report-header"), 400, "param is missing"),
        (lambda report: report["report-header"].update(release="drl"), 422, "Report protocol is incorrect"),
        (lambda report: report.pop("report-datasets"), 422, "report-datasets: can't be blank"),
        (lambda report: report["report-header"].pop("created"), 422, "created: can't be blank"),
        (
            lambda report: report["report-header"]["reporting-period"].update({"end-date": "2026-06-01"}),
            422,
            "Reports are",
        ),
        (lambda report: report["report-datasets"][0].update(volume=5), 422, "found unpermitted parameter: :volume"),
        (lambda report: report["report-datasets"][0].update(yop=2020), 422, "report-datasets/0/yop: 2020 is not of"),
        (lambda report: report["report-header"]["exceptions"].append({"code": 69}), 422, "exceptions: 69 is for"),
    ],
)
def test_an_invalid_report_is_refused(demo, report, change, status, title):
    """usage.md 1.4, 1.5"""
    change(report)
    answer = send(demo, report)
    assert (answer.status_code, titles(answer)[0].startswith(title)) == (status, True), answer.text


def test_errors_carry_their_status_as_text(demo, report):
    """usage.md 1.7"""
    answer = send(demo, report | {"report-datasets": []})
    assert answer.json()["errors"] == [{"status": "422", "title": "report-datasets: can't be blank"}]


@pytest.mark.parametrize("body", ["", "null", "[]", "5", '{"report-header": ', '{"report-header": []}'])
def test_what_is_no_report_is_400(demo, body):
    answer = demo.send("POST", "/reports", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


def test_header_keys_may_be_written_with_underscores(demo, report):
    """usage.md 1.4"""
    header = {name.replace("-", "_"): value for name, value in report["report-header"].items()}
    body = {"report_header": header, "report_datasets": report["report-datasets"]}
    assert send(demo, body).status_code == 201


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "text/x-json"}, 201),
        ({"Content-Type": "application/json; charset=utf-8"}, 201),
        ({"Accept": "text/html"}, 406),
        ({"Accept": "gzip"}, 201),
    ],
)
def test_media_types(demo, report, headers, status):
    """usage.md 1.4"""
    headers = {"Content-Type": "application/json"} | headers
    assert demo.send("POST", "/reports", data=json.dumps(report), headers=headers).status_code == status


def test_exception_3040_means_partial_and_is_stored(demo, report):
    """usage.md 2.7"""
    partial = {"code": 3040, "severity": "warning", "message": "Partial Data Returned", "help-url": "", "data": ""}
    report["report-header"]["exceptions"] = [partial]
    assert kept(send(demo, report))["report-header"]["exceptions"] == [partial]


@pytest.mark.parametrize("name", ["report_3.json", "report_7.json", "report_11.json"])
def test_an_official_sample_is_accepted(connect, shared, name):
    """usage.md 1.10"""
    sample = json.loads((shared / "data" / "sashimi" / "reports" / name).read_text())
    with running_sandbox(ACCOUNTS) as sandbox:
        assert send(connect(sandbox.url, ("DEMO.REPO", "demo")), sample).status_code == 201


def test_the_official_repeat_is_dropped(connect, shared):
    """usage.md 1.10"""
    samples = shared / "data" / "sashimi" / "reports"
    with running_sandbox(ACCOUNTS) as sandbox:
        api = connect(sandbox.url, ("DEMO.REPO", "demo"))
        send(api, json.loads((samples / "report_3.json").read_text()))
        second = send(api, json.loads((samples / "report_repeat.json").read_text()))
    assert (second.status_code, kept(second)["report-header"]["created"]) == (201, "2128-04-09")


def test_a_count_becomes_an_event(demo, report, doi):
    """usage.md 1.9"""
    made = kept(send(demo, report))
    (event,) = demo.get("/events", doi=doi).json()["data"]
    expected = {
        "subj-id": f"{demo.url}/reports/{made['id']}",
        "obj-id": f"https://doi.org/{doi}",
        "source-id": "datacite-usage",
        "relation-type-id": f"{METRIC}-regular",
        "total": 3,
        "occurred-at": "2026-05-01T00:00:00.000Z",
        "message-action": "create",
    }
    assert {name: event["attributes"][name] for name in expected} == expected


def test_a_corrected_report_changes_the_event(demo, report, doi):
    """usage.md 1.9"""
    uid = kept(send(demo, report))["id"]
    send(demo, make_report(doi, report["report-header"]["created-by"], count=8), uid)
    assert counts(demo, doi) == {f"{METRIC}-regular": 8}


def test_a_month_under_a_new_uuid_counts_twice(demo, as_, report, doi):
    """usage.md 1.9"""
    as_("DC.staff").send("DELETE", f"/reports/{kept(send(demo, report))['id']}")
    send(demo, report, str(uuid.uuid4()))
    assert demo.get("/events", doi=doi).json()["meta"]["total"] == 2


def instance(number):
    return {"metric-type": METRIC, "access-method": "regular", "count": number}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda one: one.update({"dataset-id": [{"type": "doi", "value": one["dataset-id"][0]["value"].upper()}]}), 1),
        (lambda one: one["dataset-id"].insert(0, {"type": "proprietary", "value": "x"}), 0),
        (lambda one: one.pop("dataset-id"), 0),
        (lambda one: one["performance"].insert(0, one["performance"][0] | {"instance": []}), 0),
        (lambda one: one["performance"][0].update(instance=[instance(n) for n in range(9)]), 0),
        (lambda one: one.update(performance=[]), 0),
    ],
)
def test_only_the_first_doi_and_performance_of_a_dataset_count(demo, report, doi, change, expected):
    """usage.md 1.9"""
    change(report["report-datasets"][0])
    uid = kept(send(demo, report))["id"]
    made = demo.get("/events", **{"subj-id": f"{demo.url}/reports/{uid}"}).json()
    assert made["meta"]["total"] == expected


def test_a_refused_report_makes_no_events(demo, report, doi):
    report["report-datasets"][0]["yop"] = 2020
    send(demo, report)
    assert counts(demo, doi) == {}


def test_reports_and_their_events_outlive_a_restart(tmp_path, connect, report, doi):
    """INTERFACE 5: --state"""
    with running_sandbox(ACCOUNTS, state=tmp_path / "state") as sandbox:
        made = kept(send(connect(sandbox.url, ("DEMO.REPO", "demo")), report))
    with running_sandbox(ACCOUNTS, state=tmp_path / "state") as sandbox:
        api = connect(sandbox.url)
        assert (api.get(f"/reports/{made['id']}").json()["report"], len(counts(api, doi))) == (made, 1)


def test_a_correction_after_a_restart_meets_the_same_event(tmp_path, connect, report, doi):
    """The port, and with it the address of everything, may be another one."""
    for count in (3, 8):
        with running_sandbox(ACCOUNTS, state=tmp_path / "state") as sandbox:
            api = connect(sandbox.url, ("DEMO.REPO", "demo"))
            uid = "0b7a4c86-53ef-4b6c-9d0a-6f2f0e7a1b2c"
            send(api, make_report(doi, "demo", count=count), uid)
            seen = api.get("/events", doi=doi).json()
    assert [one["attributes"]["total"] for one in seen["data"]] == [8]


def test_reports_are_logged(demo, report):
    """INTERFACE 5"""
    send(demo, report)
    last = demo.get("/_requests").json()["requests"][-1]
    assert (last["method"], last["path"], last["status"]) == ("POST", "/reports", 201)


def test_a_fault_takes_reports_too(demo, report):
    """INTERFACE 5"""
    demo.send("POST", "/_faults", json={"faults": ["POST /reports status status=503 count=1"]})
    assert (send(demo, report).status_code, send(demo, report).status_code) == (503, 201)
    demo.send("DELETE", "/_faults")


def test_the_same_month_sent_at_once_is_one_report(as_, report):
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: send(as_("demo"), report), range(16)))
    assert len({kept(answer)["id"] for answer in answers}) == 1
