"""Records as repositories have them, made by rule: as varied as real ones, the same in every run."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

KINDS = ("Text", "Dataset", "Software", "Collection", "Image", "Audiovisual", "Dissertation")
FAMILIES = (
    "Marrow",
    "Fenwick",
    "Brandt",
    "Falk",
    "Żółkowska",
    "Đặng",
    "Ólafsdóttir",
    "北村",
    "Иванова",
    "O'Hara & Sons",
)
GIVEN = ("Ines", "Leontine", "Tomasz", "Minh", "Guðrún", "春樹", "Ольга", "Seán", "Ada")
TITLES = ("Letters of the {} family", "Gauge readings, {}", "Die Akten {}", "Зарисовки: {}", "Parish register {}")
WORDS = (
    *("tide", "salt", "marsh", "ledger", "harbour", "crew", "letter"),
    *("plate", "Küste", "relevé", "почта", "記録"),
)
ORCIDS = ("0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0001-5000-0007")
RORS = ("https://ror.org/03yrm5c26", "https://ror.org/04wxnsj81")
LANGUAGES = ("en", "de", "ru", "ja", "pl")


def attributes(number: int, revision: int = 0) -> dict[str, Any]:
    """The DataCite attributes of record `number`; another `revision` differs in its title."""
    chance = random.Random(number)
    more = f" ({revision})" if revision else ""
    found: dict[str, Any] = {
        "creators": [_person(chance) for _ in range(chance.randint(1, 6))],
        "titles": [{"title": chance.choice(TITLES).format(number) + more, "lang": chance.choice(LANGUAGES)}],
        "publisher": {"name": "Archive of Hollin", "publisherIdentifier": RORS[1], "publisherIdentifierScheme": "ROR"},
        "publicationYear": chance.randint(1890, 2026),
        "types": {"resourceTypeGeneral": chance.choice(KINDS), "resourceType": "Item"},
        "subjects": [{"subject": chance.choice(WORDS)} for _ in range(chance.randint(0, 5))],
        "dates": [{"date": f"{chance.randint(1990, 2025)}-05-0{chance.randint(1, 9)}", "dateType": "Issued"}],
        "relatedIdentifiers": [_related(chance) for _ in range(chance.randint(0, 4))],
        "descriptions": [{"description": _prose(chance), "descriptionType": "Abstract", "lang": "en"}],
        "language": chance.choice(LANGUAGES),
        "sizes": [f"{chance.randint(1, 900)} MB"],
        "rightsList": [{"rights": "CC BY 4.0", "rightsUri": "https://creativecommons.org/licenses/by/4.0/"}],
    }
    if chance.random() < 0.3:
        point = {"pointLongitude": round(chance.uniform(-9, 9), 4), "pointLatitude": round(chance.uniform(50, 60), 4)}
        found["geoLocations"] = [{"geoLocationPlace": "Isle of Hollin", "geoLocationPoint": point}]
    return found


def _person(chance: random.Random) -> dict[str, Any]:
    family, given = chance.choice(FAMILIES), chance.choice(GIVEN)
    person: dict[str, Any] = {
        "name": f"{family}, {given}",
        "nameType": "Personal",
        "givenName": given,
        "familyName": family,
    }
    if chance.random() < 0.5:
        person["nameIdentifiers"] = [
            {"nameIdentifier": f"https://orcid.org/{chance.choice(ORCIDS)}", "nameIdentifierScheme": "ORCID"}
        ]
    if chance.random() < 0.6:
        person["affiliation"] = [
            {
                "name": "University of Hollin",
                "affiliationIdentifier": chance.choice(RORS),
                "affiliationIdentifierScheme": "ROR",
            }
        ]
    return person


def _related(chance: random.Random) -> dict[str, str]:
    return {
        "relatedIdentifier": f"10.5072/hollin-{chance.randrange(9999)}",
        "relatedIdentifierType": "DOI",
        "relationType": chance.choice(("IsPartOf", "References", "IsVersionOf", "IsSupplementTo")),
    }


def _prose(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(20, 200)))


def jsonl(path: Path, count: int, revision: int = 0) -> Path:
    """`count` records as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            document = {"object_id": f"HO-{number:07}", **attributes(number, revision)}
            file.write(json.dumps(document, ensure_ascii=False) + "\n")
    return path


def xml_files(folder: Path, count: int) -> list[Path]:
    """`count` records as DataCite XML, a file each, with DOIs of their own."""
    folder.mkdir(exist_ok=True)
    paths = []
    for number in range(count):
        path = folder / f"hx-{number:06}.xml"
        path.write_text("\n".join(_xml(number)), encoding="utf-8")
        paths.append(path)
    return paths


def _xml(number: int) -> Iterator[str]:
    record = attributes(number)
    title, types, publisher = record["titles"][0], record["types"], record["publisher"]
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<resource xmlns="http://datacite.org/schema/kernel-4">'
    yield f'<identifier identifierType="DOI">10.5072/hx-{number}</identifier>'
    yield f"<creators>{''.join(map(_creator_xml, record['creators']))}</creators>"
    yield f'<titles><title xml:lang="{title["lang"]}">{escape(title["title"])}</title></titles>'
    yield f"<publisher>{escape(publisher['name'])}</publisher>"
    yield f"<publicationYear>{record['publicationYear']}</publicationYear>"
    yield f'<resourceType resourceTypeGeneral="{types["resourceTypeGeneral"]}">{types["resourceType"]}</resourceType>'
    subjects = "".join(f"<subject>{escape(row['subject'])}</subject>" for row in record["subjects"])
    yield f"<subjects>{subjects}</subjects>"
    yield f'<dates><date dateType="Issued">{record["dates"][0]["date"]}</date></dates>'
    yield f"<relatedIdentifiers>{''.join(map(_related_xml, record['relatedIdentifiers']))}</relatedIdentifiers>"
    prose = escape(record["descriptions"][0]["description"])
    yield f'<descriptions><description descriptionType="Abstract">{prose}</description></descriptions>'
    yield "</resource>"


def _creator_xml(person: dict[str, Any]) -> str:
    parts = [f'<creatorName nameType="Personal">{escape(person["name"])}</creatorName>']
    parts += [
        f'<nameIdentifier nameIdentifierScheme="ORCID">{row["nameIdentifier"]}</nameIdentifier>'
        for row in person.get("nameIdentifiers", [])
    ]
    parts += [f"<affiliation>{escape(row['name'])}</affiliation>" for row in person.get("affiliation", [])]
    return f"<creator>{''.join(parts)}</creator>"


def _related_xml(row: dict[str, str]) -> str:
    kind, relation = quoteattr(row["relatedIdentifierType"]), quoteattr(row["relationType"])
    inside = escape(row["relatedIdentifier"])
    return f"<relatedIdentifier relatedIdentifierType={kind} relationType={relation}>{inside}</relatedIdentifier>"
