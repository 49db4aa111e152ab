"""The usage middleware: counts views and downloads of a WSGI site. Standard library only, and quick to import.

It owns the format of the spool, the files to which a site appends its hits (`spool_line`, `spool_files`); the core only
reads them.
"""

from doitui_middleware.routes import Misconfigured
from doitui_middleware.wsgi import UsageMiddleware

__all__ = ["Misconfigured", "UsageMiddleware"]
