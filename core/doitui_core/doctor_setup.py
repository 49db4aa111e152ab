"""The doctor's checks of what people set: environment, secrets, log, and what services said of our credentials."""

from __future__ import annotations

import os

from doitui_core import environment_check, secret_checks
from doitui_core.doctor_check import FAIL, OK, Check
from doitui_core.errors import Misconfigured


def settings() -> list[Check]:
    """Whether the environment holds what settings can be."""
    try:
        environment_check.check(os.environ)
    except Misconfigured as error:
        return [Check("settings", FAIL, str(error), f"unset {str(error).partition('=')[0]}")]
    return [Check("settings", OK, "the environment can be read")]


def secrets() -> list[Check]:
    """Whether every secret can be read by this user; a worker may have another environment."""
    found = []
    for one in secret_checks.unreadable():
        whose = f" --repository {one.code}" if one.code else ""
        mend = f"doitui setting set {one.name} env:NAME{whose}   # or set the variable, or write the file"
        found.append(Check("secrets", FAIL, str(one), mend))
    return found or [Check("secrets", OK, "every secret that is set can be read here")]
