"""Under real servers every answered view is in the spool once."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from .conftest import Spool
from .serving import SERVERS, SITE, Server, ended, environment, load, running

REQUESTS = 150


@pytest.mark.parametrize("server", SERVERS)
def test_every_answered_view_is_kept_once(server: str, tmp_path: Path, spool: Spool) -> None:
    if "gunicorn" in server:
        pytest.importorskip("gunicorn", reason="gunicorn is not installed")
    with running(SERVERS[server], tmp_path, spool.directory) as site:
        answered = load(site, REQUESTS)
    assert len(answered) == REQUESTS, (tmp_path / "server.log").read_text()
    assert Counter(hit.key for hit in spool.hits()) == Counter(answered)


def uwsgi() -> list[str]:
    """How uWSGI is started, or a skip."""
    beside = Path(sys.executable).with_name("uwsgi")
    if found := (str(beside) if beside.exists() else shutil.which("uwsgi")):
        return [found]
    if importlib.util.find_spec("pyuwsgi"):
        return [sys.executable, "-c", "import pyuwsgi, sys; pyuwsgi.run(sys.argv[1:])"]
    pytest.skip("uWSGI is not installed: pip install pyuwsgi")


@pytest.mark.parametrize("options", [(), ("--lazy-apps",), ("--enable-threads", "--threads", "2")], ids=" ".join)
def test_every_view_answered_by_uwsgi_is_kept_once(options: tuple[str, ...], tmp_path: Path, spool: Spool) -> None:
    (tmp_path / "archive_site.py").write_text(SITE)
    listen = ("--http-socket", "127.0.0.1:0", "--wsgi", "archive_site", "--master", "--processes", "2")
    process = subprocess.Popen(
        [*uwsgi(), *listen, "--die-on-term", "--need-app", *options],
        env=environment(tmp_path, spool.directory),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with process, ended(process):
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(rb"bound to TCP address 127\.0\.0\.1:(\d+)", line):
                break
        else:
            pytest.fail("uWSGI did not start")
        answered = load(Server(process, int(found[1])), REQUESTS)
    assert len(answered) == REQUESTS
    assert Counter(hit.key for hit in spool.hits()) == Counter(answered)


LEAVING_ROOT = """
import os, sys
from doitui_middleware.wsgi import UsageMiddleware
from doitui_middleware.losses import Losses

def site(environ, start_response):
    start_response("200 OK", [])
    return []

application = UsageMiddleware(site, spool=sys.argv[1], views=["^/records/(?P<object_id>.+)"])
sys.path[:] = []
sys.meta_path[:] = []
os.chdir("/")
if os.geteuid() == 0:
    os.setuid(65534)
for path in ("/records/1", "/records/\xc3\xbc"):
    application({"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_USER_AGENT": "\xfc"}, lambda *answer: None)
"""


def test_a_server_that_gives_up_its_rights_and_its_modules_still_counts(python: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        spool = Spool(Path(folder) / "spool")
        done = subprocess.run(
            [python, "-c", LEAVING_ROOT, str(spool.directory)], capture_output=True, text=True, timeout=30
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert [hit.key for hit in spool.hits()] == ["1", "ü"]
