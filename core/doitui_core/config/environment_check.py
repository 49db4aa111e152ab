"""Are the variables of settings valid? Asked before a command begins: an invalid value is never taken for none."""

from __future__ import annotations

from collections.abc import Mapping

from doitui_core.config.settings import TABLE, SettingSpec, without_user
from doitui_core.domain import environments
from doitui_core.errors import Misconfigured


def check(environment: Mapping[str, str]) -> None:
    """Raise `Misconfigured`, naming variable and value, where a setting's variable holds what the setting cannot be."""
    environments.test_mode(environment)
    for setting in TABLE.values():
        for variable in filter(None, (f"DOITUI_{setting.name.upper()}", setting.also)):
            if variable in environment and not setting.hides(environment[variable]):
                _check(setting, variable, environment[variable])


def _check(setting: SettingSpec, variable: str, text: str) -> None:
    try:
        setting.value(text)
    except (ValueError, Misconfigured) as error:
        raise Misconfigured(f"{variable}={without_user(text)!r} cannot be used: {error}") from error
