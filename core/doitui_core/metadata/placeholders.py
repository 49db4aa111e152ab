"""The codes for a value that is not known (DataCite's documentation, appendix 3): accepted, and worth a warning.

DataCite writes `:unav`, OPUS `(:unav)`. They stand for mandatory texts, but never for a publicationYear.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from doitui_core.metadata.kernel4 import UNKNOWN_VALUES
from doitui_core.metadata.wording import Note, shown

#: What a placeholder begins with.
MARKS = (":", "(")

#: What to write for a year that nobody knows: a placeholder is no year, and DataCite's documentation says what is one.
YEAR = "write the year in which it was published, or if that is unknown the year in which its DOI is registered"

_CODE = re.compile(r"\(?(:[A-Za-z]{2,12})\)?")

#: What others write.
_OTHERS = {":tbd": ":tba", ":unknown": ":unkn", ":na": ":unap", ":null": ":null", ":anon": ":unkn"}

_MEANING = {
    ":unac": "temporarily inaccessible",
    ":unal": "not allowed to be said",
    ":unap": "not applicable",
    ":unas": "not assigned",
    ":unav": "not available",
    ":unkn": "not known",
    ":none": "never had one",
    ":null": "empty on purpose",
    ":tba": "to be announced",
    ":etal": "too many to name",
}


def is_placeholder(text: str) -> bool:
    """Whether `text` is one of the codes, in parentheses or not."""
    match = _CODE.fullmatch(text)
    return match is not None and match[1] in UNKNOWN_VALUES


def note(text: str, member: str) -> Note | None:
    """What to say of a text that is a code, or seems to be meant as one."""
    match = _CODE.fullmatch(text)
    if match is None:
        return None
    code = match[1]
    if code in UNKNOWN_VALUES:
        problem = f"{shown(text)} is a placeholder ({_MEANING[code]}), which readers see as it is"
        return Note("placeholder", (), problem, f"write the {_noun(member)} as soon as it is known")
    meant = _OTHERS.get(code.lower()) or next(iter(get_close_matches(code.lower(), UNKNOWN_VALUES, 1, 0.75)), "")
    remedy = f"did you mean '{meant}'?" if meant else f"write one of {', '.join(sorted(UNKNOWN_VALUES))}"
    return Note("placeholder_unknown", (), f"{shown(text)} is not one of DataCite's placeholders", remedy)


def _noun(member: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", member).lower() if member else "value"
