"""Which documents DataCite rejects, and with which errors (datacite-api.md 1.6, 1.7 and 1.9). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from doitui.web.common.refusals import Problem
from doitui.web.dois import doi_xsd
from doitui.web.dois.doi_input import has_metadata
from doitui.web.dois.doi_record import Doi
from doitui.web.dois.doi_xml import doi_as_xml
from doitui_core.domain.repository_account import is_allowed

CURRENT_SCHEMA = "http://datacite.org/schema/kernel-4"

TAKEN = Problem("doi", "This DOI has already been taken")
_BLANK = "Can't be blank"
_INVALID = "Is invalid"

# Only these are in lupo's table; kernel-4.4 and later are not, so that such documents pass unchecked (1.7, 1).
_CHECKED = frozenset(CURRENT_SCHEMA + minor for minor in ("", ".0", ".1", ".2", ".3"))
_GONE = re.compile(r"http://datacite\.org/schema/kernel-[23](\.\d)?")

_DOI = re.compile(r"10\.\d{4,5}/[-._;()/:a-zA-Z0-9*~$=]+", re.ASCII)
_LOOKS_LIKE_DOI = re.compile(r"10\.\d{4,5}/.+", re.ASCII)
# A host after the user's name, if any: lupo compares it with the repository's domains (1.6).
_URL = re.compile(r"(ftp|http|https)://(?![^/?#]*@(?:[:/?#]|\Z))[^/?#:\s]\S*")
_HOST = re.compile(r"\w+://(?:[^/?#]*@)?(\[[^]/?#]*\]|[^/?#:]*)")
# lupo's media.rb looks at the beginning only.
_CONTENT_URL = re.compile(r"(ftp|http|https|gs|s3|dos)://\S", re.ASCII)
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_MEDIA_URL = re.compile(r"(ftp|http|https|gs|s3|dos)://\S+")
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")

# Characters.
_LONGEST_RIGHTS = 2000

# Bytes: lupo's columns `url` (text) and `xml` (medium blob) hold no more; MySQL rejects longer values.
_LONGEST_URL = 65_535
_LONGEST_XML = 16_777_215

# Characters of JSON whose XML is never as long.
_SURELY_SMALL = 1_000_000

_PUBLISHER = frozenset(("name", "publisherIdentifier", "publisherIdentifierScheme", "schemeUri", "lang"))

# Block -> lupo's name for it and for one entry. Lists of objects first, then single objects.
_LISTS_OF_OBJECTS = {
    "creators": ("creators", "Creator"),
    "contributors": ("contributors", "Contributor"),
    "titles": ("titles", "Title"),
    "subjects": ("subjects", "Subject"),
    "dates": ("dates", "Date"),
    "identifiers": ("identifiers", "Identifier"),
    "relatedIdentifiers": ("related_identifiers", "Related identifier"),
    "relatedItems": ("related_items", "Related item"),
    "rightsList": ("rights_list", "Rights"),
    "descriptions": ("descriptions", "Description"),
    "geoLocations": ("geo_locations", "Geolocation"),
    "fundingReferences": ("funding_references", "Funding reference"),
}
_OBJECTS = {"types": ("types", "Types"), "container": ("container", "Container")}


def looks_like_doi(name: str) -> bool:
    """Whether `name` in a path is taken for a DOI at all; if not, the answer is 404, even to a PUT."""
    return _LOOKS_LIKE_DOI.fullmatch(name) is not None


def creation_problems(doi: Doi, should_validate: bool) -> list[Problem]:
    """What is wrong with `doi` as a new one."""
    syntax = [] if _DOI.fullmatch(doi.doi) else [Problem("doi", _INVALID)]
    return syntax + update_problems(doi, should_validate)


def update_problems(doi: Doi, should_validate: bool) -> list[Problem]:
    """What is wrong with `doi` as a changed one. A draft needs no landing page, and its metadata is checked only with
    `should_validate`.
    """
    landing_page = [] if doi.is_draft or doi.attributes.get("url") else [Problem("url", _BLANK)]
    return landing_page + _problems(doi, metadata=should_validate or not doi.is_draft)


def domain_problems(doi: Doi, domains: str) -> list[Problem]:
    """What is wrong with where the landing page is; `domains` as the repository's account has them. Drafts are not
    checked.
    """
    url = doi.attributes.get("url")
    if doi.is_draft or not domains or not (isinstance(url, str) and _URL.fullmatch(url)):
        return []
    found = _HOST.match(url)
    if is_allowed(found[1] if found else "", domains.split(",")):
        return []
    return [Problem("url", f"URL {url} is not allowed by repository {doi.client} domain settings.")]


def media_problems(media: dict[str, str]) -> list[Problem]:
    """What is wrong with addresses by media type."""
    wrong = any(not _MEDIA_TYPE.fullmatch(kind) or not _MEDIA_URL.fullmatch(url) for kind, url in media.items())
    return [Problem("media", _INVALID)] if wrong else []


def breaks_media(attributes: dict[str, Any]) -> bool:
    """Whether the addresses of the content make lupo fail once the change is saved (datacite-api.md 9)."""
    return any(not _CONTENT_URL.match(str(url)) for url in attributes.get("contentUrl") or ())


def is_storable(doi: Doi) -> bool:
    """Whether lupo's database has room for it."""
    url = str(doi.attributes.get("url") or "")
    if len(url.encode("utf-8", "replace")) > _LONGEST_URL:
        return False
    # To generate XML for every write would take a sixth of its time.
    return len(repr(doi.attributes)) < _SURELY_SMALL or len(doi_as_xml(doi) or b"") <= _LONGEST_XML


def validation_problems(doi: Doi) -> list[Problem]:
    """What `POST /dois/validate` says: the metadata is checked as if public, a landing page is not asked for."""
    syntax = [] if _DOI.fullmatch(doi.doi) else [Problem("doi", _INVALID)]
    return syntax + _problems(doi, metadata=True)


def _problems(doi: Doi, metadata: bool) -> list[Problem]:
    shapes = list(_check_shapes(doi.attributes))
    contents = [] if shapes else [*_contents(doi.attributes), *(_metadata(doi) if metadata else ())]
    return shapes + list(_texts(doi.attributes)) + contents


def _texts(attributes: dict[str, Any]) -> Iterator[Problem]:
    url = attributes.get("url")
    if url is not None and not (isinstance(url, str) and _URL.fullmatch(url)):
        yield Problem("url", "URL is not valid")
    language = attributes.get("language")
    if language is not None and not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
        yield Problem("language", f"Language {language} is in an invalid format.")


def _check_shapes(attributes: dict[str, Any]) -> Iterator[Problem]:
    for block, (source, name) in _LISTS_OF_OBJECTS.items():
        for entry in attributes.get(block, ()):
            if not isinstance(entry, dict):
                yield Problem(source, f"{name} '{entry}' should be an object instead of a string.")
    for block, (source, name) in _OBJECTS.items():
        if not isinstance(attributes.get(block, {}), dict):
            yield Problem(source, f"{name} '{attributes[block]}' should be an object instead of a string.")


def _contents(attributes: dict[str, Any]) -> Iterator[Problem]:
    for rights in attributes.get("rightsList", ()):
        if len(str(rights.get("rights", ""))) > _LONGEST_RIGHTS:
            yield Problem("rights_list", f"Rights should not have more than {_LONGEST_RIGHTS} characters in length.")
    for identifier in attributes.get("identifiers", ()):
        if identifier.get("identifierType") == "DOI":
            yield Problem("identifiers", "Identifiers should not have the type DOI.")
    unknown = sorted(set(attributes.get("publisher", ())) - _PUBLISHER)
    if unknown:
        yield Problem("publisher", f"Object property at `/{unknown[0]}` is a disallowed additional property")


def _metadata(doi: Doi) -> Iterator[Problem]:
    version = doi.attributes.get("schemaVersion")
    if isinstance(version, str) and _GONE.fullmatch(version):
        yield Problem("xml", f"DOI {doi.uid}: Schema {version} is no longer supported")
    elif not has_metadata(doi.attributes):
        yield Problem("xml", _BLANK)
    elif version is None:
        # lupo's own check needs a version and is skipped; the child record fails instead, and cannot say why (1.7, 1).
        if any(doi_xsd.problems(doi.uid, doi.attributes)):
            yield Problem("metadata", _INVALID)
    elif version in _CHECKED:
        yield from doi_xsd.problems(doi.uid, doi.attributes)
