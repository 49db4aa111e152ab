"""`report causes`, and the retry of one of its groups."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doitui.web.sandbox.server import Sandbox

from .conftest import Doitui


@pytest.fixture
def failed(archive: Doitui, write: Callable[..., Path], sandbox: Sandbox) -> Doitui:
    """Three records without a publisher and two without a creator, which were refused, and one answered 403."""
    archive("record", "import", write("a", "b", "c", publisher=""))
    archive("record", "import", write("d", "e", creators=[]))
    archive("record", "import", write("f"))
    archive("doi", "reserve", *"abcdef")
    sandbox.faults.replace(["POST /dois status status=403 count=1"])
    assert archive("cron", "register-local").code == 1
    return archive


def causes(doitui: Doitui) -> dict[str, dict[str, Any]]:
    return {found["problem"]: found for found in doitui("report", "causes", "--json").json["causes"]}


def test_a_report_says_how_many_failures_have_how_many_causes(failed: Doitui) -> None:
    done = failed("report", "causes")
    told = failed("report", "causes", "--json").json
    first, group = done.out.splitlines()[:3], told["causes"][0]
    assert (done.code, first) == (0, ["6 failures, 3 causes", "", "3 failed: publisher required"])
    assert (told["failures"], told["cause_groups"], group["failures"], group["field"]) == (6, 3, 3, "publisher")
    assert f"  retry:  doitui queue retry --cause {group['cause_group']}" in done.out
    assert set(causes(failed)) == {"publisher required", "creators required", "forbidden"}


def test_the_report_as_csv_has_a_line_for_each_cause(failed: Doitui) -> None:
    rows = list(csv.DictReader(io.StringIO(failed("report", "causes", "--format", "csv").out)))
    assert [(row["failures"], row["field"], len(row["examples"].split())) for row in rows] == [
        ("3", "publisher", 3),
        ("2", "creators", 2),
        ("1", "", 1),
    ]


def test_a_group_is_listed_and_retried_once_it_is_fixed(failed: Doitui, write: Callable[..., Path]) -> None:
    name = causes(failed)["creators required"]["cause_group"]
    listed = failed("queue", "list", "--cause", name, "--json").json["jobs"]
    told = {(job["object_id"], job["cause"], job["cause_group"]) for job in listed}
    assert told == {("d", "metadata", name), ("e", "metadata", name)}
    failed("record", "import", write("d", "e"))
    retried = failed("queue", "retry", "--cause", name, "--json").json["retried"]
    failed("work", "--drain")
    assert (len(retried), set(causes(failed))) == (2, {"publisher required", "forbidden"})


def test_without_failures_there_is_no_cause(archive: Doitui) -> None:
    assert archive("report", "causes").out == "no failures\n"
