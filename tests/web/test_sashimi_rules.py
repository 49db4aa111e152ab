"""Every rule of usage.md 1 about what is done with a report, kept or changed as 5.10 says: by sandbox and hub, on both
databases. `test_sashimi_acceptance` has what is taken at all; HTTP, rights and hostile bodies are in `hub/` and in
`test_reports…`.

A store is set up once for all rules, so each works with a creator and DOIs of its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import Result

from doitui_core.hub_store import hub_database

from .report_stores import DAYS, POLICIES, MountedStore, dataset, packed, report, titles


@pytest.fixture(params=["sandbox", "hub"])
def mounted(request: pytest.FixtureRequest, store: str, tmp_path: Path) -> MountedStore:
    return MountedStore(hub_database.archive(), tmp_path / "bodies", POLICIES[request.param])


class Story:
    """One rule at work in a store: a creator of its own, and what it sends."""

    def __init__(self, mounted: MountedStore, samples: Path) -> None:
        self.mounted, self.policy, self.samples = mounted, mounted.policy, samples
        self.uid, self.creator = str(uuid.uuid4()), f"creator-{uuid.uuid4().hex}"
        self.doi = f"10.5072/{self.uid}"

    def send(self, body: Any, path: str = "/reports", caller: str | None = "demo.repo") -> Result:
        answer = self.mounted.send(body, path, caller)
        self.mounted.validator.finish()
        return answer

    def put(self, body: Any, caller: str | None = "demo.repo") -> Result:
        return self.send(body, f"/reports/{self.uid}", caller)

    def delete(self, caller: str | None) -> int:
        headers = {"Caller": caller} if caller else {}
        return self.mounted.client.simulate_delete(f"/reports/{self.uid}", headers=headers).status_code

    def plain(self, count: int = 3, **header: Any) -> dict[str, Any]:
        return report(dataset(self.doi, count), **{"created-by": self.creator, **header})

    def packed(self, doi: str = "", **header: Any) -> bytes:
        return packed(dataset(doi or self.doi), **{"created-by": self.creator, **header})

    def read(self) -> Any:
        return self.mounted.get(f"/reports/{self.uid}")["report"]

    def status(self, path: str) -> int:
        return self.mounted.client.simulate_get(path).status_code

    def listed(self, **params: str) -> Any:
        return self.mounted.get("/reports", **{"created-by": self.creator, **params})

    def totals(self) -> dict[str, int]:
        """The totals of this rule's DOI, by relation."""
        return {relation: total for (doi, relation), total in self.mounted.totals().items() if doi == self.doi}

    def sample(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.samples / f"{name}.json").read_text())
        return found


def rule_1_1_a_second_post_is_201_too(story: Story) -> None:
    first, second = story.send(story.plain()), story.send(story.plain())
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["report"]["id"] == second.json["report"]["id"]


def rule_1_1_put_creates_under_the_client_s_uuid_then_replaces(story: Story) -> None:
    answers = [story.put(story.plain(count)) for count in (3, 8)]
    assert [one.status_code for one in answers] == [201, 200]
    assert {one.json["report"]["id"] for one in answers} == {story.uid}
    assert list(story.totals().values()) == [8]


def rule_1_1_put_with_something_that_is_no_uuid_is_422(story: Story) -> None:
    answer = story.send(story.plain(), "/reports/may-2026")
    assert (answer.status_code, titles(answer)) == (422, ["may-2026 is not a valid UUID"])


def rule_1_1_what_is_not_there_is_404(story: Story) -> None:
    for path in (f"/reports/{story.uid}", "/reports/x", "/report-subsets/999999", f"/report-subsets/{'9' * 20}"):
        assert story.status(path) == 404, path


def rule_1_1_only_staff_deletes(story: Story) -> None:
    """5.10: 401 without a token; a hub says 403 to who is known, Sashimi 401."""
    story.put(story.plain())
    assert [story.delete(who) for who in (None, "demo.repo", "staff", "staff")] == [
        *(401, story.policy.forbidden),
        *(204, 404),
    ]
    assert story.status(f"/reports/{story.uid}") == 404


def rule_1_2_a_list_has_headers_and_three_numbers(story: Story) -> None:
    story.put(story.plain())
    body = story.listed()
    assert (set(body), set(body["reports"][0])) == ({"reports", "meta"}, {"id", "report-header", "state"})
    assert body["meta"] == {"total": 1, "total-pages": 1, "page": 1}


def rule_1_2_a_page_has_25_and_at_most_1000_reports(story: Story) -> None:
    for month in range(1, 27):
        days = {"begin-date": f"{1990 + month}-01-01", "end-date": f"{1990 + month}-01-31"}
        story.send(story.plain(**{"reporting-period": days}))
    assert (len(story.listed()["reports"]), story.listed()["meta"]["total-pages"]) == (25, 2)
    assert len(story.listed(**{"page[number]": "2"})["reports"]) == 1
    assert story.listed(**{"page[size]": "5000"})["meta"]["total-pages"] == 1


def rule_1_2_filters_hold_together_and_are_written_either_way(story: Story) -> None:
    """5.10: combined; at Sashimi the first wins, and those on the header are ignored."""
    story.put(story.plain(**{"report-name": "May", "created": "2026-06-02"}))
    june = {"begin-date": "2026-06-01", "end-date": "2026-06-30"}
    other = story.send(story.plain(**{"report-name": "June", "reporting-period": june})).json["report"]["id"]
    found = {
        (("id", f"{story.uid},{other}"),): 2,
        (("id", f"{story.uid},{other}"), ("month", "5")): 1,
        (("year", "2026"), ("month", "06")): 1,
        (("year", "2025"),): 0,
        (("client-id", "demo.repo"),): 2,
        (("client_id", "other.repo"),): 0,
        (("report-name", "May"), ("report-id", "DSR"), ("release", "rd1")): 1,
        (("report_name", "May"), ("created", "2026-06-01")): 0,
        (("platform", "ignored, as every unknown name"),): 2,
    }
    for params, number in found.items():
        assert story.listed(**dict(params))["meta"]["total"] == number, params


def rule_1_2_a_list_is_sorted(story: Story) -> None:
    """5.10: Sashimi parses `sort` and forgets it."""
    for month, name in ((5, "b"), (6, "a"), (7, "c")):
        days = {"begin-date": f"2026-0{month}-01", "end-date": f"2026-0{month}-02"}
        story.send(story.plain(**{"reporting-period": days, "report-name": name, "created": f"2027-01-0{9 - month}"}))
    orders = {"": "bac", "name": "abc", "-name": "cba", "created": "cab", "-created": "bac", "nonsense": "bac"}
    for sort, names in orders.items():
        listed = story.listed(sort=sort)["reports"]
        assert "".join(one["report-header"]["report-name"] for one in listed) == names, sort


def rule_1_3_a_single_report_says_more_than_a_listed_one(story: Story) -> None:
    story.put(story.plain(**{"reporting-period": DAYS}))
    listed, single = story.listed()["reports"][0]["report-header"], story.read()["report-header"]
    assert single == listed | {"client-id": "demo.repo", "year": "2026", "month": "5"}
    assert set(listed) == {
        *("report-name", "report-id", "release", "created-by", "created", "reporting-period"),
        *("report-filters", "report-attributes", "exceptions"),
    }


def rule_1_3_a_subset_is_the_gzip_as_it_came_with_its_checksum(story: Story) -> None:
    body = story.packed()
    story.put(body)
    (subset,) = story.read()["report-subsets"]
    assert base64.b64decode(subset["gzip"], validate=True) == body
    assert subset["checksum"] == hashlib.sha256(body).hexdigest()


def rule_1_6_gzip_appends_and_leaves_the_header(story: Story) -> None:
    story.put(story.packed(created="2026-06-01"))
    again = story.send(story.packed("10.5072/x", created="2026-06-09"))
    assert again.json["report"]["id"] == story.uid
    made = story.read()
    assert (len(made["report-subsets"]), made["report-header"]["created"]) == (2, "2026-06-01")


def rule_1_6_the_same_gzip_twice_is_one_subset(story: Story) -> None:
    """5.10: Sashimi stores two."""
    for _ in range(2):
        story.send(story.packed())
    (found,) = story.listed()["reports"]
    story.uid = found["id"]
    assert len(story.read()["report-subsets"]) == (2 if story.policy.keeps_duplicates else 1)
    assert list(story.totals().values()) == [3]


def rule_1_6_a_plain_report_posted_again_counts(story: Story) -> None:
    """5.10: Sashimi drops it."""
    for count in (3, 8):
        story.send(story.plain(count))
    assert list(story.totals().values()) == [8 if story.policy.replaces else 3]


def rule_1_6_put_of_a_gzip_deletes_all_subsets(story: Story) -> None:
    for doi in ("10.5072/x", "10.5072/y"):
        story.put(story.packed(doi))
    story.send(story.packed("10.5072/z"))
    assert story.put(story.packed()).status_code == (202 if story.policy.background else 200)
    assert len(story.read()["report-subsets"]) == 1


def rule_1_6_what_a_report_is_stays(story: Story) -> None:
    """Creator, id, month and owner."""
    story.put(story.plain())
    june = {"begin-date": "2026-06-01", "end-date": "2026-06-30"}
    story.put(story.plain(**{"created-by": "somebody", "report-id": "X", "reporting-period": june}), "staff")
    header = story.read()["report-header"]
    assert [header[name] for name in ("created-by", "report-id", "month", "client-id")] == [
        *(story.creator, "DSR", "5", "demo.repo")
    ]


def rule_1_5_a_month_has_one_report_whoever_sends_it(story: Story) -> None:
    story.send(story.plain())
    assert story.send(story.plain(), caller="other.repo").status_code == 409
    assert story.put(story.plain()).status_code == 409  # another UUID


def rule_1_8_who_may_write(story: Story) -> None:
    """5.10: 401 without a token, at Sashimi 422."""
    assert [story.put(story.plain(), who).status_code for who in (None, "demo.repo", "other.repo", "staff")] == [
        *(401, 201, story.policy.forbidden, 200)
    ]


def rule_1_9_each_instance_is_an_event_about_the_doi(story: Story) -> None:
    made = story.put(story.plain()).json["report"]
    row = story.mounted.hub.execute(
        "SELECT subj_id, obj_id, source_id, relation_type_id, total, occurred_at FROM hub_event WHERE obj_id = {p}",
        (f"https://doi.org/{story.doi}",),
    ).fetchone()
    assert tuple(row) == (
        f"http://falconframework.org/reports/{made['id']}",
        f"https://doi.org/{story.doi}",
        "datacite-usage",
        "total-dataset-investigations-regular",
        3,
        "2026-05-01T00:00:00.000Z",
    )


def rule_1_9_only_the_first_id_and_performance_with_8_instances_are_read(story: Story) -> None:
    first = {"type": "proprietary", "value": "x"}
    one = dataset(story.doi)["performance"][0]
    many = [{"metric-type": m, "access-method": "regular", "count": 1} for m in ["total-dataset-requests"] * 9]
    doi = {"type": "doi", "value": story.doi.upper()}
    tables: list[tuple[dict[str, Any], int]] = [
        ({"dataset-id": [first, doi]}, 0),
        ({"dataset-id": [doi, first]}, 1),
        ({"performance": [{**one, "instance": []}, one]}, 0),
        ({"performance": [one, {**one, "instance": many}]}, 1),
        ({"performance": [{**one, "instance": many}]}, 0),
        ({"performance": []}, 0),
    ]
    for month, (changed, number) in enumerate(tables, 1):
        days = {"begin-date": f"2026-0{month}-01", "end-date": f"2026-0{month}-02"}
        answer = story.send(
            report(dataset(story.doi, **changed), **{"created-by": story.creator, "reporting-period": days})
        )
        url = f"http://falconframework.org/reports/{answer.json['report']['id']}"
        found = story.mounted.hub.execute("SELECT COUNT(*) FROM hub_event WHERE subj_id = {p}", (url,)).fetchone()
        assert found[0] == number, changed


def rule_1_9_a_month_under_a_new_uuid_counts_again_unless_it_was_taken_back(story: Story) -> None:
    story.put(story.plain())
    story.delete("staff")
    story.mounted.validator.finish()
    story.uid = str(uuid.uuid4())
    story.put(story.plain())
    rows = story.mounted.hub.execute(
        "SELECT COUNT(*) FROM hub_event WHERE obj_id = {p}", (f"https://doi.org/{story.doi}",)
    ).fetchone()
    assert rows[0] == (1 if story.policy.takes_back else 2)


def rule_1_10_the_official_samples(story: Story) -> None:
    """report_repeat is for the month of report_3: Sashimi drops it (created 2128-04-09), a hub takes it."""
    answers = {}
    for name in ("report_3", "report_7", "report_11"):
        assert story.send(story.sample(name)).status_code == 201, name
    answers["repeat"] = story.send(story.sample("report_repeat"))
    shown = answers["repeat"].json["report"]
    created = "2128-04-13" if story.policy.replaces else "2128-04-09"
    assert (answers["repeat"].status_code, shown["report-header"]["created"], shown["state"]) == (201, created, "valid")
    story.uid = str(uuid.uuid4())
    document = story.sample("report_3")
    document["report-header"]["created-by"] = story.creator
    assert story.put(document).status_code == 201


RULES = [act for name, act in list(globals().items()) if name.startswith("rule_")]


def test_each_rule_of_behaviour_is_kept(mounted: MountedStore, shared: Path, check_all: Callable[..., None]) -> None:
    def check(rule: Callable[[Story], None]) -> None:
        rule(Story(mounted, shared / "data" / "sashimi" / "reports"))

    check_all(check, RULES)
