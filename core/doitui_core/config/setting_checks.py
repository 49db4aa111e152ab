"""Checks of the settings as a whole, before they are needed: are the variables valid, can every secret be read?"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from doitui_core.config import repositories, settings
from doitui_core.config.settings import TABLE, Settings, SettingSpec, without_user
from doitui_core.domain import environments
from doitui_core.errors import Misconfigured


def check_environment(environment: Mapping[str, str]) -> None:
    """Raise `Misconfigured`, naming variable and value, where a setting's variable holds what the setting cannot be."""
    environments.test_mode(environment)
    for setting in TABLE.values():
        for variable in filter(None, (f"DOITUI_{setting.name.upper()}", setting.also)):
            if variable in environment and not setting.hides(environment[variable]):
                _check_variable(setting, variable, environment[variable])


def _check_variable(setting: SettingSpec, variable: str, text: str) -> None:
    try:
        setting.value(text)
    except (ValueError, Misconfigured) as error:
        raise Misconfigured(f"{variable}={without_user(text)!r} cannot be used: {error}") from error


@dataclass(frozen=True, slots=True)
class UnreadableSecret:
    """A secret that cannot be read: whose (a repository's code, empty for all), which setting, and why."""

    code: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"repository {self.code}: {self.reason}" if self.code else self.reason


def dump(secrets: Sequence[UnreadableSecret]) -> str:
    """As a worker's heartbeat stores them: in ASCII, as the name of a directory may not be text."""
    return json.dumps([[one.code, one.name, one.reason] for one in secrets])


def parse(text: str) -> list[UnreadableSecret] | None:
    """What `dump` wrote; None where nothing was stored."""
    return [UnreadableSecret(*one) for one in json.loads(text)] if text else None


def unreadable_secrets() -> list[UnreadableSecret]:
    """The secrets that active repositories, or all, refer to and that cannot be read; each reason once."""
    found: dict[str, UnreadableSecret] = {}
    for code, its_settings in _all_settings():
        for one in _unreadable_of(code, its_settings):
            found.setdefault(one.reason, one)
    return list(found.values())


def exposed_secret_files() -> list[str]:
    """The files of secrets that everybody on this machine can read, in the order of their names."""
    found = set()
    for _, its_settings in _all_settings():
        for name in (setting.name for setting in TABLE.values() if setting.secret):
            kind, _, place = its_settings.find(name).text.partition(":")
            path = Path(place).expanduser()
            if kind == "file" and path.is_file() and path.stat().st_mode & stat.S_IROTH:
                found.add(str(path))
    return sorted(found)


def _all_settings() -> Iterator[tuple[str, Settings]]:
    yield "", settings.load()
    for row in repositories.all_repositories():
        if row.active:
            yield row.code, repositories.config(row).settings


def _unreadable_of(code: str, its_settings: Settings) -> Iterator[UnreadableSecret]:
    for setting in TABLE.values():
        if setting.secret and setting.hides(its_settings.find(setting.name).text):
            try:
                its_settings.secret(setting.name)
            except Misconfigured as error:
                yield UnreadableSecret(code, setting.name, str(error))
