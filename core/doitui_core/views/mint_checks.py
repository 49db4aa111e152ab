"""How many records of the mint list are ready, and how many DataCite would reject: counted from their stored checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import peewee

from doitui_core.db.models import Record, Repository
from doitui_core.dois import check_basis
from doitui_core.views import windows
from doitui_core.views.filters import Filter
from doitui_core.views.rows import RecordRow


@dataclass(frozen=True, slots=True)
class MintChecks:
    """The records of the mint list by their check. `unchecked`: their check is not stored or not valid any more.
    `bases`: the basis of a valid check, by the code of the repository.
    """

    ready: int = 0
    refused: int = 0
    unchecked: int = 0
    bases: Mapping[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All of them."""
        return self.ready + self.refused + self.unchecked

    def is_valid(self, row: RecordRow) -> bool:
        """Whether the check stored with the record is valid."""
        return self.bases.get(row.repository) == row.check_basis


def load(filter_: Filter, target: str) -> MintChecks:
    """Count the records of `windows.candidates`, whatever the filter says of their check."""
    fields = {name: value for name, value in filter_.fields.items() if name != "check"}
    query = windows.candidates(Filter(fields, filter_.text), target)
    columns = (Record.repository, Record.check_basis, check_basis.IS_REFUSED)
    counted = query.ids(query.filter).select(*columns, peewee.fn.COUNT(Record.id)).group_by(*columns).tuples()
    bases = check_basis.by_repository()
    counts = dict.fromkeys((check_basis.READY, check_basis.REFUSED, check_basis.UNCHECKED), 0)
    for repository_id, basis, is_refused, many in counted:
        word = check_basis.REFUSED if is_refused else check_basis.READY
        counts[word if bases.get(repository_id) == basis else check_basis.UNCHECKED] += many
    codes = {row.id: row.code for row in Repository.select(Repository.id, Repository.code)}
    return MintChecks(**counts, bases={codes[id_]: basis for id_, basis in bases.items() if id_ in codes})
