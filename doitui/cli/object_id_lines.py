"""What an import says of object ids and the landing pages that follow from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doitui_core.text import plural

if TYPE_CHECKING:
    from doitui_core.config.repositories import Config
    from doitui_core.records.importing import ImportResult


class ObjectIdLines:
    """Counts the records whose object id is only their DOI, and those that got another one, with an example of each."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._from_doi = self._renamed = 0
        self._example: ImportResult | None = None
        self._renamed_example: ImportResult | None = None
        #: Registered DOIs whose landing page changes.
        self.moved = 0

    def add(self, row: ImportResult) -> None:
        """Count one record. The first whose landing page the template makes is the example."""
        self.moved += row.moved
        if row.from_doi:
            self._from_doi += 1
            self._example = _better(self._example, row)
        if row.renamed:
            self._renamed += 1
            self._renamed_example = _better(self._renamed_example, row)

    def lines(self, would: str) -> list[str]:
        """The lines; `would`: "would be " in a dry run."""
        return [*self._doi_lines(would), *self._renamed_lines(would), *moved_lines(self.moved, would)]

    def _doi_lines(self, would: str) -> list[str]:
        row = self._example
        if row is None:
            return []
        count = plural(self._from_doi, "document")
        names, used = ("names", "its DOI") if self._from_doi == 1 else ("name", "their DOIs")
        is_used = f"{would or ('is ' if self._from_doi == 1 else 'are ')}used"
        other = self._config.landing_page(row.stem) if row.from_template else ""
        again = "import with" if would else "import again with"
        return [
            f"{count} {names} no object id, so {used} {is_used}: {_with_page(row.object_id, row.page)}",
            f"  to use the names of the files, {again} --object-id filename: {_with_page(row.stem, other)}",
        ]

    def _renamed_lines(self, would: str) -> list[str]:
        row = self._renamed_example
        if row is None:
            return []
        count = plural(self._renamed, "object id")
        page = f", with the landing page {row.page}" if row.page else ""
        return [f"{count} {would}changed: {row.renamed} to {row.object_id}{page}"]


def moved_lines(moved: int, would: str) -> list[str]:
    """What to do about `moved` registered DOIs whose landing page changes."""
    if not moved:
        return []
    verb = "would get" if would else "gets" if moved == 1 else "get"
    line = f"{plural(moved, 'registered DOI')} {verb} another landing page: `doitui batch update --changed` sends it"
    return [line]


def _better(example: ImportResult | None, row: ImportResult) -> ImportResult:
    return row if example is None or (row.from_template and not example.from_template) else example


def _with_page(object_id: str, page: str) -> str:
    return f"{object_id} has the landing page {page}" if page else object_id
