"""The built-in generator and plug-ins. Counterparts of OPUS 4's DefaultGeneratorTest stand in the docstrings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from doitui_core.domain.doi_generators import METHODS, GeneratorSetup, PatternGenerator, load
from doitui_core.errors import DoituiError, InvalidDoi, Misconfigured

OPUS = "{prefix}/{local_prefix}-{id}"
SETUP = GeneratorSetup("10.5072", "opus", "p", "h")

PLUG_IN = """
import sys

def good(pattern, parts): return f"{parts['prefix']}/{pattern}.{parts['id']}"
def nothing(pattern, parts): return None
def number_(pattern, parts): return 7
def nonsense(pattern, parts): return "\\n\\x00"
def raising(pattern, parts): raise ZeroDivisionError("over nought\\nand more")
def leaving(pattern, parts): sys.exit("good bye")
def elsewhere(pattern, parts): return "10.9999/x"
number = 7

class Unprintable(Exception):
    def __str__(self): raise ValueError

def unprintable(pattern, parts): raise Unprintable

class Whole:
    def __init__(self, setup): self.setup = setup
    def generate(self, parts): return f"{parts['prefix']}/{self.setup.pattern}/{parts['object_id']}"
    def generation_pattern(self): return f"{self.setup.prefix}/{self.setup.pattern}/N"
    def is_local(self, doi): return doi.startswith(f"{self.setup.prefix}/{self.setup.pattern}/")

class WithoutSetup:
    def generate(self, parts): return "10.5072/x"
    def generation_pattern(self): return "x"
    def is_local(self, doi): return True

class Partial:
    def __init__(self, setup): pass
    def generate(self, parts): return "10.5072/x"

class Failing(Whole):
    def generate(self, parts): raise KeyError("shelf")
    def generation_pattern(self): return 1 / 0
    def is_local(self, doi): raise RuntimeError

class Nonsense(Whole):
    def generate(self, parts): return ["10.5072/x"]
    def generation_pattern(self): return None
    def is_local(self, doi): return "perhaps"

class Greedy(Whole):
    def is_local(self, doi): return True
"""


def parts(**given: Any) -> dict[str, Any]:
    standard = {"prefix": "10.5072", "repository_code": "h", "year": 2026, "object_id": "ms-1", "id": "ms-1"}
    return {**standard, "local_prefix": "", **given}


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site_dois.py").write_text(PLUG_IN)
    (tmp_path / "broken_dois.py").write_text("def (")
    (tmp_path / "failing_dois.py").write_text("1 / 0")
    (tmp_path / "leaving_dois.py").write_text("raise SystemExit(3)")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("site_dois", "broken_dois", "failing_dois", "leaving_dois"):
        sys.modules.pop(name, None)


def opus(prefix: str, local_prefix: str) -> str:
    given = parts(prefix=prefix, local_prefix=local_prefix, id=146, object_id=146)
    return PatternGenerator(GeneratorSetup(prefix, local_prefix, OPUS)).generate(given)


@pytest.mark.parametrize(
    ("prefix", "local_prefix", "doi"),
    [
        ("10.5072", "", "10.5072/146"),
        ("10.5072/", "", "10.5072/146"),
        ("10.5072", "opustest", "10.5072/opustest-146"),
        ("10.5072/", "opustest-", "10.5072/opustest-146"),
    ],
)
def test_opuss_generator_makes_opuss_dois(prefix: str, local_prefix: str, doi: str) -> None:
    """GenerateWithPrefixConfig[Alt], GenerateWithCompleteConfig[Alt]."""
    assert opus(prefix, local_prefix) == doi


@pytest.mark.parametrize("prefix", ["", "  ", "/"])
@pytest.mark.parametrize("local_prefix", ["", "opustest"])
def test_without_a_prefix_there_is_no_doi_and_nothing_is_local(prefix: str, local_prefix: str) -> None:
    """GenerateWithMissingConfig, GenerateWithPartialConfig, GetPrefixNoConfiguration, GetPrefixEmptyConfiguration,
    IsLocalWithMissingConfig.
    """
    with pytest.raises(Misconfigured, match="no prefix is set"):
        opus(prefix, local_prefix)
    assert not PatternGenerator(GeneratorSetup(prefix, local_prefix, OPUS)).is_local("10.5072/opustest-146")


@pytest.mark.parametrize(
    ("prefix", "local_prefix", "doi", "local"),
    [
        ("10.5072", "", "10.5072/", True),
        ("10.5072/", "", "10.5072/146", True),
        ("10.5072", "", "10.5072", False),
        ("10.5072", "", "10.50721/146", False),
        ("10.5072", "", "11.5072/146", False),
        ("10.5072", "opustest", "10.5072/opustest", False),
        ("10.5072", "opustest", "10.5072/opustest-", True),
        ("10.5072/", "opustest-", "10.5072/opustest-146", True),
        ("10.5072", "opustest", "10.5072/146", False),
        ("10.5072", "opustest", "10.5072/OPUSTEST-146", True),
    ],
)
def test_what_is_local(prefix: str, local_prefix: str, doi: str, local: bool) -> None:
    """IsLocal* x10."""
    assert PatternGenerator(GeneratorSetup(prefix, local_prefix, OPUS)).is_local(doi) is local


def test_without_a_plug_in_the_built_in_generator_is_used() -> None:
    assert load("", SETUP) == PatternGenerator(SETUP)


@pytest.mark.parametrize("pattern", ["{local_prefix}-{id}", OPUS])
def test_the_built_in_generator_shows_its_pattern(pattern: str) -> None:
    assert PatternGenerator(GeneratorSetup("10.5072", "o", pattern)).generation_pattern() == (
        "10.5072/{local_prefix}-{id}"
    )


@pytest.mark.parametrize("path", ["site_dois.good", "site_dois:good"])
def test_a_function_gets_the_pattern_and_the_parts(plug_in: None, path: str) -> None:
    assert load(path, SETUP).generate(parts()) == "10.5072/p.ms-1"


def test_a_function_leaves_locality_to_the_built_in_generator(plug_in: None) -> None:
    found = load("site_dois.good", SETUP)
    assert (found.is_local("10.5072/opus-1"), found.is_local("10.5072/p.1")) == (True, False)


def test_a_class_generates_shows_its_pattern_and_says_what_is_local(plug_in: None) -> None:
    found = load("site_dois.Whole", SETUP)
    assert found.generate(parts()) == "10.5072/p/ms-1"
    assert found.generation_pattern() == "10.5072/p/N"
    assert [found.is_local(doi) for doi in ("10.5072/p/1", "https://doi.org/10.5072/p/1", "10.5072/opus-1")] == [
        True,
        True,
        False,
    ]


def test_no_plug_in_makes_a_doi_under_another_prefix_ours(plug_in: None) -> None:
    found = load("site_dois.Greedy", SETUP)
    assert (found.is_local("10.5072/x"), found.is_local("10.1594/x")) == (True, False)


@pytest.mark.parametrize(
    "path",
    [
        "nodots",
        "no.such.module",
        "site_dois.missing",
        "site_dois.number",
        ".",
        ":",
        "..x",
        "broken_dois.f",
        "failing_dois.f",
        "leaving_dois.f",
        "site_dois.WithoutSetup",
        "site_dois.Partial",
    ],
)
def test_a_wrong_path_to_a_plug_in_is_named(plug_in: None, path: str) -> None:
    """DoiGenerationWithMissingGenerationClass: missing, not loadable, not instantiable."""
    with pytest.raises(Misconfigured, match="generator") as raised:
        load(path, SETUP)
    assert repr(path) in str(raised.value)


def test_what_a_class_lacks_is_named(plug_in: None) -> None:
    with pytest.raises(Misconfigured, match="lacks generation_pattern and is_local: a class needs generate"):
        load("site_dois.Partial", SETUP)
    assert METHODS == ("generate", "generation_pattern", "is_local")


@pytest.mark.parametrize("name", ["raising", "leaving", "elsewhere", "unprintable", "Failing"])
def test_a_plug_in_that_fails_is_named_in_one_line(plug_in: None, name: str) -> None:
    """GenerateNewDoi*: `could not generate DOI using generator class`."""
    with pytest.raises(Misconfigured, match=rf"generator 'site_dois.{name}'") as raised:
        load(f"site_dois.{name}", SETUP).generate(parts())
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["nothing", "number_", "nonsense", "Nonsense"])
def test_a_plug_in_that_makes_nonsense_makes_no_doi(plug_in: None, name: str) -> None:
    with pytest.raises(InvalidDoi, match=f"generator 'site_dois.{name}'") as raised:
        load(f"site_dois.{name}", SETUP).generate(parts())
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["Failing", "Nonsense"])
def test_where_a_plug_in_fails_the_built_in_generator_says_what_is_local(plug_in: None, name: str) -> None:
    """IdentifierTest, IsLocalDoi* with a failing factory."""
    found = load(f"site_dois.{name}", SETUP)
    assert (found.is_local("10.5072/opus-1"), found.is_local("10.5072/p/1")) == (True, False)
    with pytest.raises(DoituiError, match=f"site_dois.{name}"):
        found.generation_pattern()
