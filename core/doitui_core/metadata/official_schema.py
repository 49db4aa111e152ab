"""DataCite's official Kernel-4 schema (XSD): installed once for this user, and asked for a second opinion."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin

import requests
from lxml import etree

from doitui_core.errors import BadInput, Misconfigured, NoAnswer

#: The version that is installed; the schema that `kernel-4` names is the same.
URL = "https://schema.datacite.org/meta/kernel-4.7/metadata.xsd"

MAIN = "metadata.xsd"

#: Bytes of one file of the schema. The largest has 30 KB.
LARGEST_FILE = 1024 * 1024

#: Files of the schema; it has eleven.
MOST_FILES = 50

SECONDS = 30

INSTALL = "run `doitui schema install`"

_XS = "{http://www.w3.org/2001/XMLSchema}"

#: Reads a file of the schema by its path relative to `MAIN`. Raises `BadInput` or `NoAnswer`.
Read = Callable[[str], bytes]


def place() -> Path:
    """The directory of the installed schema."""
    from platformdirs import user_data_path

    return user_data_path("doitui") / "kernel-4"


def install(source: Path | None = None, url: str = URL) -> Path:
    """Install the schema from a directory or ZIP file, or from `url`; its directory. An older one is replaced, but only
    by a schema that is complete and can be used.

    Raises `BadInput` for a source without the schema, `NoAnswer` where it cannot be downloaded, `Misconfigured`
    where it cannot be stored.
    """
    files = _collect(_reader(source) if source is not None else _downloader(url))
    target = place()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            fresh = Path(folder) / "fresh"
            for name, content in files.items():
                path = fresh / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            _compiled(fresh / MAIN)
            if target.exists():
                os.rename(target, Path(folder) / "old")
            os.rename(fresh, target)
    except OSError as error:
        raise Misconfigured(f"the schema cannot be stored in {target}: {error.strerror or error}") from error
    _schema.cache_clear()
    return target


def problems(document: bytes) -> list[str]:
    """What the official schema says is wrong with DataCite XML, one line each; [] for a valid document.

    Raises `Misconfigured` if the schema is not installed.
    """
    schema = _schema(place() / MAIN)
    try:
        root = etree.fromstring(document, _parser())
    except etree.XMLSyntaxError as error:
        return [f"not well-formed XML: {error.msg}"]
    if schema.validate(root):
        return []
    return [f"line {entry.line}: {' '.join(entry.message.split())}" for entry in list(schema.error_log)]  # type: ignore[call-overload] # missing in the stubs


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


@lru_cache(1)
def _schema(main: Path) -> etree.XMLSchema:
    if not main.is_file():
        raise Misconfigured(f"the official schema is not installed in {main.parent}: {INSTALL}")
    try:
        return _compiled(main)
    except BadInput as error:
        raise Misconfigured(f"{error}: {INSTALL}") from error


def _compiled(main: Path) -> etree.XMLSchema:
    try:
        return etree.XMLSchema(etree.parse(str(main), _parser()))
    except (OSError, etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
        raise BadInput(f"{main.name} is not a usable XML schema: {' '.join(str(error).split())}") from error


def _collect(read: Read) -> dict[str, bytes]:
    """`MAIN` and all files it includes, directly or not, by their paths."""
    files: dict[str, bytes] = {}
    waiting = [MAIN]
    while waiting:
        name = waiting.pop()
        if name in files:
            continue
        if len(files) >= MOST_FILES:
            raise BadInput(f"the schema has more than {MOST_FILES} files: it is not DataCite's Kernel-4 schema")
        files[name] = read(name)
        waiting += _included(name, files[name])
    return files


def _included(name: str, content: bytes) -> list[str]:
    try:
        root = etree.fromstring(content, _parser())
    except etree.XMLSyntaxError as error:
        raise BadInput(f"{name} is not XML: {error.msg}: is this DataCite's Kernel-4 schema?") from error
    if root.tag != f"{_XS}schema":
        raise BadInput(f"{name} is not an XML schema: is this DataCite's Kernel-4 schema?")
    found = [child.get("schemaLocation", "") for child in root if child.tag in (f"{_XS}include", f"{_XS}import")]
    return [_inside(PurePosixPath(name).parent / path) for path in found if path]


def _inside(path: PurePosixPath) -> str:
    if path.is_absolute() or ".." in path.parts or ":" in str(path) or "\\" in str(path):
        raise BadInput(
            f"the schema includes {str(path)!r}, outside its directory: it is not DataCite's Kernel-4 schema"
        )
    return str(path)


def _reader(source: Path) -> Read:
    """Reads from a directory or ZIP file, in which `MAIN` may be at any depth."""
    try:
        if source.is_dir():
            return _directory(source)
        with source.open("rb") as file:
            return _zip(source, zipfile.ZipFile(io.BytesIO(file.read(MOST_FILES * LARGEST_FILE))))
    except zipfile.BadZipFile as error:
        raise BadInput(f"{source} is neither a directory nor a ZIP file") from error
    except OSError as error:
        raise BadInput(f"{source} cannot be read: {error.strerror or error}") from error


def _directory(source: Path) -> Read:
    main = min(source.rglob(MAIN), key=lambda path: len(path.parts), default=None)
    if main is None:
        raise BadInput(f"{source} has no {MAIN}: give the directory or ZIP file of DataCite's Kernel-4 schema")

    def read(name: str) -> bytes:
        try:
            with (main.parent / name).open("rb") as file:
                return _limited(name, file.read(LARGEST_FILE + 1))
        except OSError as error:
            raise BadInput(f"{main.parent / name} cannot be read: {error.strerror or error}") from error

    return read


def _zip(source: Path, archive: zipfile.ZipFile) -> Read:
    mains = [name for name in archive.namelist() if PurePosixPath(name).name == MAIN]
    main = min(mains, key=lambda name: name.count("/"), default=None)
    if main is None:
        raise BadInput(f"{source} has no {MAIN}: give the directory or ZIP file of DataCite's Kernel-4 schema")

    def read(name: str) -> bytes:
        inner = str(PurePosixPath(main).parent / name)
        try:
            with archive.open(inner) as file:
                return _limited(name, file.read(LARGEST_FILE + 1))
        except (KeyError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise BadInput(f"{source} has no readable {inner}: the schema is not complete") from error

    return read


def _downloader(url: str) -> Read:
    def read(name: str) -> bytes:
        address = urljoin(url, name)
        try:
            with requests.get(address, timeout=SECONDS, stream=True) as answer:
                answer.raise_for_status()
                content = answer.raw.read(LARGEST_FILE + 1, decode_content=True)
        except (requests.RequestException, OSError) as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            reason = f"HTTP {status}" if status else type(error).__name__
            raise NoAnswer(
                f"{address} cannot be downloaded ({reason}): give its files with --from DIR or ZIP"
            ) from error
        return _limited(name, content)

    return read


def _limited(name: str, content: bytes) -> bytes:
    if len(content) > LARGEST_FILE:
        raise BadInput(f"{name} is larger than {LARGEST_FILE} bytes: it is not a file of DataCite's Kernel-4 schema")
    return content
