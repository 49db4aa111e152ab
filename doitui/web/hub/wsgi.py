"""The hub for a WSGI server of your own: `gunicorn --threads 12 'doitui.web.hub.wsgi:application()'`.

The environment says the rest: DOITUI_DATABASE, and every setting of the hub, such as DOITUI_HUB_URL. Without
`--preload`: connections and the thread of the background work belong to one process.
"""

from __future__ import annotations

import os

from platformdirs import user_data_path

from doitui.web.hub import options
from doitui.web.hub.http_rules import Wsgi
from doitui.web.hub.hub import Hub
from doitui_core.db import database
from doitui_core.hub_store.report_place import reports_place


def application() -> Wsgi:
    """Open the database, begin the background work, and give the application. Raises `Misconfigured`."""
    url = os.environ.get("DOITUI_DATABASE") or f"sqlite:///{user_data_path('doitui') / 'doitui.db'}"
    database.open(url)
    hub = Hub(reports_place(url), options.chosen())
    database.close_thread()  # threads open their own
    hub.background.start()
    return hub.application
