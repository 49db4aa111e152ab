"""What a check of the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, FAIL = "OK", "WARN", "FAIL"


@dataclass(frozen=True, slots=True)
class Check:
    """`remedy`: the command that fixes it, empty if nothing has to be done."""

    name: str
    level: str
    message: str
    remedy: str = ""
