"""Numbers that are typed: ids and seconds."""

from __future__ import annotations

import math
from typing import Any

import click


class _Id(click.IntRange):
    name = "job id"


class _Seconds(click.FloatRange):
    name = "number of seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = float(super().convert(value, param, ctx))
        if math.isnan(found):
            self.fail(f"{value!r} is not a valid {self.name}.", param, ctx)
        return found


#: What fits into a database's integer.
ID = _Id(1, 2**63 - 1)

#: How many of something at most, and the same where 0 stands for all: no list is longer.
LIMIT, LIMIT_OR_ALL = click.IntRange(1, 1_000_000_000), click.IntRange(0, 1_000_000_000)

#: How often to look: not so often that the machine does nothing else, and at least once a day.
SECONDS = _Seconds(0.05, 86_400)
