"""What cannot work is refused when the site starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
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


START = """
from doitui_middleware.wsgi import UsageMiddleware
UsageMiddleware(lambda environ, start_response: [], spool="spool/doitui", views=["^/(?P<doi>10)"])
"""


def started(place: Path) -> str:
    """What a site says on stderr when it starts in `place`, as a user whom modes stop."""
    stopped = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    if stopped and shutil.which("setpriv") is None:
        pytest.skip("root may write everything, and there is no setpriv")
    done = subprocess.run([*stopped, sys.executable, "-c", START], cwd=place, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    return done.stderr


def test_a_spool_that_cannot_be_written_is_reported_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "spool" / "doitui").mkdir(parents=True)
    (tmp_path / "spool" / "doitui").chmod(0o555)
    place = tmp_path / "spool" / "doitui"
    advice = "Permission denied: make it writable for the user of this process"
    assert started(tmp_path) == f"usage: hits of this site will be lost, spool {place}: {advice}\n"


def test_a_spool_that_cannot_be_made_is_reported_at_the_start(tmp_path: Path) -> None:
    assert started(tmp_path).endswith("spool/doitui: No such file or directory: create its parent directory\n")


def test_a_file_in_place_of_the_spool_is_reported_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "doitui").write_text("")
    assert started(tmp_path).endswith("spool/doitui: Not a directory: remove it, and create a directory\n")


def test_a_start_with_a_good_spool_says_nothing_and_makes_nothing(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    assert (started(tmp_path), list((tmp_path / "spool").iterdir())) == ("", [])
