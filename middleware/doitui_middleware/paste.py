"""The entry point for PasteDeploy: a section of its ini file becomes the middleware's options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from doitui_middleware.configuration import READERS, read
from doitui_middleware.routes import Misconfigured
from doitui_middleware.wsgi import UsageMiddleware

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


def filter_factory(_global_conf: Mapping[str, str], /, **options: str) -> Callable[[WSGIApplication], UsageMiddleware]:
    """For PasteDeploy: `[filter:usage]` with `use = egg:doitui-middleware#usage`. Raises `Misconfigured`."""
    if unknown := sorted(set(options) - set(READERS)):
        raise Misconfigured(f"no such option: {', '.join(unknown)}; there are {', '.join(READERS)}")
    values = {name: read(name, text, name) for name, text in options.items()}
    return lambda application: UsageMiddleware(application, **values)
