"""A usage report as it comes in, plain or compressed, and what is rejected at once (usage.md 1.4 to 1.6).

The body is never in memory: it goes through a temporary file, is inflated piece by piece up to a limit, and of its text
only the header is read here, unless it is small enough to be validated at once.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, cast

from doitui_core.errors import DocumentTooLarge, InvalidReport, UnreadableDocument
from doitui_core.hub_store.report_policy import ReportPolicy
from doitui_core.usage_reports import json_stream, lenient, rules, validating
from doitui_core.usage_reports.validating import Checked

#: Bytes of a plain report, and of an inflated one.
MAX_INFLATED = json_stream.LARGEST

#: Bytes of a compressed report as it comes: Sashimi's column takes 16 MiB (usage.md 1.4).
MAX_COMPRESSED = 20 * 1024 * 1024

#: Bytes of a plain report that is validated before it is answered.
MAX_AT_ONCE = 10 * 1024 * 1024

#: Bytes of a body that stay in memory.
_IN_MEMORY = 1 << 20

_HEADER = ("report-header", "report_header")

#: The beginning of a list of datasets.
_FIRST = re.compile(r"\[[ \t\n\r]*([^ \t\n\r])")

#: zlib's window bits of "deflate": zlib's format by RFC 9110 8.4.1.2, yet many clients send it raw.
_DEFLATE = (zlib.MAX_WBITS, -zlib.MAX_WBITS)


@dataclass(frozen=True, slots=True)
class Submission:
    """An accepted report. Its header is valid; `checked` is what was found in its datasets, None when they are not
    validated yet. `content_checksum` is the SHA-256 of the text of the datasets in hexadecimal. `compressed`: it came
    so. `gzip_chunks` gives the body as it is stored, once.
    """

    header: dict[str, Any]
    compressed: bool
    content_checksum: str
    checked: Checked | None
    gzip_chunks: Callable[[], Iterator[bytes]]

    @property
    def created_by(self) -> str:
        """Who made the report."""
        return str(self.header["created-by"])

    @property
    def year(self) -> int:
        """The year the report is about."""
        return rules.period(self.header)[0].year

    @property
    def month(self) -> int:
        """The month, 1 to 12."""
        return rules.period(self.header)[0].month


@contextmanager
def received(source: BinaryIO, encoding: str, policy: ReportPolicy) -> Iterator[Submission]:
    """The report in `source`; `encoding` is gzip, deflate or empty. gzip is also recognised by its first bytes.

    Raises `UnreadableDocument`, `DocumentTooLarge` and `InvalidReport`.
    """
    with _temporary() as wire, _temporary() as inflated_again:
        size, compressed = _receive(source, wire, encoding)
        body = wire
        if encoding == "deflate" and not _is_gzip(wire):
            body = inflated_again
            _gzip_of_deflate(wire, body)
        yield _Reader(body, compressed, size, policy).submission()


def _temporary() -> IO[bytes]:
    return SpooledTemporaryFile(_IN_MEMORY, prefix="doitui-report-")


def _receive(source: BinaryIO, wire: IO[bytes], encoding: str) -> tuple[int, bool]:
    """Copy the body; its bytes, and whether it is compressed."""
    size, compressed = 0, bool(encoding)
    while piece := source.read(json_stream.CHUNK):
        compressed = compressed or (size == 0 and piece.startswith(json_stream.GZIP))
        size += len(piece)
        check_size(size, compressed=compressed)
        wire.write(piece)
    if encoding == "gzip" and not _is_gzip(wire):
        raise UnreadableDocument("the body is announced as gzip, but is not: compress it, or send it without encoding")
    return size, compressed


def check_size(size: int, *, compressed: bool) -> None:
    """Raises `DocumentTooLarge` for a body of `size` bytes as it comes."""
    limit = MAX_COMPRESSED if compressed else MAX_INFLATED
    if size > limit:
        raise DocumentTooLarge(f"the report has more than {limit} bytes: send parts, compressed")


def _is_gzip(file: IO[bytes]) -> bool:
    file.seek(0)
    return file.read(2) == json_stream.GZIP


def _gzip_of_deflate(wire: IO[bytes], into: IO[bytes]) -> None:
    for window in _DEFLATE:
        wire.seek(0)
        into.seek(0)
        into.truncate()
        try:
            with gzip.GzipFile(fileobj=cast(BinaryIO, into), mode="wb", compresslevel=6, mtime=0) as packed:
                for piece in _inflated(wire, window):
                    packed.write(piece)
        except zlib.error:
            continue
        return
    raise UnreadableDocument("the compressed body cannot be read: it is no deflate data, or broken")


def _inflated(wire: IO[bytes], window: int) -> Iterator[bytes]:
    inflater, size, ended = zlib.decompressobj(window), 0, False
    while piece := wire.read(json_stream.CHUNK):
        while piece and not ended:
            yield (inflated := inflater.decompress(piece, json_stream.CHUNK))
            size += len(inflated)
            if size > MAX_INFLATED:
                raise DocumentTooLarge(f"the report has more than {MAX_INFLATED} bytes once inflated: send parts")
            piece, ended = inflater.unconsumed_tail, inflater.eof
    if not ended:
        raise zlib.error("incomplete")


class _Reader:
    """One body in a file: `compressed` says whether it is gzip."""

    def __init__(self, body: IO[bytes], compressed: bool, size: int, policy: ReportPolicy) -> None:
        self._body = body
        self._compressed = compressed
        self._policy = policy
        self._at_once = not policy.background or (not compressed and size <= MAX_AT_ONCE)
        self._names: list[str] = []

    def submission(self) -> Submission:
        """The report. Raises what is wrong with it."""
        with json_stream.translated("the body"):
            header, content = self._read_header()
        if not isinstance(header, dict):
            raise UnreadableDocument("param is missing or the value is empty: report-header")
        with json_stream.translated("the body"):
            header, off = lenient.dashed_names(header)
        off = [*map(lenient.underscored, self._names), *off]
        if header.get("release") != rules.RELEASE:
            raise InvalidReport(["Report protocol is incorrect"])
        checked = self._check() if self._at_once else None
        titles = self._titles(header, [] if self._policy.underscores else off, checked)
        if titles:
            raise InvalidReport(titles)
        return Submission(header, self._compressed, content, checked, self._gzip_chunks)

    def _titles(self, header: dict[str, Any], off: list[str], checked: Checked | None) -> list[str]:
        if checked and not self._compressed:
            return checked.errors
        found = off + rules.header_errors(header, lenient=self._policy.lenient)
        if "\0" in str(header.get("created-by")):
            found.append("created-by: contains NUL")
        says_compressed = rules.says_compressed(header)
        if self._compressed and not says_compressed:
            # DataCite treats it as a plain report, which then has no datasets.
            found.append(f"report-datasets: can't be blank (a compressed report needs exception {rules.COMPRESSED})")
        if says_compressed and not self._compressed and not self._policy.lenient:
            found.append(f"exceptions: {rules.COMPRESSED} is for compressed reports, and this is plain JSON")
        if checked and checked.datasets > rules.MAX_DATASETS:
            found += rules.count_errors(checked.datasets)
        return found

    def _check(self) -> Checked:
        checked = Checked(Path("report"), self._compressed)
        with json_stream.translated("the body"), self._inflated() as file:
            return validating.check(
                file,
                checked,
                is_lenient=self._policy.lenient,
                underscores=self._policy.underscores,
                all_datasets=False,
                stop_at_errors=self._policy.background,
            )

    def _read_header(self) -> tuple[Any, str]:
        """The header and the checksum of the datasets. The whole body is inflated, its text decoded."""
        with self._inflated() as file:
            found, text = json_stream.until(file, json_stream.DATASETS)
            digest, first = hashlib.sha256(), True
            for piece in text:
                if first and not self._at_once:
                    self._check_first(piece)
                first = False
                digest.update(piece.encode())
        for name in _HEADER:
            if name in found:
                self._note(name)
                return found[name], digest.hexdigest()
        return self._header_behind()

    def _check_first(self, text: str) -> None:
        """Reject at once what is no list of objects; every other dataset is left to the validation."""
        match = _FIRST.match(text)
        if match and match[1] == "]":
            raise InvalidReport(rules.count_errors(0))
        if match and match[1] != "{":
            raise InvalidReport([f"report-datasets/0: {match[1]} is not the beginning of an object"])

    def _header_behind(self) -> tuple[Any, str]:
        """The same for a header that comes after the datasets."""
        header, digest, datasets = None, hashlib.sha256(), 0
        with self._inflated() as file:
            for name, value in json_stream.members(file):
                if name in _HEADER:
                    self._note(name)
                    header = value
                elif name in json_stream.DATASETS:
                    datasets += 1
                    digest.update(json.dumps(value).encode())
                if datasets > rules.MAX_DATASETS and not self._at_once:
                    raise InvalidReport([validating.TOO_MANY])
        return header, digest.hexdigest()

    def _note(self, name: str) -> None:
        if "_" in name:
            self._names.append(name)

    @contextmanager
    def _inflated(self) -> Iterator[BinaryIO]:
        self._body.seek(0)
        if not self._compressed:
            yield cast(BinaryIO, self._body)
            return
        with gzip.GzipFile(fileobj=cast(BinaryIO, self._body), mode="rb") as file:
            yield cast(BinaryIO, file)

    def _gzip_chunks(self) -> Iterator[bytes]:
        self._body.seek(0)
        pieces = iter(lambda: self._body.read(json_stream.CHUNK), b"")
        return pieces if self._compressed else _packed(pieces)


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    # 31: gzip. Level 1: a plain report of 128 MiB in a second.
    packer = zlib.compressobj(1, wbits=31)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()
