"""Text for people: plurals, text from outside made harmless for logs, mails, terminals, and who we are on the wire."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from urllib.parse import quote

from doitui_core import __version__

LONGEST_LINE = 800

#: Numbers of a list that are named; the rest is counted.
NAMED = 8

#: Stands for a secret in what is stored or shown.
MASK = "•••"

#: Persian and Indic words need them, and they only join or part letters.
JOINERS = "\u200c\u200d"

_NOT_ASCII_PRINTABLE = re.compile(r"[^ -~]")


#: What people write for on and off, in settings and in the environment.
ON = frozenset({"1", "true", "yes", "on"})
OFF = frozenset({"0", "false", "no", "off", ""})

ON_OFF = "use 1, true, yes or on; 0, false, no or off"


def is_on(text: str) -> bool:
    """Whether `text` means on. Raises `ValueError` for any other word: a typing error must not mean off."""
    word = text.strip().lower()
    if word not in ON | OFF:
        raise ValueError(ON_OFF)
    return word in ON


def plural(number: int, one: str, many: str = "", *, grouped: bool = False) -> str:
    """`1 job`, `2000 jobs`; `grouped`: `2,000 jobs`. `many`: where it is not `one` with an s."""
    digits = f"{number:,}" if grouped else str(number)
    return f"{digits} {one if number == 1 else many or f'{one}s'}"


def list_ids(ids: Sequence[int], noun: str) -> str:
    """`job 12`, or `12 jobs: 3, 4, 5 …`."""
    if len(ids) == 1:
        return f"{noun} {ids[0]}"
    return f"{plural(len(ids), noun)}: {list_names(list(map(str, ids)), NAMED)}"


def list_names(names: Sequence[str], most: int, separator: str = ", ") -> str:
    """`a, b, c`; what exceeds `most` is `…`."""
    return separator.join(names[:most]) + (" …" if len(names) > most else "")


def plain(text: str) -> str:
    """`text` as one line for a terminal, with a space for every control or format character and unpaired surrogate."""
    return replace_unprintable(text, lambda _: " ")


def replace_unprintable(text: str, by: Callable[[str], str], keep: str = "") -> str:
    """`text` with `by(character)` for each control, format and half character that is not in `keep`."""

    def shown(found: re.Match[str]) -> str:
        character = found[0]
        return character if character.isprintable() or character in JOINERS or character in keep else by(character)

    return _NOT_ASCII_PRINTABLE.sub(shown, text)


def harmless(text: str, longest: int = LONGEST_LINE) -> str:
    """`text` as one line for a log or a mail, cut to `longest` characters, without passwords in addresses."""
    if text.isprintable() and len(text) <= longest and "@" not in text:
        return text  # as nearly all are: a log line costs a mint ten times as much otherwise
    shown = replace_unprintable(text[: 4 * longest], _blank)
    shown = re.sub(r"(://[^/@\s:]*):[^/@\s]*@", rf"\1:{MASK}@", shown)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def user_agent(contact_email: str) -> str:
    """The User-Agent of a request to DataCite or a resolver; with an address, DataCite allows a higher rate."""
    return f"doitui/{__version__}" + (f" (mailto:{quote(contact_email, safe='@+')})" if contact_email else "")


def _blank(character: str) -> str:
    # Format characters (overrides of direction, soft hyphens) have no width, all others part words.
    return "" if unicodedata.category(character) == "Cf" else " "
