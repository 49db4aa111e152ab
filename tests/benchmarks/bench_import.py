"""Records in: how fast JSON lines and XML files become validated records, the first time and again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import generated
from ground import REPOSITORY, Ground, Row, on_both, seconds

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.metadata import from_json, validate
from doitui_core.operations import change_settings
from doitui_core.records import importing

LINES, AGAIN, FILES = 5_000, 2_000, 2_000


def rows(ground: Ground) -> list[Row]:
    """Records a second."""
    return [_checks(ground), *on_both(ground, _imports, "record import")]


def _checks(ground: Ground) -> Row:
    """Without any database: tidy a document and hold it against the schema."""
    documents = [generated.attributes(number) for number in range(ground.sized(LINES))]
    validate.check(from_json.canonical(documents[0]))
    took = seconds(lambda: [validate.check(from_json.canonical(document)) for document in documents])
    return Row("canonical form + check of a record", len(documents) / took, "records/s", least=2_000)


def _imports(ground: Ground, name: str) -> list[Row]:
    lines, again, files = ground.sized(LINES), ground.sized(AGAIN), ground.sized(FILES)
    first = generated.jsonl(ground.folder / "first.jsonl", lines)
    same = generated.jsonl(ground.folder / "same.jsonl", again)
    changed = generated.jsonl(ground.folder / "changed.jsonl", again, revision=1)
    xml = generated.xml_files(ground.folder / "xml", files)
    with ground.store(name):
        config = repositories.config(change_settings.save_repository("hollin", REPOSITORY))
        measured = [
            (f"import + validate {lines:,} JSON lines", [first], lines, 1_000),
            (f"  {again:,} of them again, nothing changed", [same], again, None),
            (f"  {again:,} of them again, every title changed", [changed], again, None),
            (f"import + validate {files:,} XML files, DOIs reserved", xml, files, 1_000),
        ]
        return [
            Row(f"{what}, {name}", count / seconds(partial(_import, paths, config)), "records/s", least=least)
            for what, paths, count, least in measured
        ]


def _import(paths: Sequence[Path], config: Config) -> None:
    wrong = [result for result in importing.files(paths, config, importing.ImportOptions()) if result.error]
    if wrong:
        raise RuntimeError(f"{len(wrong)} documents were rejected, first: {wrong[0].error}")
