"""What `doitui record import` prints: counts, and what a person has to look at."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

from doitui.cli import exits, object_id_lines
from doitui.cli.output import say, say_first
from doitui.cli.session import Session
from doitui_core.text import plural

if TYPE_CHECKING:
    from doitui_core.config.repositories import Config
    from doitui_core.records.importing import ImportResult

#: The remarks of which JSON has all, and for the lists among them their number besides.
KINDS = ("rejected", "findings", "kept", "overwritten", "not_registered", "renamed", "found_by_doi", "ids_from_doi")
COUNTED = ("kept", "overwritten", "renamed", "found_by_doi", "ids_from_doi")

#: Records named on stderr, for each kind of remark; of those that cannot be minted.
NAMED, NAMED_ERRORS = 10, 100


class ImportReport:
    """The results of an import, added up as they come: without `--json` nothing is stored of a record that is well."""

    def __init__(self, session: Session, repository: Config) -> None:
        self._session = session
        self._counts: Counter[str] = Counter()
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in KINDS}
        self._named: dict[str, list[str]] = {name: [] for name in self._rows}
        self._ids = object_id_lines.ObjectIdLines(repository)
        #: The jobs that the import queued, and (object id, why) of the DOIs that it could not register.
        self.jobs: list[int] = []
        self.not_registered: list[tuple[str, str]] = []

    @property
    def stored(self) -> int:
        """Records stored, or left as they are because nothing in them changed."""
        return self._counts["imported"]

    def add(self, row: ImportResult) -> None:
        """Add the result of one document."""
        if row.error:
            self._note("rejected", f"{row.place}: {row.error}", lambda: _rejected(row))
            return
        self._counts["imported"] += 1
        self._counts["created" if row.created else "updated" if row.changed else "unchanged"] += 1
        self._add_findings(row)
        for name, found in (("kept", row.protected), ("overwritten", row.overwritten)):
            for value in found:
                self._note(name, f"record {row.object_id} {value.message}", lambda value=value: _located(row, value))
        self._add_object_id(row)
        self._add_registration(row)

    def _add_object_id(self, row: ImportResult) -> None:
        self._ids.add(row)
        found = {"place": row.place, "object_id": row.object_id, "url": row.page or None}
        if row.renamed:
            self._note("renamed", "", lambda: found | {"before": row.renamed})
        if row.from_doi:
            self._note("ids_from_doi", "", lambda: found)
        if row.stated_id:
            line = f"{row.place}: record {row.object_id} has its DOI, and is not renamed to {row.stated_id}"
            self._note("found_by_doi", line, lambda: found | {"document": row.stated_id})

    def _add_findings(self, row: ImportResult) -> None:
        self._counts.update({f"with_{found.level}" for found in row.findings})
        for found in row.findings:
            line = f"{row.place}: record {row.object_id} cannot be minted: {found.message} ({found.code})"
            self._note("findings", line if found.level == "error" else "", lambda found=found: _located(row, found))

    def _add_registration(self, row: ImportResult) -> None:
        self._counts["dois_created"] += bool(row.published.created_by)
        self._counts["dois_queued"] += bool(row.published.registered_by)
        if row.published.job_id:
            self.jobs.append(row.published.job_id)
        if error := row.published.error:
            self.not_registered.append((row.object_id, error))
            found = {"place": row.place, "object_id": row.object_id, "error": error}
            line = f"{row.place}: no DOI was registered for record {row.object_id}: {error}"
            self._note("not_registered", line, lambda: found)

    def _note(self, name: str, line: str, found: Any) -> None:
        """Count a remark; keep its row for JSON, and its line for people as far as it will be printed."""
        self._counts[name] += 1
        if self._session.as_json:
            self._rows[name].append(found())
        most = {"rejected": self._counts[name], "findings": NAMED_ERRORS}.get(name, NAMED)
        if line:
            self._counts[f"{name}_lines"] += 1
            if len(self._named[name]) < most:
                self._named[name].append(line)

    def show(self) -> None:
        """Print the report, and leave with the exit code of the import."""
        for name, rest in _REST.items():
            say_first(self._named[name], len(self._named[name]), "")
            if more := self._counts[f"{name}_lines"] - len(self._named[name]):
                say(f"… and {more} more{rest}")
        self._session.show(self._document(), self._lines())
        rejected = self._counts["rejected"]
        exits.leave_items([exits.USAGE] * rejected, rejected + self.stored)

    def _document(self) -> dict[str, Any]:
        counts = ("imported", "created", "updated", "unchanged", "dois_created", "dois_queued", "landing_pages_changed")
        self._counts["landing_pages_changed"] = self._ids.moved
        several = {f"{name}_count": self._counts[name] for name in COUNTED}
        return {name: self._counts[name] for name in counts} | self._rows | several

    def _lines(self) -> list[str]:
        counts, would = self._counts, self._session.would
        known = f"{counts['created']} new, {counts['updated']} updated, {counts['unchanged']} unchanged"
        lines = [f"{plural(self.stored, 'record')} {would}imported ({known}), {counts['rejected']} rejected"]
        if kept := counts["kept"]:
            lines.append(f"{plural(kept, 'value')} set by hand not changed: --overwrite takes the documents' values")
        if overwritten := counts["overwritten"]:
            lines.append(f"{plural(overwritten, 'value')} set by hand {would}overwritten")
        if (created := counts["dois_created"]) | (queued := counts["dois_queued"]):
            lines.append(f"{plural(created, 'DOI')} {would}created, {queued} queued for registration")
        if errors := counts["with_error"]:
            lines.append(f"{errors} of them cannot be minted yet: see above")
        if warnings := counts["with_warning"]:
            lines.append(f"{warnings} with warnings: see `doitui record show ID`")
        return lines + self._ids.lines(would)


#: The remarks in the order in which they are printed, and how a list ends that is cut.
_REST = {
    "rejected": "",
    "findings": " that cannot be minted: `doitui record check --all` groups them, --json lists all",
    "kept": " values set by hand that differ from the documents: --json lists all",
    "overwritten": " values set by hand that were overwritten: --json lists all",
    "not_registered": " records without a registration: --json lists all",
    "found_by_doi": " records that keep their object ids: --json lists all",
}


def _rejected(row: ImportResult) -> dict[str, str]:
    return {"place": row.place, "error": row.error} | ({"column": row.column} if row.column else {})


def _located(row: ImportResult, found: Any) -> dict[str, Any]:
    """What was found in a document, with its place and record."""
    return {"place": row.place, "object_id": row.object_id} | dataclasses.asdict(found)
