"""How long a person waits before anything happens: whole processes, and what the middleware adds to a site's start."""

from __future__ import annotations

import sys

from ground import DOITUI, SQLITE, Ground, Row, median_ms, run

from doitui_core.db import database

TIMES = 20


def rows(ground: Ground) -> list[Row]:
    """Medians of whole processes, in milliseconds."""
    times = ground.sized(TIMES)
    bare = median_ms(lambda: run(sys.executable, "-c", "pass"), times)
    imported = median_ms(lambda: run(sys.executable, "-c", "import doitui_middleware"), times)
    version = median_ms(lambda: run(DOITUI, "--version"), times)
    with ground.store(SQLITE) as url:
        database.close()
        status = median_ms(lambda: run(DOITUI, "--database", url, "status"), times)
    over = f"{bare:.0f} ms of it python -c pass"
    return [
        Row("doitui --version, whole process", version, "ms", most=100, beside=over),
        Row("import doitui_middleware, over python -c pass", max(imported - bare, 0.0), "ms", most=30),
        Row("doitui status, small database, whole process", status, "ms", beside=over),
    ]
