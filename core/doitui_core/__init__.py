"""doitui from Python: a dozen plain functions for scripts and cron jobs. Everything else is internal.

Importing this loads nothing heavy: a function loads its packages on first use. Start with `open`:

    import doitui_core

    doitui_core.open("sqlite:///archive.db", create=True)
    print(doitui_core.status()["dois"]["total"])

An `id` is a record's object id, `CODE:ID` where several repositories have it, or the DOI of the record; a `doi` may be
written in any way, and may also be such an id. Errors are those of `doitui_core.errors`. Times are aware datetimes in
UTC. Acts take `actor`, the name that the logs show; by default the login name.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from doitui_core.api.database_functions import open, status, transaction
    from doitui_core.api.doi_functions import (
        abandon,
        deactivate,
        get_doi,
        list_dois,
        mint,
        mint_all,
        reserve,
        restore,
        set_url,
        update,
        verify,
    )
    from doitui_core.api.metric_functions import backfill_metrics
    from doitui_core.api.record_functions import (
        delete_record,
        get_record,
        import_funding,
        import_records,
        publish,
        save_record,
        unpublish,
    )
    from doitui_core.api.run_functions import (
        drain_usage,
        flush_events,
        register_local,
        retry,
        submit_usage_report,
        sync,
        verify_local,
        work,
    )

__all__ = [  # noqa: RUF022 - in the order of INTERFACE 8
    "open",
    "save_record",
    "get_record",
    "delete_record",
    "publish",
    "unpublish",
    "import_records",
    "import_funding",
    "reserve",
    "mint",
    "mint_all",
    "update",
    "verify",
    "deactivate",
    "restore",
    "set_url",
    "abandon",
    "get_doi",
    "list_dois",
    "sync",
    "retry",
    "register_local",
    "verify_local",
    "flush_events",
    "drain_usage",
    "submit_usage_report",
    "backfill_metrics",
    "work",
    "status",
    "transaction",
]

#: Which module of `api` has which functions; the others are in `doi_functions`.
_MODULES = {
    "database_functions": {"open", "status", "transaction"},
    "metric_functions": {"backfill_metrics"},
    "record_functions": {
        "save_record",
        "get_record",
        "delete_record",
        "publish",
        "unpublish",
        "import_records",
        "import_funding",
    },
    "run_functions": {
        *("sync", "retry", "register_local", "verify_local", "flush_events", "drain_usage"),
        *("submit_usage_report", "work"),
    },
}


def __getattr__(name: str) -> Any:
    """A function of the API, loaded now and cached."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = next((module for module, names in _MODULES.items() if name in names), "doi_functions")
    function = getattr(import_module(f"{__name__}.api.{module}"), name)
    globals()[name] = function
    return function


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
