"""What a check of the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, FAIL = "OK", "WARN", "FAIL"


@dataclass(frozen=True, slots=True)
class Check:
    """`remedy`: the command that mends it, empty where nothing has to be."""

    name: str
    level: str
    message: str
    remedy: str = ""
