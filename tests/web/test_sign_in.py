"""How a caller of the sandbox says who it is: to DOIs as lupo reads it, to reports as Sashimi does (usage.md 1.8)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

from falcon.testing import TestClient

from doitui.web.common.accounts import Account, Accounts
from doitui.web.dois.store import Store
from doitui.web.sandbox.sandbox import create_app
from doitui_core.hub_store import hub_database
from doitui_core.hub_store.body_storage import Directory
from doitui_core.hub_store.report_store import ReportStore

from .report_stores import report

PREFIX = frozenset(("10.5072",))
BASIC, WRONG = (f"Basic {b64encode(f'DEMO.REPO:{word}'.encode()).decode()}" for word in ("demo", "wrong"))

#: Headers, and whether DOIs and reports may be written with them.
CALLERS: list[tuple[dict[str, str], bool, bool]] = [
    ({}, False, False),
    ({"Authorization": BASIC}, True, True),
    ({"Authorization": "Bearer demo"}, True, True),
    ({"Authorization": "demo"}, False, True),
    ({"Authorization": WRONG}, False, False),
    ({"Authorization": "Bearer wrong"}, False, False),
    ({"X-Authorization": "Bearer demo"}, False, True),
    ({"X-Authorization": "demo"}, False, True),
    ({"X-Authorization": "Bearer wrong"}, False, False),
    ({"X-Authorization": "Bearer demo", "Authorization": WRONG}, False, True),
    ({"X-Authorization": "Bearer wrong", "Authorization": BASIC}, True, False),
]


def test_each_way_to_say_who_calls(tmp_path: Path, check_all: Callable[..., None]) -> None:
    own = hub_database.own()
    usage = ReportStore(own, Directory(tmp_path / "bodies"))
    app = TestClient(create_app(Store(), Accounts([Account("DEMO.REPO", "demo", PREFIX)]), usage=usage))

    def check(case: tuple[dict[str, str], bool, bool]) -> None:
        headers, writes_dois, writes_reports = case
        doi = app.simulate_post("/dois", json={"data": {"attributes": {"prefix": "10.5072"}}}, headers=headers)
        sent = app.simulate_post("/reports", json=report(), headers=headers)
        assert (doi.status_code, sent.status_code) == (201 if writes_dois else 401, 201 if writes_reports else 401)
        known = sent.headers.get("X-Credential-Username")
        assert known == ("demo.repo" if writes_dois or writes_reports else None)
        assert sent.headers.get("X-Anonymous-Consumer") == (None if headers else "true")

    check_all(check, CALLERS)
    own.close()
