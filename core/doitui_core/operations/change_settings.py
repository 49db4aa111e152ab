"""Changing settings and repositories; jobs that the old values had blocked are retried."""

from __future__ import annotations

from collections.abc import Mapping

from doitui_core.config import doi_settings, repositories, settings
from doitui_core.config.settings import TABLE
from doitui_core.db import audit, database
from doitui_core.db.models import Doi, Harvest, Record, Repository, Setting
from doitui_core.errors import BadInput
from doitui_core.events import switching
from doitui_core.queue import blocking
from doitui_core.text import MASK


def save_repository(
    code: str, values: Mapping[str, str], active: bool | None = None, *, actor: str = "python"
) -> Repository:
    """Make the repository `code`, or change it: `values` are settings by name. All or nothing. Raises as `check`."""
    repositories.check(code, values)
    with database.write():
        Repository.insert(code=code, active=True, created_at=database.now()).on_conflict_ignore().execute()
        repository = repositories.find(code)
        set_settings(values, repository.id, actor=actor)
        if active is not None:
            Repository.update(active=active).where(Repository.id == repository.id).execute()
            repository.active = active
            audit.note(actor, "activate" if active else "inactivate", f"repository {code}")
    return repository


def check_removable(code: str) -> Repository:
    """The repository, if it can be removed. Raises `BadInput` while it has records or DOIs, which are permanent."""
    repository = repositories.find(code)
    tables: tuple[type[Record] | type[Doi], ...] = (Record, Doi)
    if any(table.select().where(table.repository == repository).exists() for table in tables):
        raise BadInput(
            f"repository {code} has records or DOIs and cannot be removed:"
            f" `doitui repository set {code} --inactive` deactivates it"
        )
    return repository


def remove_repository(code: str, *, actor: str = "python") -> None:
    """Forget a repository and its settings. Raises as `check_removable`."""
    with database.write():
        repository = check_removable(code)
        Setting.delete().where(Setting.repository_id == repository.id).execute()
        Harvest.delete().where(Harvest.repository_id == repository.id).execute()
        Repository.delete().where(Repository.id == repository.id).execute()
        audit.note(actor, "remove", f"repository {code}")


def set_setting(name: str, text: str, repository_id: int = 0, *, actor: str = "python") -> None:
    """Store a setting. Raises as `check`."""
    set_settings({name: text}, repository_id, actor=actor)


def set_settings(given: Mapping[str, str], repository_id: int = 0, *, actor: str = "python") -> None:
    """Store some settings, all or none. Raises as `check`."""
    checked = {name: settings.check(name, text) for name, text in given.items()}
    doi_settings.check(checked, settings.load(repository_id))
    with database.write(), switching.follows(checked, actor):
        now = database.now()
        for name, value in checked.items():
            Setting.insert(repository_id=repository_id, name=name, value=value, updated_at=now).on_conflict(
                conflict_target=[Setting.repository_id, Setting.name],
                update={Setting.value: value, Setting.updated_at: now},
            ).execute()
            audit.note(actor, "set", _setting_label(name, repository_id), MASK if TABLE[name].hides(value) else value)
        if checked:
            blocking.retry_blocked(repository_id, checked)


def unset_setting(name: str, repository_id: int = 0, *, actor: str = "python") -> bool:
    """Forget a setting; whether there was one."""
    settings.known(name)
    with database.write(), switching.follows([name], actor):
        gone: int = Setting.delete().where(Setting.repository_id == repository_id, Setting.name == name).execute()
        if gone:
            audit.note(actor, "unset", _setting_label(name, repository_id))
        blocking.retry_blocked(repository_id, [name])
    return bool(gone)


def _setting_label(name: str, repository_id: int) -> str:
    """The setting, and whose it is."""
    return f"{name} of {Repository.get_by_id(repository_id).code}" if repository_id else name
