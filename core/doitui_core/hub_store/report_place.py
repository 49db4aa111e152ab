"""Where the hub stores the bodies of usage reports."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_data_path

from doitui_core.config import settings
from doitui_core.domain.database_urls import masked


def reports_place(database_url: str, option: str = "") -> str | Path:
    """The directory, or the URL of a place of fsspec's: `option`, else the setting `hub_reports`, else a directory of
    the database's own: beside its file (SQLite), or in the user's data directory.

    Each database needs a place of its own: what no row names is deleted there.
    """
    chosen = option or settings.load().get("hub_reports")
    return str(chosen) if chosen else default_place(database_url)


def default_place(database_url: str) -> Path:
    """The place where nobody has chosen one."""
    if database_url.startswith("sqlite:///"):
        file = Path(database_url.removeprefix("sqlite:///").partition("?")[0]).absolute()
        return file.with_name(f"{file.name}.reports")
    name = urlsplit(database_url).path.strip("/") or "database"
    digest = sha256(masked(database_url).encode()).hexdigest()[:12]
    return user_data_path("doitui") / "reports" / f"{name}-{digest}"
