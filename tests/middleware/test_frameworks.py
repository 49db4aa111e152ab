"""The set-ups of docs/middleware.md, as they stand there, each asked for a record and a file."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from doitui_middleware.paste import filter_factory

from ..conftest import missing
from .conftest import Spool, ask, request

PAGE = Path(__file__).parents[2] / "docs" / "middleware.md"

MADE_BY_PASTE = """
def make(global_conf):
    def site(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"a record"]

    return site
"""


def blocks(heading: str, language: str) -> list[str]:
    """The code under a heading of the page."""
    section = re.search(
        rf"^###? {heading}\n(.*?)(?=^##|\Z)", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert section, f"no section {heading} in {PAGE}"
    return re.findall(rf"^```{language}[^\n]*\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def no_site_is_left() -> Iterator[None]:
    yield
    sys.modules.pop("archive_site", None)


def run(code: str, spool: Spool) -> dict[str, Any]:
    """What the code defines, with the test's spool in place of the page's."""
    module = sys.modules["archive_site"] = ModuleType("archive_site")  # Pyramid looks for its caller there
    exec(compile(code.replace("/var/spool/doitui", str(spool.directory)), str(PAGE), "exec"), module.__dict__)
    return vars(module)


def requested(path: str, **more: Any) -> dict[str, Any]:
    from wsgiref.util import setup_testing_defaults

    environ = request(path, **more)
    setup_testing_defaults(environ)
    return environ


def seen(spool: Spool) -> list[tuple[str, str]]:
    return [(hit.kind, hit.key) for hit in spool.hits()]


@pytest.mark.parametrize(
    ("framework", "module"),
    [("Plain WSGI", "wsgiref"), ("Flask", "flask"), ("Pyramid", "pyramid"), ("Falcon", "falcon")],
)
def test_a_framework_is_wrapped_as_the_page_says(framework: str, module: str, spool: Spool) -> None:
    pytest.importorskip(module, reason=f"{framework} is not installed")
    application = run(blocks(framework, "python")[0], spool)["application"]
    for path in ("/records/12", "/records/12/files/a.pdf"):
        assert ask(application, requested(path))[0] == "200 OK"
    assert seen(spool) == [("view", "12"), ("download", "12")]


def test_django_is_wrapped_as_the_page_says_and_tells_its_user(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("django", reason="Django is not installed")
    from django.conf import settings
    from django.http import HttpResponse
    from django.urls import path

    wsgi, middleware = blocks("Django", "python")

    def sign_in(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def middleware(request: Any) -> Any:
            request.user = type("User", (), {"pk": 7})
            return get_response(request)

        return middleware

    urls = ModuleType("archive_urls")
    urls.urlpatterns = [  # type: ignore[attr-defined]
        path("records/<int:number>/", lambda request, number: HttpResponse("a record")),
        path("records/<int:number>/files/<name>", lambda request, number, name: HttpResponse("content")),
    ]
    told = ModuleType("archive_users")
    vars(told).update(sign_in=sign_in, pass_user=run(middleware, spool)["pass_user"])
    monkeypatch.setitem(sys.modules, "archive_urls", urls)
    monkeypatch.setitem(sys.modules, "archive_users", told)
    settings.configure(
        ROOT_URLCONF="archive_urls",
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=["archive_users.sign_in", "archive_users.pass_user"],
        LOGGING_CONFIG=None,
    )
    application = run(wsgi, spool)["application"]
    for asked in ("/records/12/", "/records/12/files/a.pdf", "/records/99999"):
        ask(application, requested(asked))
    assert [(hit.kind, hit.key, hit.actor_kind) for hit in spool.hits()] == [
        ("view", "12", "user"),
        ("download", "12", "user"),
    ]


def test_the_environment_of_the_page_wraps_a_site(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    (shell,) = blocks("From the environment", "sh")
    for line in shell.splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, value.strip("'").replace("/var/spool/doitui", str(spool.directory)))
    application = run(blocks("From the environment", "python")[0], spool)["application"]
    for path in ("/records/12", "/get/3"):
        ask(application, requested(path, HTTP_COOKIE="session=x", HTTP_X_FORWARDED_FOR="203.0.113.7"))
    assert [(hit.kind, hit.key, hit.actor_kind, hit.repository) for hit in spool.hits()] == [
        ("view", "12", "session", "h"),
        ("download", "3", "session", "h"),
    ]


@pytest.fixture
def egg() -> str:
    """The installed distribution that brings the filter: doitui, or doitui-middleware alone."""
    found = [point.dist for point in entry_points(group="paste.filter_factory") if point.load() is filter_factory]
    if not found or found[0] is None:
        missing("no entry point paste.filter_factory: install doitui again, as its pyproject.toml has changed")
    return str(found[0].name)


def test_a_paste_pipeline_wraps_a_site_as_the_page_says(
    egg: str, spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy = pytest.importorskip("paste.deploy", reason="PasteDeploy is not installed")
    (ini,) = blocks("Pyramid", "ini")
    (tmp_path / "archive_site.py").write_text(MADE_BY_PASTE)
    monkeypatch.syspath_prepend(tmp_path)
    text = ini.replace("/var/spool/doitui", str(spool.directory)).replace("doitui-middleware#", f"{egg}#")
    (tmp_path / "site.ini").write_text(text)
    application = deploy.loadapp(f"config:{tmp_path / 'site.ini'}")
    ask(application, requested("/records/12"))
    assert [(hit.kind, hit.key, hit.repository) for hit in spool.hits()] == [("view", "12", "h")]
