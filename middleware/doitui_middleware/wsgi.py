"""The middleware: watches what a WSGI site answers, and leaves the answer alone.

Only `start_response` is wrapped. The iterable that comes back is the site's own object, so sendfile, streaming, `write`
and `close` stay between the site and its server (PEP 3333). A hit is noted when the status is set, before the server
hears of it.

What it cannot know: whether the last byte arrived; what fails in a generator after its status was set, unless the site
says so with `exc_info`; and that the server's own `start_response` raised.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from doitui_middleware.actor_key import ActorKey
from doitui_middleware.actors import Actors
from doitui_middleware.recorder import Recorder
from doitui_middleware.routes import Misconfigured, Route, Routes
from doitui_middleware.spool import Spool
from doitui_middleware.spool_files import ACTOR_KEY

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

#: In the environ of a request that one of us watches already.
WATCHED = "doitui_middleware.watched"


class UsageMiddleware:
    """Notes views and downloads of `application` in a spool directory.

    - `spool`: the directory, on a local disk; made when its parent exists. Default: DOITUI_SPOOL.
    - `views`, `downloads`: regular expressions searched in PATH_INFO, views first, with a group `object_id` or `doi`.
    - `repository`: its code; may be left out where there is only one.
    - `cite_as`: take the DOI from the answer's `Link: <https://doi.org/…>; rel="cite-as"`, whatever the path.
    - `partial`: a 206 that begins at byte 0 counts.
    - `trusted_hops`: how many proxies of yours add to X-Forwarded-For. 0 if another middleware has set REMOTE_ADDR.
    - `user`: called with the environ when the site answers; the id of the signed-in user, or None.
    - `session_cookie`: the name of the cookie that identifies a session.
    - `actor_key`: the file of the daily key (`actor_key`). Default: in the spool. Copy it to the other hosts of a site.

    Raises `Misconfigured` (a ValueError) for what cannot work; once it stands, it never raises into the site.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        spool: str | os.PathLike[str] | None = None,
        views: Iterable[str] = (),
        downloads: Iterable[str] = (),
        repository: str = "",
        cite_as: bool = False,
        partial: bool = True,
        trusted_hops: int = 0,
        user: Callable[[WSGIEnvironment], object] | None = None,
        session_cookie: str | None = None,
        actor_key: str | os.PathLike[str] | None = None,
    ) -> None:
        self._application = application
        routes = Routes(views, downloads, cite_as=cite_as)
        self._beginnings, self._found, self._unnamed = routes.beginnings, routes.found, routes.unnamed
        if trusted_hops < 0:
            raise Misconfigured(f"trusted_hops={trusted_hops}: pass how many proxies of yours a request goes through")
        directory = _directory(spool)
        key = ActorKey(os.path.abspath(actor_key or os.path.join(directory, ACTOR_KEY)))
        actors = Actors(key, user=user, session_cookie=session_cookie, trusted_hops=trusted_hops)
        written_to = Spool(directory)
        written_to.check()
        self._recorder = Recorder(repository, partial, actors, written_to)
        self._after = self._recorder.after

    @classmethod
    def from_env(cls, application: WSGIApplication) -> UsageMiddleware:
        """As the environment says: DOITUI_SPOOL, DOITUI_VIEWS … (`configuration.READERS`). Raises `Misconfigured`."""
        from doitui_middleware import configuration

        return cls(application, **configuration.from_environment(os.environ))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            path = environ.get("PATH_INFO", "")
            route = self._found[path] if path.startswith(self._beginnings) else self._unnamed
            if route is not None:
                if environ["REQUEST_METHOD"] != "GET" or WATCHED in environ:
                    route = None
                elif script := environ.get("SCRIPT_NAME"):
                    path = script + path
        except Exception as error:  # a server that does not keep to PEP 3333; the site may know better than we do
            self._recorder.failed(error)
            route = None
        if route is None:
            return self._application(environ, start_response)
        return self._watched(environ, start_response, route, path)

    def _watched(
        self, environ: WSGIEnvironment, start_response: StartResponse, route: Route, path: str
    ) -> Iterable[bytes]:
        environ[WATCHED] = True
        after = self._after
        noted = None

        def noting_start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal noted
            noted = after(noted, status, headers, environ, path, route)
            if exc_info is None:  # some test clients take two arguments only
                return start_response(status, headers)
            return start_response(status, headers, exc_info)

        try:
            return self._application(environ, noting_start_response)
        except BaseException:
            if noted is not None:
                self._recorder.take_back(noted)
            raise


def _directory(spool: str | os.PathLike[str] | None) -> str:
    """Absolute: a site may change its working directory after start-up."""
    if found := spool or os.environ.get("DOITUI_SPOOL"):
        return os.path.abspath(found)
    raise Misconfigured("no spool: pass spool='/var/spool/doitui', or set DOITUI_SPOOL")
