"""AtoM's ISAD CSV into both databases by the command: rows a second, and memory, which must not grow with the rows."""

from __future__ import annotations

import csv
import json
import random
import sys
from pathlib import Path

import generated
from ground import DOITUI, REPOSITORY, Ground, Row, on_both, run, seconds

from doitui_core.db import database
from doitui_core.db.models import Record
from doitui_core.operations import change_settings

FEW, MANY = 10_000, 100_000

#: Issue: flat memory. MiB that a hundred thousand rows may take more than ten thousand.
GROWTH = 25

COLUMNS = (
    *("legacyId", "parentId", "qubitParentSlug", "identifier", "title", "levelOfDescription", "extentAndMedium"),
    *("repository", "archivalHistory", "acquisition", "scopeAndContent", "language", "subjectAccessPoints"),
    *("placeAccessPoints", "nameAccessPoints", "publicationStatus", "eventTypes", "eventDates", "eventStartDates"),
    *("eventEndDates", "eventActors", "culture"),
)

IMPORT = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
peak = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
print(json.dumps([used.ru_utime + used.ru_stime, peak, done.returncode, done.stdout + done.stderr]))
"""


def rows(ground: Ground) -> list[Row]:
    """Rows a second and peak memory for both sizes."""
    return on_both(ground, _imports, "record import of ISAD CSV")


def _imports(ground: Ground, name: str) -> list[Row]:
    found, peaks = [], []
    for size in (ground.sized(FEW), ground.sized(MANY)):
        path = isad_csv(ground.folder / f"isad-{size}.csv", size)
        with ground.store(name) as url:
            change_settings.save_repository("hollin", {**REPOSITORY, "default_publisher": "Hollin Archive"})
            took, used, peak = _measured(url, path, size)
        path.unlink()
        peaks.append(peak)
        more = f"{size / used:,.0f} rows in a second of CPU; peak {peak:.0f} MiB"
        found.append(Row(f"import {size:,} ISAD rows, {name}", size / took, "rows/s", beside=more))
    return [*found, Row(f"  memory that the second takes more, {name}", peaks[1] - peaks[0], "MiB", most=GROWTH)]


def _measured(url: str, path: Path, size: int) -> tuple[float, float, float]:
    """Seconds, and seconds of CPU and MiB of the process."""
    outcome = []
    command = (sys.executable, "-c", IMPORT, DOITUI, "--database", url, "record", "import", str(path))
    took = seconds(lambda: outcome.append(run(*command)))
    used, peak, code, said = json.loads(outcome[0])
    if code or Record.select().count() != size:
        raise RuntimeError(f"the import ended with {code}: {said[-500:]}")
    database.close()
    return took, used, peak


def isad_csv(path: Path, size: int) -> Path:
    """A file of `size` rows: fonds of 1,000 records each, with series and files; some parts stand before the whole."""
    chance = random.Random(size)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for number in range(1, size + 1):
            writer.writerow(_row(number, chance))
    return path


def _row(number: int, chance: random.Random) -> dict[str, str]:
    fonds = (number - 1) // 1000 * 1000 + 1000  # the last row of a thousand: behind its parts
    place = (number - 1) % 1000
    parent = "" if number == fonds else str(fonds) if place % 50 == 0 else str(number - place % 50)
    year = chance.randint(1800, 1990)
    words = " ".join(chance.choices(generated.WORDS, k=60))
    return {
        "legacyId": str(number),
        "parentId": parent if parent == "" or int(parent) != number else str(fonds),
        "identifier": f"H-{number}",
        "title": chance.choice(generated.TITLES).format(chance.choice(generated.FAMILIES)),
        "levelOfDescription": "Fonds" if number == fonds else "File",
        "extentAndMedium": f"{chance.randint(1, 40)} leaves",
        "repository": "Hollin Archive",
        "archivalHistory": words[:120],
        "scopeAndContent": words,
        "language": chance.choice(generated.LANGUAGES),
        "subjectAccessPoints": "|".join(chance.sample(generated.WORDS, 3)),
        "placeAccessPoints": "Hollin|Marsh Quay",
        "nameAccessPoints": chance.choice(generated.FAMILIES),
        "publicationStatus": chance.choice(("Published", "Draft")),
        "eventTypes": "Creation|Accumulation",
        "eventDates": f"{year}-{year + 3}|NULL",
        "eventStartDates": f"{year}-01-01|{year}",
        "eventEndDates": f"{year + 3}-12-31|{year + 9}",
        "eventActors": f"{chance.choice(generated.FAMILIES)}, {chance.choice(generated.GIVEN)}|NULL",
        "culture": "en",
    }
