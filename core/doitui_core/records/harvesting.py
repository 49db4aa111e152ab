"""Records harvested over OAI-PMH. They are stored as documents of files are (`importing`).

Each page is stored in one transaction with the progress of the harvest, so that the same harvest continues after
whatever ended it. An expired resumption token is replaced by a request from the latest datestamp.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.models import Harvest
from doitui_core.dois import reservations
from doitui_core.domain.states import Wanted
from doitui_core.errors import BadAnswer, BadInput, Misconfigured, UnreadableDocument
from doitui_core.metadata import from_xml
from doitui_core.metadata.from_xml import XmlDocument
from doitui_core.records import harvest_state, importing, oai_dc, record_lookup
from doitui_core.records.harvest_state import HarvestRequest
from doitui_core.records.importing import ImportOptions, ImportResult
from doitui_core.records.reading import Document, Unread
from doitui_core.records.record_merge import OverwrittenField, ProtectedField
from doitui_core.text import user_agent

if TYPE_CHECKING:
    from doitui_core.records.oai_client import OaiPage, RequestPolicy

#: Metadata formats that are read.
PREFIXES = ("oai_datacite", "oai_dc")

#: A list is requested so often again after an expired token without any new record in between.
MOST_RESTARTS = 3

_OAI = "{http://www.openarchives.org/OAI/2.0/}"


@dataclass(frozen=True, slots=True)
class DeletedRecord:
    """A record that the server reports as deleted. `known`: it is here, and its DOI is no tombstone yet."""

    identifier: str
    object_id: str
    known: bool


@dataclass
class HarvestResult:
    """What a harvest has done so far. `continued`: it began where an earlier one stopped.

    `not_mintable`: stored records that DataCite would reject. `protected`: (object id, value set by hand) where the
    source has another; `overwritten`: those it replaced. `relations`: values of `relation` that were left out.
    `dois_created`, `dois_queued`: what publishing did; `not_registered`: (object id, why) where that failed. `renamed`:
    (object id now, object id before) where that was only the DOI; `found_by_doi`: (object id, the source's) of records
    that keep theirs; `moved`: registered DOIs whose landing page changes.
    """

    continued: bool = False
    harvested: int = 0
    created: int = 0
    updated: int = 0
    not_mintable: int = 0
    relations: int = 0
    deleted: list[DeletedRecord] = field(default_factory=list)
    rejected: list[ImportResult] = field(default_factory=list)
    protected: list[tuple[str, ProtectedField]] = field(default_factory=list)
    overwritten: list[tuple[str, OverwrittenField]] = field(default_factory=list)
    dois_created: int = 0
    dois_queued: int = 0
    not_registered: list[tuple[str, str]] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    found_by_doi: list[tuple[str, str]] = field(default_factory=list)
    moved: int = 0

    @property
    def stored(self) -> int:
        """Records that were created or updated."""
        return self.created + self.updated

    def add(self, result: ImportResult) -> None:
        """Count what became of one record."""
        if result.error:
            self.rejected.append(result)
            return
        self.created += result.created
        self.updated += not result.created
        self.not_mintable += any(found.level == "error" for found in result.findings)
        self.protected += [(result.object_id, field_) for field_ in result.protected]
        self.overwritten += [(result.object_id, field_) for field_ in result.overwritten]
        self.dois_created += bool(result.published.created_by)
        self.dois_queued += bool(result.published.registered_by)
        if result.published.error:
            self.not_registered.append((result.object_id, result.published.error))
        if result.renamed:
            self.renamed.append((result.object_id, result.renamed))
        if result.stated_id:
            self.found_by_doi.append((result.object_id, result.stated_id))
        self.moved += result.moved


def harvest(
    request: HarvestRequest,
    config: Config,
    result: HarvestResult | None = None,
    *,
    overwrite: bool = False,
    dry_run: bool = False,
    actor: str = "python",
    policy: RequestPolicy | None = None,
) -> HarvestResult:
    """Harvest what `request` names into a repository, from where the same harvest stopped, if it did.

    `overwrite`: as in `ImportOptions`. `result` is added to, page by page, also where an error ends the harvest. Raises
    `BadInput` for a request that makes no sense or that the server rejects, `Misconfigured` without the library,
    `RemoteFailed` for a server that cannot be reached or whose response cannot be used.
    """
    result = HarvestResult() if result is None else result
    row = harvest_state.load(config.repository_id, request)
    result.continued = bool(row.token)
    options = ImportOptions(
        object_id=request.object_id, overwrite=overwrite, dry_run=dry_run, actor=actor, repeats=True
    )
    storing = _Storing(config, options, row, result)
    for page in _pages(row, user_agent(config.text("contact_email")), policy):
        storing.store(page)
    if row.started or row.token or row.datestamp:  # ended by noRecordsMatch, without a page
        storing.finish()
    return result


def _pages(row: Harvest, agent: str, policy: RequestPolicy | None) -> Iterator[OaiPage]:
    try:
        from oaipmh_scythe.exceptions import BadResumptionToken, NoRecordsMatch

        from doitui_core.records import oai_client
    except ImportError as error:
        raise Misconfigured("harvesting needs a package: pip install 'doitui[harvest]'") from error
    client = oai_client.OaiClient(row.url, agent, policy or oai_client.RequestPolicy())
    restarts, before = 0, row.datestamp
    while True:
        try:
            yield from client.pages(harvest_state.query(row))
            return
        except NoRecordsMatch:
            return
        except BadResumptionToken as error:
            restarts, before = restarts + 1 if row.datestamp == before else 1, row.datestamp
            if not row.token or restarts > MOST_RESTARTS:
                raise BadAnswer(f"{row.url} rejects its own resumption tokens: {error}") from error
            row.token = ""


@dataclass
class _Storing:
    """Stores pages in a repository. `seen`: the OAI identifier of each object id and DOI."""

    config: Config
    options: ImportOptions
    row: Harvest
    result: HarvestResult
    seen: dict[str, str] = field(default_factory=dict)

    def store(self, page: OaiPage) -> None:
        """Store the records of a page, and with the last of them how far the harvest is."""
        datestamps = [text for record in page.records if (text := _header(record, "datestamp"))]
        documents = [self._read(record) for record in page.records if not self._deleted(record)]
        for start in range(0, max(len(documents), 1), importing.BATCH):
            batch = documents[start : start + importing.BATCH]
            last = start + importing.BATCH >= len(documents)
            if last:
                harvest_state.advance(self.row, datestamps, page.response_date, page.token)
            self._store_batch(batch, last)
        self.result.harvested += len(page.records)

    def finish(self) -> None:
        """Note that nothing is left."""
        harvest_state.finish(self.row)
        self._store_batch([], last=True)

    def _store_batch(self, batch: list[Document | Unread], last: bool) -> None:
        if self.options.dry_run:
            results = list(importing.documents(batch, self.config, self.options, self.seen))
        else:
            with database.write():
                results = list(importing.documents(batch, self.config, self.options, self.seen))
                if last:
                    harvest_state.save(self.row)
        for result in results:
            self.result.add(result)

    def _deleted(self, record: etree._Element) -> bool:
        header = record.find(f"{_OAI}header")
        if header is None or header.get("status") != "deleted":
            return False
        identifier = _header(record, "identifier")
        object_id = local_part(identifier) if self.options.object_id == "oai" else ""
        self.result.deleted.append(DeletedRecord(identifier, object_id, self._known(object_id)))
        return True

    def _known(self, object_id: str) -> bool:
        try:
            record = record_lookup.same(self.config.repository_id, object_id, "", lock=False)
        except BadInput:
            return False
        doi = reservations.for_record(record) if record else None
        return record is not None and (doi is None or doi.wanted != Wanted.TOMBSTONE)

    def _read(self, record: etree._Element) -> Document | Unread:
        identifier = _header(record, "identifier")
        place = identifier or f"{self.row.url}: a record without an identifier"
        try:
            content = record.find(f"{_OAI}metadata")
            if not identifier or content is None or not len(content):
                raise UnreadableDocument("has no metadata" if identifier else "cannot be stored")
            found = self._content(content[0])
        except UnreadableDocument as error:
            return Unread(place, str(error))
        size = sum(map(len, map(str, content.itertext())))
        local = local_part(identifier)
        members = {**found.attributes, "oai": local}
        return Document(place, local, found.attributes, members, size, found.notes)

    def _content(self, content: etree._Element) -> XmlDocument:
        if self.row.prefix == "oai_dc":
            self.result.relations += oai_dc.count_relations(content)
            return XmlDocument(oai_dc.attributes(content))
        return from_xml.read(etree.tostring(_resource(content), with_tail=False))


def _resource(content: etree._Element) -> etree._Element:
    """The `<resource>` in the payload of `<oai_datacite>`, or alone. Raises `UnreadableDocument`."""
    for element in content.iter("{*}resource"):
        return element
    raise UnreadableDocument(f"has <{etree.QName(content).localname}> without a DataCite <resource>")


def _header(record: etree._Element, name: str) -> str:
    return (record.findtext(f"{_OAI}header/{_OAI}{name}") or "").strip()


def local_part(identifier: str) -> str:
    """`123` of `oai:archive.example.org:123`; any other identifier as it is (OAI Identifier Format 2.0)."""
    scheme, _, rest = identifier.partition(":")
    _, _, local = rest.partition(":")
    return local if scheme.lower() == "oai" and local else identifier
