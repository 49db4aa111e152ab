"""Rules of the packages: who imports whom, and what a start loads. DESIGN 1."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

#: Package -> our packages that it may import.
MAY_IMPORT = {
    "doitui": {"doitui", "doitui_core", "doitui_middleware"},
    "doitui_core": {"doitui_core", "doitui_middleware"},
    "doitui_middleware": {"doitui_middleware"},
}

#: Interface libraries, only for `doitui`.
INTERFACE_LIBRARIES = {"click", "falcon", "textual", "waitress"}

#: Imported inside functions, so that a start does not load them.
HEAVY = {"peewee", "requests", "idutils", "lxml", "falcon", "textual", "jsonschema_rs", "psycopg", "waitress"}


def folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def modules(package: str) -> list[Path]:
    return sorted(folder(package).rglob("*.py"))


def imported(file: Path) -> set[str]:
    """The top-level packages a file imports, anywhere in it. Relative imports are its own."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that `statement` loads in a new Python."""
    result = f"import sys; before = set(sys.modules)\n{statement}\nprint(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", result], capture_output=True, text=True, check=True, timeout=60)
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_run_one_way(package: str, check_all: Callable[..., None]) -> None:
    def check(file: Path) -> None:
        assert imported(file) & set(MAY_IMPORT) <= MAY_IMPORT[package]

    check_all(check, modules(package))


def test_the_core_imports_no_interface_library(check_all: Callable[..., None]) -> None:
    def check(file: Path) -> None:
        assert imported(file) & INTERFACE_LIBRARIES == set()

    check_all(check, modules("doitui_core"))


def test_the_middleware_imports_only_the_standard_library(check_all: Callable[..., None]) -> None:
    def check(file: Path) -> None:
        assert imported(file) - {"doitui_middleware"} <= sys.stdlib_module_names

    check_all(check, modules("doitui_middleware"))


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_every_package_is_typed(package: str) -> None:
    assert (folder(package) / "py.typed").is_file()


def test_no_file_has_more_than_400_lines(check_all: Callable[..., None]) -> None:
    def check(file: Path) -> None:
        lines = len(file.read_text(encoding="utf-8").splitlines())
        assert lines <= 400

    check_all(check, [file for package in MAY_IMPORT for file in modules(package)])


def test_importing_the_middleware_loads_only_the_standard_library() -> None:
    assert loaded_by("import doitui_middleware") - sys.stdlib_module_names == {"doitui_middleware"}


START = "import sys; sys.argv = ['doitui', {!r}]\nfrom doitui.cli.main import run\ntry: run()\nexcept SystemExit: pass"


@pytest.mark.parametrize("option", ["--version", "--nonsense"])
def test_a_start_loads_nothing_heavy(option: str) -> None:
    assert loaded_by(START.format(option)) & HEAVY == set()


def test_help_loads_nothing_heavy() -> None:
    assert loaded_by(START.format("--help")) & HEAVY == set()


STATUS = START.replace("{!r}", "'--database', {!r}, 'status'")


def test_on_sqlite_no_command_loads_postgresql_drivers(tmp_path: Path) -> None:
    assert "psycopg_binary" not in loaded_by(STATUS.format(f"sqlite:///{tmp_path / 'none.db'}"))


def test_on_postgresql_the_driver_is_loaded(postgres: str) -> None:
    assert "psycopg_binary" in loaded_by(STATUS.format(postgres))


def test_import_linter_contracts_are_kept() -> None:
    """The contracts of import-linter in pyproject.toml, as `lint-imports` checks them."""
    config = Path(__file__).parents[1] / "pyproject.toml"
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", code, "--config", str(config), "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
