"""DataCite Kernel 4.7 (2026-03-03) as tables: controlled lists, blocks and their members.

Lists from the schema's include/*.xsd, in its order and case; members from lupo's params_sanitizer (what REST keeps).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

SCHEMA_VERSION = "http://datacite.org/schema/kernel-4"


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


VOCABULARIES: dict[str, tuple[str, ...]] = {
    "resourceTypeGeneral": _split(
        "Audiovisual Award Book BookChapter Collection ComputationalNotebook ConferencePaper ConferenceProceeding "
        "DataPaper Dataset Dissertation Event Image Instrument InteractiveResource Journal JournalArticle Model "
        "OutputManagementPlan PeerReview PhysicalObject Poster Preprint Presentation Project Report Service Software "
        "Sound Standard StudyRegistration Text Workflow Other"
    ),
    "relationType": _split(
        "IsCitedBy Cites IsSupplementTo IsSupplementedBy IsContinuedBy Continues IsNewVersionOf IsPreviousVersionOf "
        "IsPartOf HasPart IsPublishedIn IsReferencedBy References IsDocumentedBy Documents IsCompiledBy Compiles "
        "IsVariantFormOf IsOriginalFormOf IsIdenticalTo HasMetadata IsMetadataFor Reviews IsReviewedBy IsDerivedFrom "
        "IsSourceOf Describes IsDescribedBy HasVersion IsVersionOf Requires IsRequiredBy Obsoletes IsObsoletedBy "
        "Collects IsCollectedBy HasTranslation IsTranslationOf Other"
    ),
    "relatedIdentifierType": _split(
        "ARK arXiv bibcode CSTR DOI EAN13 EISSN Handle IGSN ISBN ISSN ISTC LISSN LSID PMID PURL RAiD RRID SWHID UPC "
        "URL URN w3id"
    ),
    "contributorType": _split(
        "ContactPerson DataCollector DataCurator DataManager Distributor Editor HostingInstitution Other Producer "
        "ProjectLeader ProjectManager ProjectMember RegistrationAgency RegistrationAuthority RelatedPerson "
        "ResearchGroup RightsHolder Researcher Sponsor Supervisor Translator WorkPackageLeader"
    ),
    "dateType": _split(
        "Accepted Available Collected Copyrighted Coverage Created Issued Other Submitted Updated Valid Withdrawn"
    ),
    "descriptionType": ("Abstract", "Methods", "SeriesInformation", "TableOfContents", "TechnicalInfo", "Other"),
    "titleType": ("AlternativeTitle", "Subtitle", "TranslatedTitle", "Other"),
    "funderIdentifierType": ("ISNI", "GRID", "ROR", "Crossref Funder ID", "Other"),
    "nameType": ("Organizational", "Personal"),
    "numberType": ("Article", "Chapter", "Report", "Other"),
}

# Legal text where a value is mandatory (documentation, appendix 3), but not as a publicationYear.
UNKNOWN_VALUES = frozenset(_split(":unac :unal :unap :unas :unav :unkn :none :null :tba :etal"))


class Leaf(Enum):
    """What a single value is."""

    TEXT = "text"
    YEAR = "year"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Record:
    """An object: the shape of each member; `bare` is the member that a lone string stands for."""

    members: dict[str, Shape]
    bare: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """A list, and the shape of its rows."""

    row: Shape


Shape = Leaf | Record | Rows


def _texts(names: str) -> dict[str, Shape]:
    return dict.fromkeys(_split(names), Leaf.TEXT)


def _numbers(names: str) -> Record:
    return Record(dict.fromkeys(_split(names), Leaf.NUMBER))


_AFFILIATION = Record(_texts("name affiliationIdentifier affiliationIdentifierScheme schemeUri"), bare="name")
_NAME = _texts("name nameType givenName familyName lang")
_PERSON: dict[str, Shape] = {
    **_NAME,
    "nameIdentifiers": Rows(Record(_texts("nameIdentifier nameIdentifierScheme schemeUri"))),
    "affiliation": Rows(_AFFILIATION),
}
IDENTIFIER = Record(_texts("identifier identifierType"))
_TITLES = Rows(Record(_texts("title titleType lang")))
_POINT = _numbers("pointLongitude pointLatitude")
_RELATED_ITEM: dict[str, Shape] = {
    **_texts("relatedItemType relationType relationTypeInformation"),
    # The one place where DataCite's JSON writes schemeURI with capitals.
    "relatedItemIdentifier": Record(
        _texts("relatedItemIdentifier relatedItemIdentifierType relatedMetadataScheme schemeURI schemeType")
    ),
    # The schema gives people of related items no identifiers and no affiliation.
    "creators": Rows(Record(_NAME)),
    "titles": _TITLES,
    "publicationYear": Leaf.YEAR,
    **_texts("volume issue number numberType firstPage lastPage publisher edition"),
    "contributors": Rows(Record({**_NAME, "contributorType": Leaf.TEXT})),
}
_PLACE: dict[str, Shape] = {
    "geoLocationPlace": Leaf.TEXT,
    "geoLocationPoint": _POINT,
    "geoLocationBox": _numbers("westBoundLongitude eastBoundLongitude southBoundLatitude northBoundLatitude"),
    "geoLocationPolygon": Rows(Record({"polygonPoint": _POINT, "inPolygonPoint": _POINT})),
}

BLOCKS: dict[str, Shape] = {
    "creators": Rows(Record(_PERSON)),
    "titles": _TITLES,
    "publisher": Record(_texts("name publisherIdentifier publisherIdentifierScheme schemeUri lang"), bare="name"),
    "publicationYear": Leaf.YEAR,
    "types": Record(_texts("resourceTypeGeneral resourceType")),
    "subjects": Rows(Record(_texts("subject subjectScheme schemeUri valueUri lang classificationCode"))),
    "contributors": Rows(Record({**_PERSON, "contributorType": Leaf.TEXT})),
    "dates": Rows(Record(_texts("date dateType dateInformation"))),
    "language": Leaf.TEXT,
    "identifiers": Rows(IDENTIFIER),
    "relatedIdentifiers": Rows(
        Record(
            _texts(
                "relatedIdentifier relatedIdentifierType relationType relationTypeInformation resourceTypeGeneral "
                "relatedMetadataScheme schemeUri schemeType"
            )
        )
    ),
    "relatedItems": Rows(Record(_RELATED_ITEM)),
    "sizes": Rows(Leaf.TEXT),
    "formats": Rows(Leaf.TEXT),
    "version": Leaf.TEXT,
    "rightsList": Rows(Record(_texts("rights rightsUri rightsIdentifier rightsIdentifierScheme schemeUri lang"))),
    "descriptions": Rows(Record(_texts("description descriptionType lang"))),
    "geoLocations": Rows(Record(_PLACE)),
    "fundingReferences": Rows(
        Record(_texts("funderName funderIdentifier funderIdentifierType schemeUri awardNumber awardUri awardTitle"))
    ),
    # Not of the schema, but DataCite keeps them.
    "contentUrl": Rows(Leaf.TEXT),
    "container": Record(_texts("type identifier identifierType title volume issue firstPage lastPage")),
}

# The attributes of the canonical form.
ATTRIBUTES: dict[str, Shape] = {"doi": Leaf.TEXT, "url": Leaf.TEXT, **BLOCKS}

# XML and the older Kernel JSON write URI; REST drops that spelling without a word.
SPELLINGS = {
    "schemeURI": "schemeUri",
    "valueURI": "valueUri",
    "rightsURI": "rightsUri",
    "awardURI": "awardUri",
    "schemeUri": "schemeURI",
}

# What DataCite adds of its own, and what steers a request: no metadata, and nothing to warn about.
SERVER_DERIVED: dict[str, frozenset[str]] = {
    "": frozenset(
        _split(
            "prefix suffix metadataVersion isActive state reason source viewCount viewsOverTime downloadCount "
            "downloadsOverTime referenceCount citationCount citationsOverTime partCount partOfCount versionCount "
            "versionOfCount created registered published updated xml landingPage alternateIdentifiers schemaVersion "
            "event mode id agency providerId clientId"
        )
    ),
    "types": frozenset(("schemaOrg", "bibtex", "citeproc", "ris")),
}
