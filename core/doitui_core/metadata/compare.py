"""Did what we sent arrive? Sent attributes against those of a GET with affiliation=true&publisher=true.

Both sides go through `canonical`, then only what we sent is looked for. What DataCite rewrites on save by its own rules
(fact sheet 4.1: language codes, SPDX rights, FOS subjects, identifier URLs, an Issued date) is no difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from doitui_core.metadata.from_json import canonical
from doitui_core.metadata.kernel4 import ATTRIBUTES

_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.[0-9]{4,9}/\S+)", re.IGNORECASE)
_ORCID = re.compile(
    r"(?:https?://)?(?:www\.)?(?:orcid\.org/)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X])/?", re.IGNORECASE
)
_ROR = re.compile(r"(?:https?://)?(?:www\.)?(?:ror\.org/)?(0[0-9a-z]{6}[0-9]{2})/?", re.IGNORECASE)
_IDENTIFIERS = (_DOI, _ORCID, _ROR)
_FOS = "Fields of Science and Technology (FOS)"
# An empty one of these says nothing: DataCite fills it from elsewhere (media, series information) or keeps its own.
_NOT_OURS_WHEN_EMPTY = frozenset(("doi", "url", "container", "contentUrl"))


def differences(sent: Mapping[str, Any], returned: Mapping[str, Any]) -> list[str]:
    """Names of the blocks (and `doi`, `url`) that `returned` does not carry as `sent` has them; [] when all is as sent.

    A block absent from `sent` is not looked at; one sent as [] or null must be empty in `returned`, since DataCite
    deletes it. `url` must be the same letter for letter.
    """
    ours, remote = canonical(sent), canonical(returned)
    return [name for name in ATTRIBUTES if name in sent and not _arrived(name, ours.get(name), remote.get(name))]


def _arrived(name: str, ours: Any, remote: Any) -> bool:
    if ours is None:
        return name in _NOT_OURS_WHEN_EMPTY or _only_derived(name, remote)
    compared: Callable[[Any, Any], bool] = _COMPARED.get(name, carries)
    return compared(ours, remote)


def _only_derived(name: str, remote: Any) -> bool:
    return remote is None or (name in _DERIVED and all(_DERIVED[name](row) for row in remote))


def carries(ours: Any, remote: Any) -> bool:
    """Whether `remote` holds every member of `ours`, lists in order and of equal length, values by what they mean."""
    if isinstance(ours, Mapping):
        return isinstance(remote, Mapping) and all(_member_arrived(name, ours[name], remote.get(name)) for name in ours)
    if isinstance(ours, list):
        return isinstance(remote, list) and len(ours) == len(remote) and all(map(carries, ours, remote))
    return _meaning(ours) == _meaning(remote) or _equal_numbers(ours, remote)


def _member_arrived(name: str, ours: Any, remote: Any) -> bool:
    if name.endswith(("Uri", "URI")):
        return _address(ours) == _address(remote)
    return carries(ours, remote)


def _meaning(value: Any) -> object:
    if not isinstance(value, str):
        return value
    for pattern in _IDENTIFIERS:
        match = pattern.fullmatch(value)
        if match is not None:
            return match[1].casefold()
    return " ".join(value.split())


def _equal_numbers(ours: Any, remote: Any) -> bool:
    if isinstance(ours, str) and isinstance(remote, str):
        return False
    try:
        return float(ours) == float(remote)
    except (TypeError, ValueError, OverflowError):
        return False


def _address(value: Any) -> object:
    """A URI without http(s) and the last slash, which DataCite writes its own way for schemes that it knows."""
    return re.sub(r"^https?://(www\.)?|/$", "", value) if isinstance(value, str) else value


def _same_url(ours: Any, remote: Any) -> bool:
    return bool(ours == remote)


def _same_language(ours: Any, remote: Any) -> bool:
    if ours == remote:
        return True
    if not isinstance(ours, str) or not isinstance(remote, str):
        return False
    subtag = ours.partition("-")[0].casefold()
    # eng, ger or English become en, de: which of the two-letter codes it is, the server decides.
    return len(remote) == 2 and (len(subtag) != 2 or subtag == remote.casefold())


def _rights_arrived(ours: Any, remote: Any) -> bool:
    if not isinstance(ours, list) or not isinstance(remote, list):
        return carries(ours, remote)
    return len(ours) == len(remote) and all(map(_right_arrived, ours, remote))


def _right_arrived(ours: Any, remote: Any) -> bool:
    """A row that DataCite found in the SPDX list gets that list's name, URI and identifier in place of ours."""
    if not isinstance(remote, Mapping) or remote.get("rightsIdentifierScheme") != "SPDX":
        return carries(ours, remote)
    wanted = ours.get("rightsIdentifier") if isinstance(ours, Mapping) else None
    return wanted is None or _licence(wanted) == _licence(remote.get("rightsIdentifier"))


def _licence(identifier: Any) -> str:
    """`CC0 1.0` and `cc0-1.0` are one."""
    return re.sub(r"[\W_]+", "", str(identifier)).casefold()


def _items_arrived(ours: Any, remote: Any) -> bool:
    """REST drops the languages of a related item's titles and people (params_sanitizer.rb)."""
    return carries(_without_languages(ours), remote)


def _without_languages(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_languages(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _without_languages(item) for name, item in value.items() if name != "lang"}
    return value


def _is_issued(row: Any) -> bool:
    return isinstance(row, Mapping) and row.get("dateType") == "Issued"


def _is_fos(row: Any) -> bool:
    return isinstance(row, Mapping) and row.get("subjectScheme") == _FOS


def _subject_arrived(ours: Any, remote: Any) -> bool:
    if carries(ours, remote):
        return True
    if not isinstance(ours, Mapping) or not _is_fos(remote):
        return False
    return carries(str(ours.get("subject")).removeprefix("FOS: "), str(remote.get("subject")).removeprefix("FOS: "))


def _among(derived: Callable[[Any], bool], same: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Compare lists in order, letting `remote` hold more rows as long as those are the server's own."""

    def arrived(ours: Any, remote: Any) -> bool:
        if not isinstance(ours, list) or not isinstance(remote, list):
            return carries(ours, remote)
        waiting = [row for index, row in enumerate(ours) if row not in ours[:index]]
        for row in remote:
            if waiting and same(waiting[0], row):
                waiting.pop(0)
            elif not derived(row) and row not in ours:
                return False
        return not waiting

    return arrived


_DERIVED = {"subjects": _is_fos, "dates": _is_issued}
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "url": _same_url,
    "language": _same_language,
    "subjects": _among(_is_fos, _subject_arrived),
    "dates": _among(_is_issued, carries),
    "relatedItems": _items_arrived,
    "rightsList": _rights_arrived,
}
