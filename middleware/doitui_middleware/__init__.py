"""The sensor: what goes into other people's WSGI sites. Standard library only, and cheap to import.

It owns the format of the spool, the files in which a site notes views and downloads (`spool_line`, `spool_files`); the
core only reads them.
"""

from doitui_middleware.routes import Misconfigured
from doitui_middleware.wsgi import UsageMiddleware

__all__ = ["Misconfigured", "UsageMiddleware"]
