"""Whether a directory lies on this host's own disk: over a network appends may mix, and a lock may not hold."""

from __future__ import annotations

import os

#: File systems that other hosts write to as well. What only looks like one (overlay, tmpfs) is not here.
NETWORKED = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs"),
        *("fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.ceph", "fuse.juicefs", "fuse.davfs2", "fuse.gcsfuse"),
        *("ocfs2", "gfs2", "orangefs"),
    }
)

MOUNTS = "/proc/self/mountinfo"


def networked(directory: str, mounts: str | None = None) -> str | None:
    """The type of the network file system `directory` is on; None for a local one, and where nobody can tell."""
    try:
        with open(mounts or MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
            kind = _kind(os.path.realpath(directory), file.read())
    except OSError:
        return None
    return kind if kind in NETWORKED else None


def _kind(path: str, table: str) -> str:
    """The type of the mount with the longest path above `path`; of two on one place the later covers the earlier."""
    found, longest = "", -1
    for line in table.splitlines():
        before, _, after = line.partition(" - ")
        mounted = before.split()[4].replace("\\040", " ")
        if os.path.commonpath([mounted, path]) == mounted and len(mounted) >= longest:
            found, longest = after.split()[0], len(mounted)
    return found
