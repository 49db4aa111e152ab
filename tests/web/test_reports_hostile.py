"""Bodies made to fill the memory, sent over HTTP to a process: each is refused, nothing is stored."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import requests

from .report_stores import PACKED, PLAIN, dataset, packed, report

HEAD = json.dumps({"report-header": report()["report-header"]})[:-1].encode() + b', "report-datasets": ['
PACKED_HEAD = HEAD.replace(b'"exceptions": []', b'"exceptions": [{"code": 69}]')

#: Mebibytes of a process that has refused them all.
LARGEST_PROCESS = 300


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """The process, its address and its directory."""
    folder = tmp_path_factory.mktemp("hostile")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "doitui", "sandbox", "--port", "0", "--state", str(folder / "state")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        yield process, process.stdout.readline().split()[-1], folder
        process.kill()


def bomb(start: bytes) -> bytes:
    """10 GB of spaces behind `start`, as gzip members of 64 MiB."""
    return gzip.compress(start) + gzip.compress(b" " * 2**26) * 160


def repeated(start: bytes, piece: bytes, times: int, end: bytes) -> bytes:
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(start), *(packer.compress(piece * 2**16) for _ in range(times >> 16))]
    return b"".join([*pieces, packer.compress(end), packer.flush()])


@pytest.mark.parametrize(
    ("make", "headers", "status"),
    [
        (lambda: bomb(b""), PACKED, 413),
        (lambda: bomb(PACKED_HEAD), PACKED, 413),
        (lambda: repeated(b"[", b"[],", 40_000_000, b"[]]"), PACKED, 400),
        (lambda: repeated(PACKED_HEAD, b"[],", 40_000_000, b"[]]}"), PACKED, 422),
        (lambda: HEAD + b"[]," * 3_000_000 + b"[]]}", PLAIN, 422),
        (lambda: HEAD + b"{}," * 3_000_000 + b"{}]}", PLAIN, 422),
        (lambda: b'{"a": "' + b"x" * 200_000_000 + b'"}', PLAIN, 413),
        (lambda: packed(*[dataset("10.5072/a")] * 100_000), PACKED, 422),
        (lambda: HEAD + b"[" * 10_000, PLAIN, 400),
        (lambda: HEAD + b'{"a": ' * 900 + b"1" + b"}" * 900 + b"]}", PLAIN, 400),
        (lambda: HEAD + b'"\xff"]}', PLAIN, 400),
        (lambda: gzip.compress(PACKED_HEAD + b'"\xff"]}'), PACKED, 400),
    ],
)
def test_a_hostile_body_is_refused_and_leaves_nothing(running, make, headers, status):
    process, url, folder = running
    answer = requests.post(f"{url}/reports", make(), headers=headers, auth=("DEMO.REPO", "demo"), timeout=120)
    assert answer.status_code == status, answer.text
    assert requests.get(f"{url}/reports", timeout=20).json()["meta"]["total"] == 0
    assert list(folder.glob("state-reports/*")) == []
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    assert peak
    assert int(peak[1]) < LARGEST_PROCESS * 1024
