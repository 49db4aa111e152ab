"""Check whether DataCite would accept the report in a file, in batches of datasets: memory does not grow with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BufferedIOBase
from pathlib import Path
from typing import Any, BinaryIO

from doitui_core.usage_reports import json_stream, lenient, parts, rules

#: Datasets checked together: one call of the validator costs as much as a dozen of them.
BATCH = 200

#: Errors reported, and warnings, of a report in which every dataset is wrong.
MOST = 100

#: What is said where the rest is not counted.
TOO_MANY = f"report-datasets: more than {rules.MAX_DATASETS}: send parts, compressed"

#: Characters shown of a key, which may be as long as the report.
LONGEST_KEY = 60


@dataclass
class Checked:
    """A file and what was found: `errors` are refused; `warnings` are accepted, but have less effect than intended.
    `more`: how many errors and warnings are not listed. `complete`: it was read to its end.
    """

    path: Path
    compressed: bool = False
    datasets: int = 0
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    more: int = 0
    complete: bool = False

    @property
    def valid(self) -> bool:
        """Whether DataCite would accept the report."""
        return not self.errors


def validate(path: Path, *, is_lenient: bool = False) -> Checked:
    """Check a report in JSON, plain or gzip. `is_lenient`: as a lenient hub does.

    Raises `UnreadableDocument` for what is no JSON object, or too large.
    """
    with json_stream.opened(path) as (file, compressed):
        checked = check(file, Checked(path, compressed), is_lenient=is_lenient)
    if not compressed and path.is_file() and path.stat().st_size > parts.LARGEST_PLAIN:
        checked.warnings.append(f"more than {parts.LARGEST_PLAIN} bytes: DataCite wants it compressed")
    return checked


def check(
    file: BufferedIOBase | BinaryIO,
    checked: Checked,
    *,
    is_lenient: bool = False,
    underscores: bool = False,
    all_datasets: bool = True,
    stop_at_errors: bool = False,
) -> Checked:
    """Fill `checked` with what is found in the inflated report `file`. Raises `ValueError` for what is no JSON object,
    and whatever `file` raises.

    `is_lenient`: takes what DataCite's store takes, with warnings. `underscores`: names at the top and in the header
    may have them. Without `all_datasets` one dataset too many ends it, with `stop_at_errors` the last error listed.
    """
    reader = _Reader(checked, is_lenient, underscores)
    for name, value in json_stream.members(file):
        reader.add(name, value)
        if not all_datasets and checked.datasets > rules.MAX_DATASETS:
            checked.errors.insert(0, TOO_MANY)
            return checked
        if stop_at_errors and len(checked.errors) >= MOST:
            return checked
    reader.finish()
    checked.complete = True
    return checked


class _Reader:
    """What was read so far of one file."""

    def __init__(self, checked: Checked, is_lenient: bool, underscores: bool) -> None:
        self.checked = checked
        self._is_lenient = is_lenient
        self._underscores = underscores
        self._header: Any = None
        self._batch: list[Any] = []
        self._unpermitted: set[str] = set()

    def add(self, name: str, value: Any) -> None:
        dashed = name.replace("_", "-")
        if dashed != name and dashed in ("report-header", "report-datasets"):
            self._add_underscored(lenient.underscored(name))
        if dashed == "report-header":
            self._header = value
        elif dashed == "report-datasets":
            self._batch.append(value)
            if len(self._batch) == BATCH:
                self._check_batch()
        else:
            self._add_unpermitted([name])

    def finish(self) -> None:
        self._check_batch()
        checked = self.checked
        checked.errors[:0] = self._header_errors()
        self._report(checked.errors, rules.count_errors(checked.datasets))
        self._report(checked.warnings if self._is_lenient else checked.errors, sorted(self._unpermitted))

    def _header_errors(self) -> list[str]:
        if not isinstance(self._header, Mapping):
            return ["report-header: is missing"]
        header, off = lenient.dashed_names(dict(self._header))
        for sentence in off:
            self._add_underscored(sentence)
        found = rules.all_header_errors(header, lenient=self._is_lenient)
        if self._is_lenient and not found:
            self._report(self.checked.warnings, rules.header_errors(header))
        says_compressed = rules.says_compressed(header)
        if self.checked.compressed:
            if not says_compressed:
                found.append(
                    f"exceptions: a compressed report needs exception {rules.COMPRESSED}, else DataCite finds it empty"
                )
            return found
        if says_compressed:
            sentence = f"exceptions: {rules.COMPRESSED} is for compressed reports, and this is plain JSON"
            self._report(self.checked.warnings if self._is_lenient else found, [sentence])
        unpermitted = map(_unpermitted, rules.unpermitted({"report-header": header}))
        self._report(self.checked.warnings if self._is_lenient else found, unpermitted)
        return found

    def _check_batch(self) -> None:
        batch, self._batch, first = self._batch, [], self.checked.datasets
        self.checked.datasets += len(batch)
        if self._is_lenient:
            batch = [self._adapted(dataset) for dataset in batch]
        errors = rules.dataset_errors(batch, first, lenient=self._is_lenient)
        self._report(self.checked.errors, errors)
        for number, dataset in enumerate(batch, first):
            self._add_unpermitted(rules.unpermitted({"report-datasets": dataset}))
            if not errors and (unread := rules.unread(dataset)):
                self._report(self.checked.warnings, [f"report-datasets/{number}: {unread}"])

    def _adapted(self, dataset: Any) -> Any:
        adapted, off = lenient.adapt(dataset)
        if len(self._unpermitted) < MOST:
            self._unpermitted.update(off)
        return adapted

    def _add_underscored(self, sentence: str) -> None:
        if self._is_lenient or not self._underscores:
            self._unpermitted.add(sentence)

    def _add_unpermitted(self, keys: Iterable[str]) -> None:
        if not self.checked.compressed and len(self._unpermitted) < MOST:
            self._unpermitted.update(_unpermitted(key[:LONGEST_KEY]) for key in keys)

    def _report(self, to: list[str], messages: Iterable[str]) -> None:
        for message in messages:
            if len(to) < MOST:
                to.append(message)
            else:
                self.checked.more += 1


def _unpermitted(key: str) -> str:
    return f"found unpermitted parameter: :{key}"
