"""What publishing a record does to its DOI: the two settings of OPUS 4 and the one of Heratio. Pure.

OPUS 4 documents four cases of `doi.autoCreate` and `doi.registerAtPublish`; `opus.doi.autoCreate` of a document
overrides the first (class `IdentifierDoi`). Heratio's `auto_mint` is the same as both on.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What `auto_create` of a record may be; empty: as the settings say.
OVERRIDES = ("true", "false")

#: The cause where a record itself asks for its DOI.
OF_RECORD = "auto_create of the record"


@dataclass(frozen=True, slots=True)
class PublishRules:
    """The settings that count when a record is published; `override`: its own `auto_create`, empty or an override."""

    auto_create: bool = False
    register_at_publish: bool = False
    auto_mint: bool = False
    override: str = ""


@dataclass(frozen=True, slots=True)
class PublishDecision:
    """Why a DOI is created, and why the record's own DOI is registered: a setting, or empty where it is not."""

    create: str = ""
    register: str = ""


def decide(rules: PublishRules, *, has_doi: bool, foreign: bool, minted: bool) -> PublishDecision:
    """What to do for a record that has just been published.

    `has_doi`: it has a DOI of ours, so it gets no second one. `foreign`: it has somebody else's, which is never
    registered. `minted`: its DOI is registered or findable, or a tombstone, so there is nothing to register.
    """
    if foreign:
        return PublishDecision()
    create = "" if has_doi else _creating(rules)
    return PublishDecision(create, "" if minted else _registering(rules))


def _registering(rules: PublishRules) -> str:
    return "register_at_publish" if rules.register_at_publish else "auto_mint" if rules.auto_mint else ""


def _creating(rules: PublishRules) -> str:
    if rules.override:
        return OF_RECORD if rules.override == "true" else ""
    return "auto_create" if rules.auto_create else "auto_mint" if rules.auto_mint else ""
