"""From the answer to a request that may be a view or a download, to a line in the spool. Never raises."""

from __future__ import annotations

from collections.abc import Mapping
from time import time_ns
from typing import Any

from doitui_middleware.actors import Actors
from doitui_middleware.answers import COUNTED, cited, is_first_part, is_prefetch
from doitui_middleware.routes import Route
from doitui_middleware.spool import Spool
from doitui_middleware.spool_line import DOI, decode, encode, escaped, joined, subject
from doitui_middleware.spool_url import stored_paths, stored_url

#: What a server answers for an application that raises.
RAISED = 500


class Recorder:
    """Writes the hits of one repository."""

    def __init__(self, repository: str, partial: bool, actors: Actors, spool: Spool) -> None:
        self._repository = escaped(repository)
        self._partial = partial
        self._actors = actors
        self._spool, self._write = spool, spool.write

    def after(
        self,
        noted: bytes | None,
        status: str,
        headers: list[tuple[str, str]],
        environ: Mapping[str, Any],
        path: str,
        route: Route,
    ) -> bytes | None:
        """The line that stands after this answer; `noted` stood before it, as a site may answer again (PEP 3333).

        `path`: SCRIPT_NAME and PATH_INFO as they came; a site that dispatches to parts of itself shifts them.
        """
        try:
            kind, key, what = route
            if not key and noted is None:
                if (found := cited(headers)) is None:
                    return None
                what = subject(kind or found[0], DOI, found[1])
            code = COUNTED.get(status) or COUNTED.get(status[:3])
            if code is None and self._partial and is_first_part(status, headers):
                code = "206"
            if noted is not None:
                if code is not None:
                    return noted
                self.take_back(noted, int(status[:3]))
            if code is None or is_prefetch(environ):
                return None
            now = time_ns() // 1000
            agent = environ.get("HTTP_USER_AGENT", "")
            actor_kind, actor = self._actors.identify(environ, agent, now)
            query = environ.get("QUERY_STRING")
            url = stored_url(path, query) if query else stored_paths[path]
            line = joined(now, self._repository, what, url, code, actor_kind, actor, agent)
            self._write(line, now)
            return line
        except Exception as error:
            self.failed(error)
            return None

    def take_back(self, line: bytes, status: int = RAISED) -> None:
        """`line` is no hit after all."""
        self._spool.write(encode(decode(line)._replace(status=status)), time_ns() // 1000)

    def failed(self, error: Exception) -> None:
        """A hit is lost to `error`."""
        self._spool.losses.note(error)
