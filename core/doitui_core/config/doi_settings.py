"""The settings of which DOIs are made, checked together: a pattern that the built-in generator cannot read may be one
that a plug-in can.
"""

from __future__ import annotations

from collections.abc import Mapping

from doitui_core.config.settings import Settings
from doitui_core.domain import doi_generators, identifiers
from doitui_core.domain.doi_generators import GeneratorSetup
from doitui_core.errors import BadInput, InvalidDoi, Misconfigured


def check(values: Mapping[str, str], current: Settings) -> None:
    """Raise `BadInput` if no DOI could be made with `values`, set besides the `current` settings."""
    if not values.keys() & {"generator", "suffix_pattern"}:
        return
    generator = values.get("generator", current.find("generator").text).strip()
    pattern = values.get("suffix_pattern", current.find("suffix_pattern").text).strip()
    try:
        if not generator:
            identifiers.check_pattern(pattern)
        elif "generator" in values:
            doi_generators.load(generator, GeneratorSetup(pattern=pattern))
    except (Misconfigured, InvalidDoi) as error:
        raise BadInput(str(error)) from error
