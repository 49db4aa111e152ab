"""Would the report in a file be taken? Dataset by dataset, so that its size is no matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from doitui_core.usage_reports import json_stream, parts, rules

#: Datasets looked at together: one call of the validator costs as much as a dozen of them.
BATCH = 200

#: Sentences kept of a report in which every dataset is wrong.
MOST = 100

#: Characters; a key of a stranger's report may be as long as the report.
LONGEST_KEY = 60


@dataclass
class Checked:
    """A file and what was found: `errors` are refused, `warnings` are taken, but do less than was meant."""

    path: Path
    compressed: bool = False
    datasets: int = 0
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    more: int = 0

    @property
    def valid(self) -> bool:
        return not self.errors


def validate(path: Path) -> Checked:
    """Check a report in JSON, plain or gzip. Raises `UnreadableDocument` for what is no JSON object, or too large."""
    found = _Reader(path)
    with json_stream.opened(path) as (file, compressed):
        found.checked.compressed = compressed
        for name, value in json_stream.members(file):
            found.take(name.replace("_", "-"), value)
        found.end()
    return found.checked


class _Reader:
    """What was read so far of one file."""

    def __init__(self, path: Path) -> None:
        self.checked = Checked(path)
        self._header: Any = None
        self._waiting: list[Any] = []
        self._keys: set[str] = set()

    def take(self, name: str, value: Any) -> None:
        if name == "report-header":
            self._header = value
        elif name == "report-datasets":
            self._waiting.append(value)
            if len(self._waiting) == BATCH:
                self._look()
        elif len(self._keys) < MOST:
            self._keys.add(name[:LONGEST_KEY])

    def end(self) -> None:
        self._look()
        checked = self.checked
        checked.errors[:0] = self._header_errors()
        if checked.datasets == 0:
            self._add(checked.errors, "report-datasets: can't be blank")
        if checked.datasets > rules.MAX_DATASETS:
            told = f"report-datasets: {checked.datasets} are more than {rules.MAX_DATASETS}: send parts, compressed"
            self._add(checked.errors, told)
        if not checked.compressed:
            self._add(checked.errors, *(f"found unpermitted parameter: {key}" for key in sorted(self._keys)))
            if checked.path.is_file() and checked.path.stat().st_size > parts.LARGEST_PLAIN:
                self._add(checked.warnings, f"more than {parts.LARGEST_PLAIN} bytes: DataCite wants it compressed")

    def _header_errors(self) -> list[str]:
        if not isinstance(self._header, Mapping):
            return ["report-header: is missing"]
        header = {str(name).replace("_", "-"): value for name, value in self._header.items()}
        told = rules.stated_errors(header)
        says = rules.says_compressed(header)
        if self.checked.compressed and not says:
            told.append(
                f"exceptions: a compressed report needs exception {rules.COMPRESSED}, else DataCite finds it empty"
            )
        if not self.checked.compressed:
            if says:
                told.append(f"exceptions: {rules.COMPRESSED} is for compressed reports, and this is plain JSON")
            told += [f"found unpermitted parameter: {key}" for key in rules.unpermitted({"report-header": header})]
        return told

    def _look(self) -> None:
        some, self._waiting, first = self._waiting, [], self.checked.datasets
        self.checked.datasets += len(some)
        told = rules.dataset_errors(some, first)
        self._add(self.checked.errors, *told)
        for number, dataset in enumerate(some, first):
            place = f"report-datasets/{number}"
            if not self.checked.compressed and len(self._keys) < MOST:
                self._keys.update(key[:LONGEST_KEY] for key in rules.unpermitted_of_dataset(dataset))
            if not told and (unread := rules.unread(dataset)):
                self._add(self.checked.warnings, f"{place}: {unread}")

    def _add(self, to: list[str], *sentences: str) -> None:
        room = max(MOST - len(to), 0)
        to.extend(sentences[:room])
        self.checked.more += len(sentences[room:])
