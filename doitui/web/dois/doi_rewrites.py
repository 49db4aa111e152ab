"""What DataCite changes in a document on saving it, so that what comes back is not what was sent (4.1, 4.3).

Not done: matching subjects to OECD's Fields of Science, which needs its whole list.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple


class Derived(NamedTuple):
    """The types DataCite derives from `resourceTypeGeneral` (bolognese's translation tables)."""

    schema_org: str
    bibtex: str
    citeproc: str
    ris: str


_OTHER = Derived("CreativeWork", "misc", "article", "GEN")
_DERIVED = {
    "Audiovisual": Derived("MediaObject", "misc", "motion_picture", "MPCT"),
    "Book": Derived("Book", "book", "book", "BOOK"),
    "BookChapter": Derived("Chapter", "inbook", "chapter", "CHAP"),
    "Collection": Derived("Collection", "misc", "article", "GEN"),
    "ComputationalNotebook": Derived("SoftwareSourceCode", "misc", "article", "COMP"),
    "ConferencePaper": Derived("Article", "inproceedings", "paper-conference", "CPAPER"),
    "ConferenceProceeding": Derived("Periodical", "proceedings", "book", "CONF"),
    "DataPaper": Derived("Article", "misc", "article", "GEN"),
    "Dataset": Derived("Dataset", "misc", "dataset", "DATA"),
    "Dissertation": Derived("Thesis", "phdthesis", "thesis", "THES"),
    "Event": Derived("Event", "misc", "article", "GEN"),
    "Image": Derived("ImageObject", "misc", "graphic", "FIGURE"),
    "Journal": Derived("Periodical", "misc", "article", "GEN"),
    "JournalArticle": Derived("ScholarlyArticle", "article", "article-journal", "JOUR"),
    "PeerReview": Derived("Review", "misc", "review", "GEN"),
    "Report": Derived("Report", "techreport", "report", "RPRT"),
    "Service": Derived("Service", "misc", "article", "GEN"),
    "Software": Derived("SoftwareSourceCode", "misc", "software", "COMP"),
    "Sound": Derived("AudioObject", "misc", "song", "SOUND"),
    "Text": Derived("ScholarlyArticle", "article", "article-journal", "RPRT"),
}

# ISO 639-2 to 639-1; names and three-letter codes unknown to DataCite are not changed.
_CODES = {
    "ar": ("ara",),
    "cs": ("ces", "cze"),
    "da": ("dan",),
    "de": ("deu", "ger"),
    "en": ("eng",),
    "es": ("spa",),
    "fi": ("fin",),
    "fr": ("fra", "fre"),
    "it": ("ita",),
    "ja": ("jpn",),
    "ko": ("kor",),
    "la": ("lat",),
    "nl": ("dut", "nld"),
    "no": ("nor",),
    "pl": ("pol",),
    "pt": ("por",),
    "ru": ("rus",),
    "sv": ("swe",),
    "zh": ("chi", "zho"),
}
_LANGUAGES = {long: short for short, codes in _CODES.items() for long in codes}

_SPDX = {"rightsIdentifierScheme": "SPDX", "schemeUri": "https://spdx.org/licenses/"}
_CREATIVE_COMMONS = re.compile(r"https?://creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)\b")

_ORCID = re.compile(r"(?:https?://)?(?:www\.)?(?:orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")
_ROR = re.compile(r"(?:https?://)?(?:ror\.org/)?(0\w{6}\d{2})")

_NUMBER = re.compile(r"[-+]?\d{1,3}(\.\d{0,30})?")


def rewrite(attributes: dict[str, Any]) -> dict[str, Any]:
    """`attributes` as DataCite rewrites them; the argument is changed."""
    for name, rule in _RULES.items():
        if attributes.get(name):
            attributes[name] = rule(attributes[name])
    return attributes


def _types(types: Any) -> Any:
    if not isinstance(types, dict):
        return types
    derived = _DERIVED.get(str(types.get("resourceTypeGeneral")), _OTHER)
    names = ("schemaOrg", "bibtex", "citeproc", "ris")
    return {**types, **dict(zip(names, derived, strict=True))}


def _language(language: Any) -> Any:
    return _LANGUAGES.get(language.lower(), language) if isinstance(language, str) else language


def _year(year: Any) -> Any:
    text = str(year).strip()
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) else year


def _rights(entries: list[Any]) -> list[Any]:
    return [_licence(one) if isinstance(one, dict) else one for one in entries]


def _licence(rights: dict[str, Any]) -> dict[str, Any]:
    found = _CREATIVE_COMMONS.match(str(rights.get("rightsUri", "")))
    if not found:
        return rights
    kind = "cc0" if found[1] == "publicdomain" else f"cc-{found[2]}"
    return {**rights, "rightsIdentifier": f"{kind}-{found[3]}", **_SPDX}


def _people(entries: list[Any]) -> list[Any]:
    return [_person(one) if isinstance(one, dict) else one for one in entries]


def _person(person: dict[str, Any]) -> dict[str, Any]:
    rewritten = dict(person)
    if person.get("nameIdentifiers"):
        rewritten["nameIdentifiers"] = [
            _as_url(one, "nameIdentifier", "ORCID", _ORCID, "https://orcid.org/") for one in person["nameIdentifiers"]
        ]
    if person.get("affiliation"):
        rewritten["affiliation"] = [
            _as_url(one, "affiliationIdentifier", "ROR", _ROR, "https://ror.org/") for one in person["affiliation"]
        ]
    return rewritten


def _as_url(entry: dict[str, Any], member: str, scheme: str, form: re.Pattern[str], base: str) -> dict[str, Any]:
    found = form.fullmatch(str(entry.get(member, "")))
    return {**entry, member: base + found[1]} if found and entry.get(f"{member}Scheme") == scheme else entry


def _places(places: list[Any]) -> list[Any]:
    return [_numbers(one) if isinstance(one, dict) else one for one in places]


def _numbers(value: Any, name: str = "") -> Any:
    """Coordinates written as text become numbers; what is no number stays for the checks to find."""
    if isinstance(value, dict):
        return {key: _numbers(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_numbers(inner) for inner in value]
    if isinstance(value, str) and name.endswith(("Longitude", "Latitude")):
        return float(value) if _NUMBER.fullmatch(value.strip()) else value
    return value


_RULES: dict[str, Callable[[Any], Any]] = {
    "types": _types,
    "language": _language,
    "publicationYear": _year,
    "version": str,
    "rightsList": _rights,
    "creators": _people,
    "contributors": _people,
    "geoLocations": _places,
}
