"""What a write does to a DOI: create, update, delete, validate, with rights and rules checked.

Every function locks the store from the look-up to the saving, so that two creations of one DOI give one 201 and one
422, and none is lost (datacite-api.md 1.2, 1.6, 1.8, 1.9).
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from doitui.web.common import doi_states
from doitui.web.common.accounts import Accounts
from doitui.web.common.refusals import Invalid, Problem, problem_errors, refusal
from doitui.web.common.rights import Rights
from doitui.web.dois import doi_ingest, doi_rules
from doitui.web.dois.doi_input import METADATA, DoiInput
from doitui.web.dois.doi_record import Doi, stored_name
from doitui.web.dois.doi_xml import stored_xml, xml_attributes
from doitui.web.dois.store import Store

# Crockford's alphabet in lower case, as the gem base32-url writes it.
_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_DIGITS = 6


class Writer:
    """Writes for one store. `ignore_event`: answer, but leave the state alone, as the fault `wrong-state` asks."""

    def __init__(self, store: Store, accounts: Accounts) -> None:
        self._store = store
        self._accounts = accounts

    def create(self, rights: Rights, request: DoiInput, name: str | None, ignore_event: bool = False) -> Doi:
        """A new DOI `name`, or one with a random suffix under `request.prefix`. Raises 401, 403, 404 or Invalid."""
        with self._store.lock:
            doi = self._new(rights, request, name, ignore_event)
            conflict = [doi_rules.TAKEN] if self._store.find(doi.doi) else []
            found = conflict + doi_rules.creation_problems(doi, request.should_validate)
            _refuse(doi, found + self._domain_problems(doi))
            return self._save(_ingested(doi, request))

    def update(self, rights: Rights, request: DoiInput, name: str, ignore_event: bool = False) -> tuple[Doi, bool]:
        """The DOI after the change, and whether it was created by it: PUT is an upsert (1.2, 1.5)."""
        with self._store.lock:
            if self._store.find(name) is None and doi_rules.looks_like_doi(name):
                return self.create(rights, request, name, ignore_event), True
            doi = self._changed(self._mine(rights, name), request, ignore_event)
            _refuse(doi, doi_rules.update_problems(doi, request.should_validate) + self._domain_problems(doi))
            return self._save(_ingested(doi, request)), False

    def add_media(self, rights: Rights, name: str, media: dict[str, str]) -> None:
        """Store addresses by media type. Raises 404 for an unknown DOI, 401 or 403 for a stranger, else Invalid."""
        with self._store.lock:
            doi = self._mine(rights, name)
            _refuse(doi, doi_rules.media_problems(media))
            attributes = {**doi.attributes, "media": {**doi.attributes.get("media", {}), **media}}
            self._store.save(replace(doi, attributes=attributes))

    def delete(self, rights: Rights, name: str) -> bool:
        """Delete `name` if it is a draft; whether it was one. Raises 404, or 401 or 403 for another's."""
        with self._store.lock:
            doi = self._mine(rights, name)
            if doi.is_draft:
                self._store.delete(doi)
            return doi.is_draft

    def validate(self, rights: Rights, request: DoiInput) -> tuple[Doi, list[Problem]]:
        """What `request` would become and what is wrong with it; nothing is stored."""
        doi = self._new(rights, request, request.doi, ignore_event=True)
        return doi, doi_rules.validation_problems(doi)

    def random_name(self, prefix: str) -> str:
        """An unused DOI under `prefix`, its suffix `xxxx-xxxx` in base32 with a checksum (1.2)."""
        while True:
            name = f"{prefix}/{_random_suffix()}"
            if not self._store.find(name):
                return name

    def _domain_problems(self, doi: Doi) -> list[Problem]:
        return doi_rules.domain_problems(doi, self._accounts.domains(doi.client))

    def _save(self, doi: Doi) -> Doi:
        """Store it. Raises 500 for what is too large for the database, and, once it is stored, for invalid media."""
        if not doi_rules.is_storable(doi):
            raise refusal(500)
        self._store.save(doi)
        if doi_rules.breaks_media(doi.attributes):
            raise refusal(500)
        return doi

    def _mine(self, rights: Rights, name: str) -> Doi:
        doi = self._store.get(name)
        if not rights.may_change(doi):
            raise rights.refused()
        return doi

    def _new(self, rights: Rights, request: DoiInput, name: str | None, ignore_event: bool) -> Doi:
        name = name or (self.random_name(request.prefix) if request.prefix else "")
        client = self._client(rights, request)
        if not rights.may_create(name.partition("/")[0], client):
            raise rights.refused()
        moment = self._store.moment()
        attributes = _merged({}, request, name)
        state = doi_states.after(doi_states.DRAFT, None if ignore_event else request.event)
        return Doi(
            number=moment.number,
            doi=stored_name(name),
            client=client,
            state=state,
            attributes=attributes,
            created=moment.at,
            updated=moment.at,
            registered=moment.at if doi_states.is_public(state) else None,
            xml=stored_xml(request, stored_name(name), None),
        )

    def _changed(self, known: Doi, request: DoiInput, ignore_event: bool) -> Doi:
        at = self._store.moment().at
        attributes = _merged(known.attributes, request, known.doi)
        attributes.setdefault("schemaVersion", doi_rules.CURRENT_SCHEMA)  # omitted on update: the existing one, or this
        state = doi_states.after(known.state, None if ignore_event else request.event)
        return replace(
            known,
            state=state,
            attributes=attributes,
            updated=at,
            registered=known.registered or (at if doi_states.is_public(state) else None),
            metadata_version=known.metadata_version + (request.touches_metadata or request.xml is not None),
            xml=stored_xml(request, known.doi, known.xml),
        )

    def _client(self, rights: Rights, request: DoiInput) -> str:
        """The owner: the repository in the request, else the caller. Raises 404 for an unknown one."""
        if request.client is None:
            return rights.account.uid if rights.account else ""
        if not self._accounts.knows(request.client):
            raise refusal(404)
        return request.client.lower()


def _merged(known: dict[str, Any], request: DoiInput, name: str) -> dict[str, Any]:
    """Absent keeps, present replaces the whole block, blank deletes it (1.8). Attributes win over XML (1.3)."""
    merged = dict(known)
    if request.xml is not None:
        document = xml_attributes(request.xml, name.lower())
        merged = {key: value for key, value in merged.items() if key not in METADATA} | document
    merged.update((key, value) for key, value in request.changes.items() if key != "schemaVersion")
    if request.schema_version:
        merged["schemaVersion"] = request.schema_version
    return {key: value for key, value in merged.items() if value not in (None, "", [], {})}


def _ingested(doi: Doi, request: DoiInput) -> Doi:
    """`doi` with what was sent as XML as DataCite's reader changes it. The schema is checked before, as it was sent."""
    if request.xml is None:
        return doi
    read = {name: value for name, value in doi.attributes.items() if name in METADATA and name not in request.changes}
    others = {name: value for name, value in doi.attributes.items() if name not in read}
    return replace(doi, attributes=others | doi_ingest.stored(read))


def _refuse(doi: Doi, problems: list[Problem]) -> None:
    if problems:
        raise Invalid(problem_errors(doi.uid, problems))


def _random_suffix() -> str:
    digits = [secrets.randbelow(len(_BASE32)) for _ in range(_RANDOM_DIGITS)]
    number = 0
    for digit in digits:
        number = number * len(_BASE32) + digit
    check = 98 - number * 100 % 97  # ISO 7064, mod 97-10
    text = "".join(_BASE32[digit] for digit in digits) + f"{check:02d}"
    return f"{text[:4]}-{text[4:]}"
