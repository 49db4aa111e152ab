"""Check whether DataCite would accept the report in a file, in batches of datasets: memory does not grow with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from doitui_core.usage_reports import json_stream, parts, rules

#: Datasets checked together: one call of the validator costs as much as a dozen of them.
BATCH = 200

#: Errors reported, and warnings, of a report in which every dataset is wrong.
MOST = 100

#: Characters shown of a key, which may be as long as the report.
LONGEST_KEY = 60


@dataclass
class Checked:
    """A file and what was found: `errors` are refused; `warnings` are accepted, but have less effect than intended.
    `more`: how many errors and warnings are not listed.
    """

    path: Path
    compressed: bool = False
    datasets: int = 0
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    more: int = 0

    @property
    def valid(self) -> bool:
        """Whether DataCite would accept the report."""
        return not self.errors


def validate(path: Path) -> Checked:
    """Check a report in JSON, plain or gzip. Raises `UnreadableDocument` for what is no JSON object, or too large."""
    with json_stream.opened(path) as (file, compressed):
        reader = _Reader(Checked(path, compressed))
        for name, value in json_stream.members(file):
            reader.add(name.replace("_", "-"), value)
        reader.finish()
    return reader.checked


class _Reader:
    """What was read so far of one file."""

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self._header: Any = None
        self._batch: list[Any] = []
        self._unpermitted: set[str] = set()

    def add(self, name: str, value: Any) -> None:
        if name == "report-header":
            self._header = value
        elif name == "report-datasets":
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
        if not checked.compressed:
            self._report(checked.errors, map(_unpermitted, sorted(self._unpermitted)))
            if checked.path.is_file() and checked.path.stat().st_size > parts.LARGEST_PLAIN:
                self._report(checked.warnings, [f"more than {parts.LARGEST_PLAIN} bytes: DataCite wants it compressed"])

    def _header_errors(self) -> list[str]:
        if not isinstance(self._header, Mapping):
            return ["report-header: is missing"]
        header = {str(name).replace("_", "-"): value for name, value in self._header.items()}
        found = rules.all_header_errors(header)
        says_compressed = rules.says_compressed(header)
        if self.checked.compressed:
            if not says_compressed:
                found.append(
                    f"exceptions: a compressed report needs exception {rules.COMPRESSED}, else DataCite finds it empty"
                )
            return found
        if says_compressed:
            found.append(f"exceptions: {rules.COMPRESSED} is for compressed reports, and this is plain JSON")
        return found + list(map(_unpermitted, rules.unpermitted({"report-header": header})))

    def _check_batch(self) -> None:
        batch, self._batch, first = self._batch, [], self.checked.datasets
        self.checked.datasets += len(batch)
        errors = rules.dataset_errors(batch, first)
        self._report(self.checked.errors, errors)
        for number, dataset in enumerate(batch, first):
            self._add_unpermitted(rules.unpermitted({"report-datasets": dataset}))
            if not errors and (unread := rules.unread(dataset)):
                self._report(self.checked.warnings, [f"report-datasets/{number}: {unread}"])

    def _add_unpermitted(self, keys: Iterable[str]) -> None:
        if not self.checked.compressed and len(self._unpermitted) < MOST:
            self._unpermitted.update(key[:LONGEST_KEY] for key in keys)

    def _report(self, to: list[str], messages: Iterable[str]) -> None:
        for message in messages:
            if len(to) < MOST:
                to.append(message)
            else:
                self.checked.more += 1


def _unpermitted(key: str) -> str:
    return f"found unpermitted parameter: {key}"
