"""The options from the environment and from a PasteDeploy file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from doitui_middleware.configuration import from_environment
from doitui_middleware.paste import filter_factory
from doitui_middleware.routes import Misconfigured
from doitui_middleware.wsgi import UsageMiddleware

from .conftest import Site, Spool, ask, request


@pytest.fixture
def environment(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def set_all(**options: str) -> None:
        for name, text in {"spool": str(spool.directory), **options}.items():
            monkeypatch.setenv(f"DOITUI_{name.upper()}", text)

    return set_all


def test_the_environment_says_all(environment: Callable[..., None], spool: Spool) -> None:
    environment(
        views=r"^/records/(?P<object_id>\d+)$ ^/doi/(?P<doi>10\..+)$",
        downloads=r"^/get/(?P<object_id>\d+)",
        repository="h",
        cite_as="yes",
        partial="no",
        trusted_hops="2",
        session_cookie="sid",
    )
    site = UsageMiddleware.from_env(Site())
    for path in ("/records/1", "/doi/10.5072/x", "/get/7"):
        ask(site, request(path, HTTP_COOKIE="sid=1"))
    ask(UsageMiddleware.from_env(Site("206 Partial Content", ("Content-Range", "bytes 0-1/2"))), request("/get/7"))
    assert [(hit.repository, hit.kind, hit.key, hit.actor_kind) for hit in spool.hits()] == [
        ("h", "view", "1", "session"),
        ("h", "view", "10.5072/x", "session"),
        ("h", "download", "7", "session"),
    ]


def test_a_function_of_the_site_is_named_by_its_module(
    environment: Callable[..., None], spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site_of_a_test.py").write_text("def who(environ):\n    return 'jo'\n")
    monkeypatch.syspath_prepend(tmp_path)
    environment(cite_as="1", views=r"^/records/(?P<object_id>\d+)$", user="site_of_a_test:who")
    ask(UsageMiddleware.from_env(Site()))
    assert [hit.actor_kind for hit in spool.hits()] == ["user"]


def test_an_empty_variable_counts_as_unset() -> None:
    found = from_environment({"DOITUI_CITE_AS": "yes", "DOITUI_TRUSTED_HOPS": "", "DOITUI_USER": ""})
    assert found == {"cite_as": True}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("trusted_hops", "two", r"DOITUI_TRUSTED_HOPS='two' cannot be read"),
        ("cite_as", "maybe", r"DOITUI_CITE_AS='maybe' cannot be read.*neither yes nor no"),
        ("user", "no_such_module:who", r"DOITUI_USER='no_such_module:who' cannot be read.*no_such_module"),
        ("user", "os:sep", r"DOITUI_USER='os:sep' cannot be read.*not a function"),
    ],
)
def test_a_wrong_variable_is_named(environment: Callable[..., None], name: str, text: str, message: str) -> None:
    environment(**{"views": r"^/(?P<doi>10.+)", name: text})
    with pytest.raises(Misconfigured, match=message):
        UsageMiddleware.from_env(Site())


def test_a_paste_section_wraps_a_site(spool: Spool) -> None:
    section = {"spool": str(spool.directory), "views": "\n^/records/(?P<object_id>\\d+)$\n", "repository": "h"}
    ask(filter_factory({"debug": "false"}, **section)(Site()))
    assert len(spool.hits()) == 1


def test_a_misspelt_option_of_a_section_is_named() -> None:
    with pytest.raises(Misconfigured, match="no such option: veiws; there are spool, views"):
        filter_factory({}, veiws="^/")
