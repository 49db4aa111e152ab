"""What an operator types to narrow a list: `state:failed repo:h doi:10.5072/h/ words of a title`. Text in, values out.

A word `name:value` sets a field; all other words together are one text that must stand somewhere in the row.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from doitui_core.dois import check_basis
from doitui_core.domain import doi_spelling
from doitui_core.domain.event_states import EventState
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.errors import BadInput
from doitui_core.views import doi_conditions

YES_NO = ("yes", "no")

#: The fields of each list, and the words a field takes; () where it takes any.
FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "dois": {
        "state": doi_conditions.STATES,
        "opus": tuple(doi_conditions.OPUS),
        "published": YES_NO,
        "repo": (),
        "doi": (),
    },
    "jobs": {"status": tuple(JobStatus), "cause": (), "action": (), "repo": (), "doi": ()},
    "events": {"state": tuple(EventState), "cause": (), "relation": (), "source": (), "repo": (), "doi": ()},
    "records": {
        "check": (check_basis.READY, check_basis.REFUSED, check_basis.UNCHECKED),
        "published": YES_NO,
        "repo": (),
    },
}


#: `DOI 10.5072/x`, as it is printed in references.
_DOI_WORD = re.compile(r"(?<!\S)doi:?\s+(?=10\.)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Filter:
    """`fields` by name, and the `text` that must stand in the row."""

    fields: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def __str__(self) -> str:
        """As it can be typed again."""
        return " ".join([*(f"{name}:{_quoted(value)}" for name, value in self.fields.items()), *self.text.split()])

    def __bool__(self) -> bool:
        return bool(self.fields or self.text)

    @property
    def without_text(self) -> Filter:
        """The fields alone."""
        return Filter(self.fields)


def _quoted(value: str) -> str:
    return shlex.quote(value) if value != shlex.quote(value) else value


def parse(typed: str, kind: str) -> Filter:
    """The filter of the list `kind` (dois, jobs, events, records). Raises `BadInput` for a field or a word that is
    none.

    A DOI that is typed or pasted as it is counts as `doi:`, for that finds it at once.
    """
    fields: dict[str, str] = {}
    words = []
    for word in map(_without_state, _split_words(_DOI_WORD.sub("", typed))):
        name, colon, value = word.partition(":")
        if (doi := _doi(word)) and "doi" in FIELDS[kind] and "doi" not in fields:
            fields["doi"] = doi
        elif doi:
            words.append(doi)
        elif colon and name.lower() in FIELDS[kind] and value:
            fields[name.lower()] = checked(kind, name.lower(), value)
        elif colon and name.isalpha() and value and not value.startswith("//") and name.lower() != "doi":
            raise BadInput(f'Unknown field "{name}". Use: {", ".join(FIELDS[kind])}')
        else:
            words.append(word)
    return Filter(fields, " ".join(words))


def _doi(word: str) -> str:
    """The DOI, or how one begins, that `word` is in any spelling; empty for another word."""
    doi = doi_spelling.bare(word)
    return doi if doi.startswith("10.") and ("/" in doi or doi != word) else ""


def _without_state(word: str) -> str:
    """`state:opus:verified`, as the command line has it, is `opus:verified`."""
    return word[len("state:") :] if word.lower().startswith("state:opus:") else word


def _split_words(typed: str) -> list[str]:
    try:
        return shlex.split(typed)
    except ValueError:  # a quote without its end is a letter
        return typed.split()


def checked(kind: str, name: str, value: str) -> str:
    """`value` of a field of the list `kind`. Raises `BadInput` for one that is not among the field's words."""
    allowed = FIELDS[kind][name]
    if allowed and value.lower() not in allowed:
        raise BadInput(f'Unknown {name} "{value}". Use: {", ".join(allowed)}')
    return value.lower() if allowed else value
