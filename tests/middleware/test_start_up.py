"""What cannot work is refused when the site starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from doitui_middleware.routes import Misconfigured
from doitui_middleware.wsgi import UsageMiddleware

from .conftest import Site, Spool, ask, request

Wrap = Callable[..., UsageMiddleware]


def test_a_site_without_a_spool_is_warned() -> None:
    with pytest.raises(Misconfigured, match=r"no spool.*DOITUI_SPOOL"):
        UsageMiddleware(Site(), views=[r"^/(?P<doi>10\..+)"])


def test_the_spool_may_come_from_the_environment(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOITUI_SPOOL", str(spool.directory))
    ask(UsageMiddleware(Site(), views=[r"^/(?P<doi>10\..+)"]), request("/10.5072/x"))
    assert [hit.key for hit in spool.hits()] == ["10.5072/x"]


def test_a_negative_number_of_proxies_is_refused(wrapped: Wrap) -> None:
    with pytest.raises(Misconfigured, match="trusted_hops=-1"):
        wrapped(Site(), trusted_hops=-1)


def test_a_site_that_changes_its_directory_keeps_its_spool(
    wrapped: Wrap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    site = wrapped(Site(), spool="here")
    monkeypatch.chdir("/")
    ask(site)
    assert len(Spool(tmp_path / "here").hits()) == 1


def test_hosts_share_one_key_by_its_file(wrapped: Wrap, tmp_path: Path) -> None:
    spools = [Spool(tmp_path / name) for name in ("one", "two")]
    for spool in spools:
        ask(wrapped(Site(), spool=spool.directory, actor_key=tmp_path / "actor.key", user=lambda environ: "jo"))
    assert len({hit.actor for spool in spools for hit in spool.hits()}) == 1


def test_a_key_that_cannot_be_read_is_named_and_the_site_goes_on(
    wrapped: Wrap, spool: Spool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site = wrapped(Site(), spool=spool.directory, actor_key=tmp_path / "no" / "keys" / "actor.key")
    assert ask(site) == ("200 OK", b"a record")
    assert f"({tmp_path}/no" in caplog.text
