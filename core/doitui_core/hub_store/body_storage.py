"""Where the bodies of usage reports are: files of a directory, or of any place fsspec knows (S3, SFTP …).

A body is written whole before a row names it, under a name that nobody has used. A file that no row names is left by a
process that was killed, or belonged to a report that was replaced: `report_cleaning` deletes it once it is old, so a
reader that has just begun is not disturbed.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Protocol

from doitui_core import draft_files
from doitui_core.errors import Misconfigured

_SUFFIX = ".json.gz"
_TIME = "%Y%m%dT%H%M%SZ"

#: The file that says whose reports they are, and characters of it that are read.
CLAIM, _LONGEST_CLAIM = "database.txt", 2000


class BodyStorage(Protocol):
    """A place for files. Methods raise `OSError`; `open` raises `FileNotFoundError` for a name that is not there."""

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Make the file `name`, whole, on the disk when this returns."""

    def open(self, name: str) -> BinaryIO:
        """The file to read."""

    def delete(self, name: str) -> None:
        """Delete the file, if it is there."""

    def names(self) -> Iterator[str]:
        """All files, of interrupted writes too."""

    def close(self) -> None:
        """Delete what is temporary."""


def new_name(now: datetime) -> str:
    """A name for a body; it says when it was written, because not every place knows that of its files."""
    return f"{now.astimezone(UTC).strftime(_TIME)}-{uuid.uuid4().hex}{_SUFFIX}"


def written_at(name: str) -> datetime | None:
    """When the body `name` was written; None for a file that is not ours."""
    text = name.removeprefix(".").partition("-")[0]
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC) if _SUFFIX in name else None
    except ValueError:
        return None


class Directory:
    """A directory of this machine, made with its first file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self) -> None:
        """Make the directory. Raises `Misconfigured` where that fails."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"{self._folder} cannot be used for reports: {error.strerror}") from error

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """See `BodyStorage`. What a full disk leaves of it is deleted."""
        self.make()
        draft = self._folder / f".{name}"
        try:
            draft_files.write(draft, chunks)
            draft.replace(self._folder / name)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
        entry = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(entry)  # else a power cut may lose the name of a file whose row survives
        finally:
            os.close(entry)

    def open(self, name: str) -> BinaryIO:
        """See `BodyStorage`."""
        return (self._folder / name).open("rb")

    def delete(self, name: str) -> None:
        """See `BodyStorage`."""
        (self._folder / name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """See `BodyStorage`."""
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            yield from (entry.name for entry in entries if entry.is_file(follow_symlinks=False))

    def close(self) -> None:
        """A directory stays."""


class TemporaryBodies(Directory):
    """A directory that is deleted at the end."""

    def __init__(self) -> None:
        self._temporary = TemporaryDirectory(prefix="doitui-reports-")
        super().__init__(Path(self._temporary.name))

    def close(self) -> None:
        """Delete the directory."""
        self._temporary.cleanup()


class Remote:
    """A place of fsspec's: `s3://bucket/reports`, `sftp://…`, `memory://…`. Needs the extra `hub`."""

    def __init__(self, url: str) -> None:
        try:
            import fsspec
        except ImportError as error:
            raise Misconfigured(f"{url!r} needs the extra: pip install 'doitui[hub]'") from error
        try:
            self._files, self._folder = fsspec.core.url_to_fs(url)
            self._files.makedirs(self._folder, exist_ok=True)
        except (ValueError, ImportError, OSError) as error:
            raise Misconfigured(f"{url!r} cannot be used for reports: {error}") from error

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """See `BodyStorage`. A torn file has no row."""
        with self._files.open(self._path(name), "wb") as file:
            for chunk in chunks:
                file.write(chunk)

    def open(self, name: str) -> BinaryIO:
        """See `BodyStorage`."""
        opened: BinaryIO = self._files.open(self._path(name), "rb")
        return opened

    def delete(self, name: str) -> None:
        """See `BodyStorage`."""
        with suppress(FileNotFoundError):
            self._files.rm_file(self._path(name))

    def names(self) -> Iterator[str]:
        """See `BodyStorage`."""
        self._files.invalidate_cache(self._folder)
        for path in self._files.ls(self._folder, detail=False):
            yield str(path).rpartition("/")[2]

    def close(self) -> None:
        """Files stay."""

    def _path(self, name: str) -> str:
        return f"{self._folder.rstrip('/')}/{name}"


def at(place: str | Path) -> BodyStorage:
    """The storage of a directory or a URL. Raises `Misconfigured` where it cannot be used."""
    if isinstance(place, str) and "://" in place and not place.startswith("file://"):
        return Remote(place)
    directory = Directory(Path(str(place).removeprefix("file://")))
    directory.make()
    return directory


def claim(storage: BodyStorage, place: str, identity: str) -> None:
    """Note in the storage whose reports it has; `identity`: see `db.database_identity`.

    What no row of the database names is deleted there, so two databases must not share a place. Raises `Misconfigured`
    where another has its reports there, and where the note cannot be read or written.
    """
    try:
        found = owner(storage)
        if not found:
            storage.write(CLAIM, [identity.encode()])
            found = owner(storage)  # another hub may have come first
    except OSError as error:
        raise Misconfigured(f"{place} cannot be used for reports: {error.strerror or error}") from error
    if found != identity:
        raise Misconfigured(
            f"{place} has the reports of another database ({found!r}): choose another place (--reports, setting"
            f" hub_reports), or, if that database is gone or was moved here, delete the file {CLAIM} there"
        )


def owner(storage: BodyStorage) -> str:
    """The database whose reports are there, as `claim` noted it; empty where nobody has claimed it."""
    try:
        with storage.open(CLAIM) as file:
            return file.read(_LONGEST_CLAIM).decode(errors="replace").strip()
    except FileNotFoundError:
        return ""
