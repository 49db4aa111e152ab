"""Actors of an archival description as Kernel-4 creators and contributors. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from doitui_core.errors import BadInput
from doitui_core.metadata.kernel4 import VOCABULARIES
from doitui_core.metadata.wording import shown

Row = dict[str, Any]

#: What an actor is, in the words of archives (AtoM's entity types among them). A family is neither for Kernel 4.
_TYPES = {
    **dict.fromkeys(("person", "personal"), "Personal"),
    **dict.fromkeys(
        ("organisation", "organization", "organizational", "organisational", "corporate body", "institution"),
        "Organizational",
    ),
    "family": "",
}

#: Events whose actors made the material.
_CREATING = ("creation", "accumulation", "collection", "production")

#: Roles of the actors of other events; of any other `Other`.
_EVENT_ROLES = {"publication": "Distributor", "distribution": "Distributor", "manufacturing": "Producer"}

_ROLES = {name.casefold(): name for name in VOCABULARIES["contributorType"]}

_ORCID = re.compile(r"(?:https?://)?(?:www\.)?(?:orcid\.org/)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])/?", re.A | re.I)


def people(description: Mapping[str, Any], publisher: str) -> dict[str, list[Row]]:
    """`creators` and `contributors`, each name once; without any creator `publisher` is the single one.

    Raises `BadInput` for a role or a type of actor that is none.
    """
    creators: dict[str, Row] = {}
    contributors: dict[tuple[str, str], Row] = {}
    for path, actor, role in _actors(description):
        row = _person(actor, path)
        if role:
            contributors.setdefault((row["name"], role), {**row, "contributorType": role})
        else:
            creators.setdefault(row["name"], row)
    if not creators and publisher:
        creators[publisher] = {"name": publisher, "nameType": "Organizational"}
    return {"creators": list(creators.values()), "contributors": list(contributors.values())}


def _actors(description: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any], str]]:
    """(path, actor, contributor type; empty for a creator) of all actors."""
    found = []
    for index, actor in enumerate(description.get("actors", [])):
        path = f"description.actors[{index}]"
        found.append((path, actor, _role(actor, path)))
    for index, event in enumerate(description.get("events", [])):
        if actor := event.get("actor"):
            path = f"description.events[{index}].actor"
            found.append((path, actor, _role(actor, path) or _role_in(event)))
    return found


def _role(actor: Mapping[str, Any], path: str) -> str:
    role = str(actor.get("role", "")).casefold()
    if role in ("", "creator"):
        return ""
    if role not in _ROLES:
        raise BadInput(f"{path}.role is {shown(actor['role'])}: it must be creator, {', '.join(_ROLES.values())}")
    return _ROLES[role]


def _role_in(event: Mapping[str, Any]) -> str:
    kind = str(event.get("type", "creation")).casefold()
    return "" if kind in _CREATING else _EVENT_ROLES.get(kind, "Other")


def _person(actor: Mapping[str, Any], path: str) -> Row:
    row: Row = {"name": actor["name"]}
    if kind := _type(actor, path):
        row["nameType"] = kind
    row |= {to: actor[key] for key, to in (("given_name", "givenName"), ("family_name", "familyName")) if key in actor}
    if "orcid" in actor:
        row["nameIdentifiers"] = [_orcid(actor["orcid"])]
    if "affiliation" in actor:
        row["affiliation"] = [_affiliation(actor)]
    return row


def _type(actor: Mapping[str, Any], path: str) -> str:
    kind = str(actor.get("type", "")).casefold()
    if not kind:
        return "Personal" if {"orcid", "given_name", "family_name"} & actor.keys() else ""
    if kind not in _TYPES:
        raise BadInput(f"{path}.type is {shown(actor['type'])}: it must be person, organisation or family")
    return _TYPES[kind]


def _orcid(text: str) -> Row:
    """One that is no ORCID stays as it is, for the validation to name."""
    match = _ORCID.fullmatch(text)
    value = f"https://orcid.org/{'-'.join(match.groups()).upper()}" if match else text
    return {"nameIdentifier": value, "nameIdentifierScheme": "ORCID", "schemeUri": "https://orcid.org"}


def _affiliation(actor: Mapping[str, Any]) -> Row:
    row: Row = {"name": actor["affiliation"]}
    if "affiliation_ror" in actor:
        row |= {"affiliationIdentifier": actor["affiliation_ror"], "affiliationIdentifierScheme": "ROR"}
        row["schemeUri"] = "https://ror.org"
    return row
