"""The documentation agrees with the program, and its examples run."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from doitui.web.common.accounts import Account
from doitui.web.sandbox.server import running_sandbox

ROOT = Path(__file__).parents[1]


def load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["commands.md", "settings.md"])
def test_generated_pages_are_up_to_date(page: str) -> None:
    expected = load_generator().PAGES[page]()
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == expected, "run `python docs/generate.py`"


@pytest.mark.parametrize("page", ["reference.md", "screens.md", "troubleshooting.md"])
def test_generated_parts_of_pages_are_up_to_date(page: str) -> None:
    expected = load_generator().with_parts(page)
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == expected, "run `python docs/generate.py`"


def test_readme_names_the_two_commands_that_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/doitui demo" in readme
    assert "python3 -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox" in readme


def test_contributing_gives_a_reason_for_every_dependency() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [name for extra, names in project["optional-dependencies"].items() if extra != "all" for name in names]
    packages = [name.split(">=")[0].split("[")[0] for name in [*project["dependencies"], *extras]]
    reasons = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Why each dependency")[2]
    assert [package for package in packages if package not in reasons] == []


#: tests/middleware/test_frameworks.py runs its examples, with the frameworks.
RUN_ELSEWHERE = {"middleware.md"}


def examples(page: Path) -> str:
    """The Python blocks of a page, joined."""
    return "\n".join(re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))


PAGES = [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if examples(page)]

#: The WSGI site that the examples wrap.
SITE = """def application(environ, start_response):
    start_response("200 OK", [])
    return [b"a record"]

"""


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory with `archive.db`, set up with the commands of the README and a sandbox."""
    monkeypatch.setenv("DATACITE_PASSWORD", "demo")
    with running_sandbox([Account("DEMO.REPO", "demo", frozenset(("10.5072",)))]) as sandbox:
        doitui(tmp_path, "init")
        options = ("--prefix", "10.5072", "--account", "DEMO.REPO", "--password-env", "DATACITE_PASSWORD")
        page = ("--landing-page", "https://archive.example.org/{object_id}", "--url", sandbox.url)
        doitui(tmp_path, "repository", "set", "h", *options, *page)
        yield tmp_path


def doitui(place: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "doitui", "--database", "sqlite:///archive.db", *arguments]
    subprocess.run(command, cwd=place, check=True, capture_output=True, timeout=120)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name not in RUN_ELSEWHERE], ids=lambda page: str(page.name)
)
def test_every_python_example_runs_as_printed(page: Path, archive: Path) -> None:
    code = SITE + examples(page).replace("/var/spool/doitui", str(archive / "spool"))
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=archive, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "findable" in done.stdout


def test_no_page_uses_what_is_internal() -> None:
    internal = r"^\s*(?:from doitui_core\.\w+|import doitui_core\.\w+|from doitui_core import (?!errors\b))"
    found = [(page.name, line) for page in PAGES for line in re.findall(f"{internal}.*", examples(page), re.MULTILINE)]
    assert found == []


def test_the_page_on_python_names_every_function() -> None:
    import doitui_core

    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8").partition("## The functions")[2]
    assert [name for name in doitui_core.__all__ if f"`{name}(" not in page] == []
