"""Which failures are the same: jobs with one cause, one field and one error, apart from what is of each record. Pure.

40 records without a publisher get 40 errors that differ in DOIs, values and positions, and are fixed in one way. What
differs is taken out of the error; what is left, with the cause, is the cause group. It is computed from the stored
cause and error of a job alone, so that an old failure and a new one fall into one group. The errors of DataCite are
in datacite-api 1.9: `source: title`, where the source is an attribute, or an element of the XML.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from doitui_core.domain import outcomes

#: The causes that are about the document, whose errors name its fields.
DOCUMENT = frozenset({"metadata", "bad_request", "rejected", "event", "report"})

#: Errors of one answer that are compared, in their order: the end of a long answer is cut off.
ERRORS = 3

#: Hexadecimal digits at the end of a name: they tell apart what has one cause and one field.
DIGITS = 6

_NAME = re.compile(rf"[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+){{1,2}}(?<=-[0-9a-f]{{{DIGITS}}})")

#: The attributes of DataCite's JSON, and the elements of its XML (lower case) that stand for one of another name.
_ATTRIBUTES = (
    *("doi", "url", "xml", "creators", "contributors", "titles", "publisher", "publicationYear", "types", "dates"),
    *("language", "identifiers", "alternateIdentifiers", "relatedIdentifiers", "relatedItems", "rightsList", "sizes"),
    *("descriptions", "geoLocations", "fundingReferences", "subjects", "formats", "version", "contentUrl", "metadata"),
    *("schemaVersion", "container", "prefix", "landing_page"),
)
_ELEMENTS_OF = {
    "creators": "creatorname",
    "contributors": "contributorname contributortype",
    "titles": "titletype",
    "types": "resource resourcetype resourcetypegeneral",
    "doi": "identifier",
    "rightsList": "rights rightsuri",
    "dates": "datetype",
    "descriptions": "descriptiontype",
    "relatedIdentifiers": "relatedidentifiertype relationtype",
    "relatedItems": "relateditemidentifier relateditemtype",
    "geoLocations": "geolocationpoint geolocationbox geolocationpolygon pointlatitude pointlongitude polygonpoint",
    "fundingReferences": "fundername funderidentifier funderidentifiertype awardnumber",
}
_ELEMENTS = {element: name for name, elements in _ELEMENTS_OF.items() for element in elements.split()}
_FIELDS = {name.removesuffix("s").lower(): name for name in _ATTRIBUTES} | {n.lower(): n for n in _ATTRIBUTES}

#: Sources that name the document, not a field of it: the error's own words may name one.
_WHOLE = frozenset({"xml", "metadata"})

#: What comes before the errors; what is refused here is the same failure whether it is found on the way or before.
_START = re.compile(r"^(?:HTTP \d+|not sent): ")

#: lupo cuts libxml's message at the wrong place: `creatorName', attribute 'nameType` is one source (1.9).
_CUT_SOURCE = re.compile(r"(\w+)', attribute '\w+(?=:)")
_SOURCE = re.compile(r"(?:/data/attributes/)?([A-Za-z][\w-]*)(?:[./]\w+)*: +")
_NAMESPACE = re.compile(r"\{https?://[^{}\s]*\}")
#: Where the XSD's words and those of APIs name an element or a member.
_NAMED = (
    re.compile(r"Expected is (?:one of )?\( *(\w+)"),
    re.compile(r"(?:[Ee]lement|param) (\w+)[: ]"),
    re.compile(r"([A-Za-z]+(?: [a-z]+)?) can't be blank"),
)
_REQUIRED = re.compile(r"missing|can't be blank|\brequired\b|minimum length", re.IGNORECASE)

#: The code at the end of an error found here (`metadata.validate`).
_CODE = re.compile(r" \(([a-z]+(?:_[a-z]+)*)\)$")

#: What is of one record: what it is, and what replaces it. Names of elements stay, for they are of the schema.
_OF_A_RECORD = (
    (_CUT_SOURCE, r"\1"),
    (_NAMESPACE, ""),
    (re.compile(r"\[\d+\]|(?<=\w)\.\d+(?=[.:])|(?<=\w)/\d+(?=/\w)"), ""),
    (re.compile(r"\b([Ee]lement|attribute|facet|param|atomic type) '([\w:]+)'"), r"\1 \2"),
    (re.compile(r"\{[^{}]*(?:\}|$)"), "…"),
    (re.compile(r"(?<!\w)'.*?(?:'(?!\w)|\.\.\.|$)|(?<!\w)\".*?(?:\"(?!\w)|\.\.\.|$)|“.*?(?:”|$)"), "…"),
    (re.compile(r"https?://\S*[^\s:;,.)]|\b10\.\d{4,9}/\S*[^\s:;,.]"), "…"),
    (re.compile(r"[^\s(]*\d[^\s:;,)]*"), "#"),
)


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """What failures have in common. `fields`: the attributes of the document that the error names, often none;
    `words`: the error without what is of one record.
    """

    cause: str
    fields: tuple[str, ...]
    words: str

    @property
    def name(self) -> str:
        """Stable and short, for a command: cause, first field, and digits: `metadata-creators-3f9a2c`."""
        digest = hashlib.sha256("\n".join((self.cause, *self.fields, self.words)).encode()).hexdigest()
        return "-".join([self.cause or "unknown", *(re.sub(r"\W", "_", f) for f in self.fields[:1]), digest[:DIGITS]])

    @property
    def field(self) -> str:
        """The fields in one line; empty for none."""
        return ", ".join(self.fields)

    @property
    def summary(self) -> str:
        """In a few words what is wrong: `creators required`, `url invalid`; the cause where no field is named."""
        if not self.fields:
            return self.cause.replace("_", " ") or "unknown cause"
        return f"{self.field} {'required' if _REQUIRED.search(self.words) else 'invalid'}"


def cause_group(cause: str, error: str) -> CauseGroup:
    """The group of a job that failed of `cause` with `error`, as both are stored."""
    text = outcomes.without_promise(_START.sub("", " ".join(error.split())))
    for rule, replacement in _OF_A_RECORD:
        text = rule.sub(replacement, text)
    found: dict[str, str] = {}
    for part in text.split("; "):
        field, words = _error(part, named=cause in DOCUMENT)
        if len(found) < ERRORS:
            found.setdefault(f"{field}: {words}" if field else words, field)
    fields = dict.fromkeys(field for field in found.values() if field)
    return CauseGroup(cause, tuple(fields), "; ".join(found))


def is_name(text: str) -> bool:
    """Whether `text` can be the name of a cause group; a cause has no hyphens."""
    return _NAME.fullmatch(text) is not None


def _error(part: str, *, named: bool) -> tuple[str, str]:
    """(field, words) of one error; `named`: it may name a field."""
    source = _SOURCE.match(part) if named else None
    words = part[source.end() :] if source else part
    field = _attribute(source[1]) if source else ""
    if named and (not field or field in _WHOLE):
        field = next((_attribute(match[1]) for rule in _NAMED if (match := rule.search(words))), field)
    code = _CODE.search(words)
    return field, code[1] if code else " ".join(words.lower().split())


def _attribute(name: str) -> str:
    """The attribute that a source or an element stands for; the name itself where that is unknown."""
    bare = name.replace("_", "").lower()
    return (
        _ELEMENTS.get(bare)
        or _FIELDS.get(bare)
        or _FIELDS.get(bare.removesuffix("s"))
        or (name[:1].lower() + name[1:]).replace(" ", "_")
    )
