"""A hub whose reports are at a place of fsspec's instead of a directory. Both databases."""

from __future__ import annotations

import gzip
import json
import uuid
from pathlib import Path

import pytest

from doitui.web.hub.hub import Hub
from doitui_core.errors import Misconfigured

from ...conftest import Clock
from .conftest import REPORT, Caller, report

EXCEPTION = {"code": 69, "severity": "warning", "message": "compressed", "help-url": "", "data": ""}


@pytest.fixture(params=["memory", "local"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"memory://{uuid.uuid4()}" if request.param == "memory" else f"local://{tmp_path}/bodies"


def test_reports_are_taken_read_replaced_and_deleted(store: str, url: str, clock: Clock) -> None:
    hub = Hub(url)
    reporter, staff, path = Caller(hub, "archive-a"), Caller(hub, "ida", "staff_admin"), f"/reports/{REPORT}"
    packed = report()
    packed["report-header"]["exceptions"] = [EXCEPTION]
    sent = [
        reporter.send("PUT", path, report()).status_int,
        reporter.app.put(
            path,
            gzip.compress(json.dumps(packed).encode()),
            headers={"Authorization": f"Bearer {reporter.token}", "Content-Encoding": "gzip"},
            content_type="application/gzip",
        ).status_int,
    ]
    hub.background.drain()
    shown = staff.get(path).json["report"]
    assert (sent, shown["state"], len(shown["report-subsets"])) == ([201, 202], "valid", 1)
    assert staff.get("/events").json["meta"]["total"] == 1
    assert staff.get("/heartbeat").text == "OK"
    clock.forward(seconds=1)
    assert staff.send("DELETE", path).status_int == 204
    hub.background.drain()
    assert staff.get("/events").json["meta"]["total"] == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("place", ["nonsense://x", "memory2://x"])
def test_a_place_that_fsspec_does_not_know_is_one_line(store: str, place: str) -> None:
    with pytest.raises(Misconfigured, match=rf"\A'{place}' cannot be used for reports: .+\Z"):
        Hub(place)
