"""Bodies made to fill memory or disk, sent to a real hub: each is refused or found out, nothing of them is stored."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from waitress.adjustments import Adjustments

from doitui.web.hub.unsigned_bodies import SMALL, Parser
from doitui_core.db import database
from doitui_core.hub_store import token_signing, tokens
from doitui_core.hub_store.body_storage import CLAIM

from .conftest import report

HEAD = json.dumps({"report-header": report()["report-header"]})[:-1].encode() + b', "report-datasets": ['
PACKED_HEAD = HEAD.replace(b'"exceptions": []', b'"exceptions": [{"code": 69}]')
PLAIN = {"Content-Type": "application/json"}
PACKED = {"Content-Type": "application/gzip", "Content-Encoding": "gzip"}

#: Mebibytes of a process that has had them all.
LARGEST_PROCESS = 300


def repeated(piece: bytes, times: int, end: bytes) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    pieces = [packer.compress(PACKED_HEAD), *(packer.compress(piece * 2**16) for _ in range(times >> 16))]
    return b"".join([*pieces, packer.compress(end), packer.flush()])


def hostile() -> dict[str, tuple[bytes, dict[str, str], int]]:
    """Body, headers and status of each."""
    return {
        "gzip bomb": (gzip.compress(PACKED_HEAD) + gzip.compress(b" " * 2**26, 1) * 3, PACKED, 413),
        "lists": (repeated(b"[],", 4_000_000, b"[]]}"), PACKED, 422),
        "plain lists": (HEAD + b"[]," * 100_000 + b"[]]}", PLAIN, 422),
        "too long": (b'{"a": "' + b"x" * 2_000_000 + b'"}', PLAIN, 400),
        "nested": (HEAD + b"[" * 10_000, PLAIN, 400),
        "broken UTF-8": (HEAD + b'"\xff"]}', PLAIN, 400),
        "compressed broken UTF-8": (gzip.compress(PACKED_HEAD + b'"\xff"]}'), PACKED, 400),
        "cut": (gzip.compress(PACKED_HEAD + b"{}]}")[:-9], PACKED, 400),
    }


@pytest.fixture
def running(home: None, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str, str, Path]]:
    """The process, its address, a token and the directory of bodies."""
    url, bodies = f"sqlite:///{tmp_path / 'hub.db'}", tmp_path / "bodies"
    database.create(url)
    token = tokens.issue("archive-a", actor="ida").token
    database.close()
    environment = {**os.environ, "DOITUI_DATABASE": url, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "doitui", "hub", "--port", "0", "--reports", str(bodies)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        yield process, process.stdout.readline().split()[-1], token, bodies
        process.kill()


def test_hostile_bodies_are_refused_and_leave_nothing(
    running: tuple[subprocess.Popen[str], str, str, Path],
) -> None:
    process, url, token, bodies = running
    found = {}
    for name, (body, headers, _) in hostile().items():
        signed = {**headers, "Authorization": f"Bearer {token}"}
        found[name] = requests.post(f"{url}/reports", body, headers=signed, timeout=60).status_code
    assert found == {name: status for name, (_, _, status) in hostile().items()}
    assert (
        requests.get(f"{url}/reports", timeout=20).json()["meta"]["total"],
        [one.name for one in bodies.iterdir()],
    ) == (0, [CLAIM])
    for bad in ("", "Bearer x", f"Bearer {token[:-3]}abc"):
        answer = requests.post(f"{url}/reports", HEAD * 20_000, headers={**PLAIN, "Authorization": bad}, timeout=60)
        assert answer.status_code == 401
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    assert peak
    assert int(peak[1]) < LARGEST_PROCESS * 1024


@pytest.mark.parametrize(
    ("token", "size", "kept"),
    [
        ("valid", SMALL + 1, SMALL + 1),
        ("", SMALL + 1, 0),
        ("", SMALL, SMALL),
        ("wrong", SMALL + 1, 0),
        ("revoked", SMALL + 1, 0),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_kept_only_with_a_valid_token(
    store: str, token: str, size: int, kept: int, chunked: bool
) -> None:
    signed = tokens.issue("archive-a", actor="ida").token
    if token == "revoked":
        tokens.revoke("archive-a", actor="ida")
    given = {"": "", "wrong": f"Authorization: Bearer {signed}x\r\n"}.get(token, f"X-Authorization: {signed}\r\n")
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    body = b"x" * size
    parser = Parser(Adjustments())
    data = f"POST /reports HTTP/1.1\r\nHost: x\r\n{given}{length}\r\n\r\n".encode()
    data += b"%x\r\n%s\r\n0\r\n\r\n" % (size, body) if chunked else body
    while data:
        data = data[parser.received(data) :]
    stored = len(parser.get_body_stream().read())
    assert (parser.completed, stored) == (True, 0 if chunked and token == "" else kept)
    assert token_signing.find_secret()
    parser.close()
