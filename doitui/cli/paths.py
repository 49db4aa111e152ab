"""`doitui paths`: where everything lives, and what says so."""

from __future__ import annotations

import os

import click

from doitui.cli.session import Session, reads
from doitui.cli.tables import table

DATABASE = "DOITUI_DATABASE"
SPOOL = "DOITUI_SPOOL"
HUB_REPORTS = "hub_reports"
DEFAULT = "default"


@click.command()
@reads
def paths(session: Session) -> None:
    """Show where database, secrets, log, spool, cache and the hub's reports are, and which option, variable or setting
    says so.

    Files of secrets may be anywhere: `doitui setting list` names them. Nothing is made or changed.

    Example: doitui paths --json
    """
    from platformdirs import user_cache_path, user_config_path

    from doitui_core.dois import log_file
    from doitui_core.domain.database_urls import masked

    given = session.database_option is not None
    said_by = DEFAULT
    if given:
        said_by = DATABASE if os.environ.get(DATABASE) == session.database_option else "--database"
    logged_by = log_file.VARIABLE if os.environ.get(log_file.VARIABLE) else DEFAULT
    spool = os.environ.get(SPOOL, "")
    rows: list[dict[str, str | None]] = [
        {"what": "database", "path": masked(session.database_url), "source": said_by},
        {"what": "secrets", "path": str(user_config_path("doitui")), "source": DEFAULT},
        {"what": "log", "path": str(log_file.path()), "source": logged_by},
        {"what": "spool", "path": spool or None, "source": SPOOL if spool else DEFAULT},
        {"what": "cache", "path": str(user_cache_path("doitui")), "source": DEFAULT},
        _hub_reports(session),
    ]
    shown = [{**row, "path": row["path"] or f"none: no usage is measured on this host (set {SPOOL})"} for row in rows]
    session.show({"paths": rows}, table(shown, ("what", "path", "source"), ""))


def _hub_reports(session: Session) -> dict[str, str | None]:
    """Where the hub stores usage reports. Without a database that can be read, no setting in it counts."""
    from doitui_core.config import settings
    from doitui_core.domain.database_urls import without_passwords
    from doitui_core.errors import DoituiError
    from doitui_core.hub_store import report_place

    try:
        with session.database(read_only=True, any_environment=True):
            found = settings.load()
    except DoituiError:
        found = settings.Settings({}, {}, os.environ, {})
    value = found.find(HUB_REPORTS)
    source = f"setting {HUB_REPORTS}" if value.source == "global" else value.source
    chosen = without_passwords(value.text) if value.text else str(report_place.default_place(session.database_url))
    return {"what": "hub reports", "path": chosen, "source": source if value.text else DEFAULT}
