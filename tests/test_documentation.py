"""Every command that README, docs and `--help` print runs as printed. `printed_commands` says how a page is written."""

from __future__ import annotations

import ast
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest

import doitui_core
from doitui.cli.main import doitui
from doitui.web.common.accounts import Account
from doitui.web.sandbox.server import running_sandbox

from . import command_server, printed_commands
from .printed_commands import Block

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

#: Absolute paths of pages, which become directories of the test.
SYSTEM = re.compile(r"(?<![\w.)-])/(?=(?:opt|srv|var|etc|run)/)")

CAPTURED: dict[str, Any] = {"capture_output": True, "text": True, "check": False}

#: Seconds for all blocks of a page.
PATIENCE = 300


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def with_block(kind: str, condition: Callable[[Block], bool] = lambda _: True) -> list[Path]:
    return [page for page in PAGES if any(b.kind == kind and condition(b) for b in printed_commands.blocks(page))]


@pytest.fixture(scope="session")
def programs() -> Iterator[Path]:
    """A directory with the program `doitui`, which starts in a few milliseconds."""
    place = Path(tempfile.mkdtemp(prefix="doitui-"))  # short: the address of a socket has 108 bytes at most
    address = str(place / "socket")
    command_server.write_client(place / "doitui", address)
    server = subprocess.Popen([sys.executable, command_server.__file__, address], start_new_session=True)
    wait_until((place / "socket").exists)
    yield place
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    shutil.rmtree(place)


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


@dataclass
class Place:
    """Where a page runs: a home directory, and directories in place of /opt, /srv, /var and /etc."""

    root: Path
    programs: Path
    environment: dict[str, str]
    replaced: dict[str, str]

    def here(self, text: str) -> str:
        """`text` of a page as it runs in this test."""
        for printed, own in self.replaced.items():
            text = text.replace(printed, own)
        return SYSTEM.sub(f"{self.root}/", text)

    def printed(self, text: str) -> str:
        """Output of a command as a page would show it."""
        for printed, own in self.replaced.items():
            text = text.replace(own, printed)
        return text.replace(f"{self.root}/home", "~").replace(str(self.root), "")


@pytest.fixture
def place(tmp_path: Path, programs: Path) -> Place:
    """A home with the sample files, and an installation in /opt/doitui."""
    var = ("var/spool/doitui", "var/log/doitui", "var/backups/doitui")
    for folder in ("home", "opt/doitui", "srv/archive", "etc/doitui", *var):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "opt/doitui/bin").symlink_to(programs)
    shutil.copytree(ROOT / "docs/samples", tmp_path / "home/docs/samples")
    for document in ("map-01.xml", "map-02.xml"):  # what a reader has in `records`
        (tmp_path / "home/records").mkdir(exist_ok=True)
        shutil.copy(ROOT / "docs/samples/maps" / document, tmp_path / "home/records")
    path = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"HOME": str(tmp_path / "home"), "PATH": path, "LANG": "C.UTF-8", "LOGNAME": "ida", "USER": "ida"}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    year = datetime.now(UTC).year
    replaced = {"127.0.0.1:8080": f"127.0.0.1:{port}", "--port 8080": f"--port {port}", "/h/2026/": f"/h/{year}/"}
    replaced["DATACITE_PASSWORD=…"] = "DATACITE_PASSWORD=demo"
    return Place(tmp_path, programs, environment, replaced)


def run_page(page: Path, place: Place) -> str:
    """Run the blocks of the page in one shell; what is wrong with what they print, empty for nothing."""
    (place.root / "home" / "page.sh").write_text(place.here(script(page)), encoding="utf-8")
    with open(place.root / "output", "w+b") as output:
        shell = subprocess.Popen(
            ["/bin/sh", "page.sh"],
            cwd=place.root / "home",
            env=place.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = shell.wait(PATIENCE)
        finally:
            end_group(shell.pid)
        output.seek(0)
        return difference(page, place.printed(output.read().decode("utf-8", "replace")), code)


def end_group(group: int) -> None:
    """End what the page left in the background; its processes pass SIGTERM on to `doitui`."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)


def script(page: Path) -> str:
    """All blocks of the page that are run, as one shell script that prints a line before each."""
    parts = ["set -e\n"]
    for block in printed_commands.blocks(page):
        if block.kind == "sh" and not block.skipped:
            parts += [f"echo '@@ {block.line}'\n", as_script(block)]
    return "".join(parts)


def as_script(block: Block) -> str:
    if "background" in block.options:
        lines = printed_commands.without_comments(block.text).replace("\\\n", " ").strip().splitlines()
        return "".join(in_background(line.strip(), f"background-{block.line}-{at}") for at, line in enumerate(lines))
    if code := block.options.get("exit"):
        return f"set +e\n{block.text}_code=$?\nset -e\n[ $_code = {code} ] || {{ echo exit code $_code; exit 1; }}\n"
    return block.text


def in_background(line: str, output: str) -> str:
    wait = f'while [ ! -s "$HOME/{output}" ]; do sleep 0.05; kill -0 $! || exit 1; done'
    return f'{line} >"$HOME/{output}" 2>&1 &\n{wait}\n'


def difference(page: Path, output: str, code: int) -> str:
    """Empty if all blocks ran and printed what the page shows."""
    printed = {int(line): text for line, text in re.findall(r"^@@ (\d+)\n(.*?)(?=^@@ |\Z)", output, re.M | re.S)}
    last = max(printed, default=0)
    if code:
        return f"{name(page)}:{last} ended with exit code {code}:\n{printed.get(last, output)}"
    found = printed_commands.blocks(page)
    for block, following in itertools.pairwise(found):
        if block.line in printed and following.follows and following.kind == "text":
            shown = printed[block.line]
            if not printed_commands.agrees(following.text, shown):
                return f"{name(page)}:{following.line}: the command prints:\n{shown}"
    return ""


@pytest.mark.parametrize("page", with_block("sh", lambda block: not block.skipped), ids=name)
def test_every_command_of_a_page_runs_as_printed(
    page: Path, place: Place, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = printed_commands.needs(page)
    if "postgresql" in wanted:
        place.replaced["postgresql://doitui@db.example.org/doitui"] = request.getfixturevalue("postgres_schema")
    with ExitStack() as stack:
        if "sandbox" in wanted:
            account = Account("ABCD.REPO", "demo", frozenset(("10.5072",)))
            sandbox = stack.enter_context(running_sandbox([account]))
            place.environment |= {"DOITUI_DATACITE_URL": sandbox.url}
        assert run_page(page, place) == ""


def test_every_link_of_a_page_leads_to_a_file() -> None:
    links = [
        (page, link) for page in PAGES for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    ]
    assert [f"{name(page)}: {link}" for page, link in links if not (page.parent / link).exists()] == []


def every_sh_block() -> list[tuple[Path, Block]]:
    return [(page, block) for page in PAGES for block in printed_commands.blocks(page) if block.kind == "sh"]


def test_every_block_says_how_it_is_tested(check_all: Callable[..., None]) -> None:
    def check(page_and_block: tuple[Path, Block]) -> None:
        page, block = page_and_block
        assert not block.skipped or block.skipped in printed_commands.SKIPPED, f"{name(page)}:{block.line}"
        assert set(block.options) <= {"skip", "exit", "background"}, f"{name(page)}:{block.line}: {block.options}"
        assert printed_commands.needs(page) <= set(printed_commands.SERVICES), name(page)

    check_all(check, every_sh_block())


def test_every_shell_block_can_be_parsed() -> None:
    # One shell for all: each block is a function, which is parsed and not called.
    for page, block in every_sh_block():
        done = subprocess.run(["/bin/sh", "-n"], input=block.text.encode(), capture_output=True, check=False)
        assert done.returncode == 0, f"{name(page)}:{block.line}: {done.stderr.decode()}"


def test_every_command_of_doitui_that_a_page_prints_exists() -> None:
    wrong = [
        f"{name(page)}:{block.line}: doitui {' '.join(words)}: {complaint}"
        for page, block in every_sh_block()
        for words in printed_commands.doitui_commands(printed_commands.without_comments(block.text))
        if (complaint := printed_commands.complaint(doitui, words))
    ]
    assert wrong == []


def commands(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for child in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), child)
            assert found is not None
            yield from commands(found)


def test_every_example_of_help_exists() -> None:
    wrong = []
    for command in commands(doitui):
        for example in re.findall(r"^ *Example: (.*?)\n *(?:\n|\Z)", f"{command.help}\n", re.M | re.S):
            found = list(printed_commands.doitui_commands(" ".join(example.split())))
            assert found, f"{command.name}: no command in {example!r}"
            wrong += [f"{example}: {text}" for words in found if (text := printed_commands.complaint(doitui, words))]
    assert wrong == []


def messages() -> Iterator[tuple[str, str]]:
    """(file, text) of all texts of the program, with X in place of what is put in."""
    for package in (Path(doitui_core.__file__).parent, ROOT / "doitui"):
        for file in sorted(package.rglob("*.py")):
            source = file.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(source if "`doitui " in source else "")):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield file.name, node.value
                elif isinstance(node, ast.JoinedStr):
                    parts = [str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values]
                    yield file.name, "".join(parts)


def test_every_command_that_a_message_names_exists() -> None:
    wrong = set()
    for file, text in messages():
        for printed in re.findall(r"`(doitui [a-z][^`]+)`", text):
            for words in printed_commands.doitui_commands(printed):
                # A message may name a group: `doitui usage-report`. What is cut out of a text may end in it.
                complaint = printed_commands.complaint(doitui, words)
                if complaint and "needs a command" not in complaint and not complaint.startswith("missing"):
                    wrong.add(f"{file}: {printed}: {complaint}")
    assert wrong == set()


def crontab_lines(page: Path) -> list[str]:
    text = "".join(block.text for block in printed_commands.blocks(page) if block.kind == "crontab")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("page", with_block("crontab"), ids=name)
def test_every_line_of_a_crontab_runs_as_cron_runs_it(page: Path, place: Place) -> None:
    account = Account("ABCD.REPO", "demo", frozenset(("10.5072",)))
    with running_sandbox([account]) as sandbox:
        place.environment |= {"DOITUI_DATACITE_URL": sandbox.url, "DATACITE_PASSWORD": "demo"}
        url = "sqlite:////srv/archive/archive.db"
        set_up = f"doitui --database {url} init && doitui --database {url} repository set h --prefix 10.5072"
        set_up += (
            " --account ABCD.REPO --password-env DATACITE_PASSWORD --landing-page https://a.example.org/{object_id}"
        )
        done = subprocess.run(["/bin/sh", "-c", place.here(set_up)], env=place.environment, **CAPTURED)
        assert done.returncode == 0, done.stderr
        found = {"HOME": place.environment["HOME"], "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": "ida"}
        for line in crontab_lines(page):
            if variable := re.fullmatch(r"(\w+)=(.*)", line):
                found[variable[1]] = place.here(variable[2])
                continue
            command = place.here(as_cron_reads(line))
            environment = found | {"DOITUI_DATACITE_URL": sandbox.url}
            done = subprocess.run(["/bin/sh", "-c", command], env=environment, cwd=found["HOME"], **CAPTURED)
            assert (done.returncode, done.stderr) == (0, ""), line


def as_cron_reads(line: str) -> str:
    """The command of a line: after five fields or @daily, up to a % without a backslash."""
    fields = 1 if line.startswith("@") else 5
    command = line.split(None, fields)[fields]
    assert not re.search(r"(?<!\\)%", command), f"cron ends this command at its %: {line}"
    return command.replace("\\%", "%")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
@pytest.mark.parametrize("page", with_block("ini", lambda block: "[Unit]" in block.text), ids=name)
def test_systemd_accepts_every_unit_of_a_page(page: Path, place: Place) -> None:
    units = []
    for block in printed_commands.blocks(page):
        if block.kind == "ini" and "[Unit]" in block.text:
            title = re.match(r"# (?:\S*/)?([\w.@-]+\.(?:service|timer))\n", block.text)
            units.append(place.root / (title[1] if title else f"doitui-{block.line}.service"))
            units[-1].write_text(place.here(block.text), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if str(place.root) in line or "doitui" in line]
    assert (done.returncode, said) == (0, [])


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="there is no logrotate")
@pytest.mark.parametrize("page", with_block("logrotate"), ids=name)
def test_logrotate_accepts_every_file_of_a_page(page: Path, place: Place) -> None:
    for block in printed_commands.blocks(page):
        if block.kind == "logrotate":
            file = place.root / "logrotate.conf"
            text = re.sub(r"^ *(?:su|create .*) .*\n", "", place.here(block.text), flags=re.M)  # users of this machine
            file.write_text(text, encoding="utf-8")
            file.chmod(0o644)
            state = ["--state", str(place.root / "state")]
            done = subprocess.run(["logrotate", "--debug", *state, file], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            assert "error:" not in done.stderr, done.stderr
