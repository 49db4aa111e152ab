"""Whether a spool lies on a disk of this host."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from doitui_middleware import local_disk
from doitui_middleware.spool import Spool

TABLE = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:26 / /var/spool rw shared:5 - nfs4 files.example.org:/export rw
31 30 254:2 / /var/spool/local rw - xfs /dev/vdb rw
32 22 0:30 / /mnt/with\\040blank rw - fuse.sshfs jo@example.org: rw
33 22 0:31 / /over rw - cifs //files/share rw
34 22 0:32 / /over rw - tmpfs tmpfs rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> str:
    (tmp_path / "mountinfo").write_text(TABLE)
    return str(tmp_path / "mountinfo")


@pytest.mark.parametrize(
    ("directory", "kind"),
    [
        ("/var/spool/doitui", "nfs4"),
        ("/var/spool", "nfs4"),
        ("/var/spool/local/doitui", None),
        ("/var/spooling", None),
        ("/mnt/with blank/x", "fuse.sshfs"),
        ("/over/x", None),
        ("/home", None),
    ],
)
def test_the_nearest_mount_decides(mounts: str, directory: str, kind: str | None) -> None:
    assert local_disk.networked(directory, mounts) == kind


def test_where_there_is_no_table_nothing_is_said(tmp_path: Path) -> None:
    assert local_disk.networked("/var/spool", str(tmp_path / "none")) is None


def test_a_spool_on_the_network_is_said_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mountinfo").write_text(f"30 22 0:26 / {tmp_path} rw shared:5 - nfs files:/export rw\n")
    monkeypatch.setattr(local_disk, "MOUNTS", str(tmp_path / "mountinfo"))
    with caplog.at_level(logging.WARNING):
        spool = Spool(str(tmp_path))
        spool.write(b"a\n", 1)
        spool.write(b"b\n", 2)
    assert caplog.messages == [f"usage: spool {tmp_path} is on nfs, not on a local disk: hits may be lost"]
