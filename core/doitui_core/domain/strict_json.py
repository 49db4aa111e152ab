"""JSON as RFC 8259 has it. Python's own reads and writes `Infinity` and `NaN` as well, and reads `1e999` as infinity,
which then goes out as something no other program can read.
"""

from __future__ import annotations

import json
import math
from typing import Any


def loads(text: str | bytes) -> Any:
    """What `text` says. Raises `ValueError` for what is no JSON, and for a number too large to be one here."""
    return json.loads(text, parse_constant=no_constant, parse_float=finite_number)


def tolerant_loads(text: str | bytes) -> Any:
    """As `loads`, for what was accepted before or is not ours to refuse: None instead of a number that is none."""
    return json.loads(text, parse_constant=_nothing, parse_float=_number_or_nothing)


def dumps(value: Any, **options: Any) -> str:
    """`value` as JSON, with null instead of a number that JSON does not have."""
    try:
        return json.dumps(value, allow_nan=False, **options)
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False, **options)


def no_constant(word: str) -> None:
    """For `parse_constant`. Raises `ValueError`."""
    raise ValueError(f"unexpected token at '{word}': {word} is no number in JSON")


def finite_number(digits: str) -> float:
    """For `parse_float`. Raises `ValueError` for one that is too large."""
    found = float(digits)
    if not math.isfinite(found):
        raise ValueError(f"{digits[:40]} is too large for a number")
    return found


def _nothing(_: str) -> None:
    return None


def _number_or_nothing(digits: str) -> float | None:
    found = float(digits)
    return found if math.isfinite(found) else None


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_finite_key(key): _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def _finite_key(key: Any) -> Any:
    return str(key) if isinstance(key, float) and not math.isfinite(key) else key
