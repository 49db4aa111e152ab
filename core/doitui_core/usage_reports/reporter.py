"""Who reports. Creator and month identify a report: its UUID is made of them, and never changes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from doitui_core.config.repositories import Config

#: Of doitui only: no other program makes the same UUIDs from the same names.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/doitui/usage-reports")


@dataclass(frozen=True, slots=True)
class Reporter:
    """`created_by`: account and code, because the store has one report for a creator and a month, whoever sends it
    (usage.md 1.5), and two repositories may share an account. `client`: the account, DataCite's id of a publisher.
    `publisher`: of records that name none.
    """

    repository_id: int
    code: str
    created_by: str
    client: str
    publisher: str

    def uuid(self, month: str) -> str:
        """The UUID of this reporter's report of `month`."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.created_by}|{month}"))


def for_repository(config: Config) -> Reporter:
    """The reporter a repository is. One without an account reports under its code alone."""
    account = config.text("datacite_repository_id").lower()
    created_by = f"{account}/{config.code}" if account else config.code
    return Reporter(
        config.repository_id, config.code, created_by, account or config.code, config.text("default_publisher")
    )
