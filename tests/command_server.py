"""`doitui` without its start: a process that has imported it, and forks for each call.

A shell calls `doitui` a hundred times in the tests of the documentation, and each start takes a third of a second. Here
`doitui` is a small program that passes its arguments, environment, directory and files to the server, and signals on to
the process that the server forks, in which the real entry point runs.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import traceback
from pathlib import Path

CLIENT = """#!{python} -IS
import json, os, signal, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
call = json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(server, [b"%12d" % len(call)], [0, 1, 2])
server.sendall(call)
process = int(server.recv(12))
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, lambda number, frame: os.kill(process, number))
sys.exit(int(server.recv(12)))
"""


def write_client(place: Path, address: str) -> None:
    """Write the program `doitui` to `place`."""
    place.write_text(CLIENT.format(python=sys.executable, address=address), encoding="ascii")
    place.chmod(0o755)


def serve(address: str) -> None:
    """Fork for each call at the socket `address`, until the process is ended or its parent has gone."""
    parent = os.getppid()
    _import_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    server.listen(16)
    server.settimeout(1)
    while os.getppid() == parent:
        try:
            client, _ = server.accept()
        except TimeoutError:
            continue
        client.settimeout(None)
        if os.fork() == 0:
            server.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _wait_for(client)
        client.close()


def _import_all() -> None:
    from importlib import import_module

    from doitui.cli.main import COMMANDS

    for module in set(COMMANDS.values()):
        import_module(f"doitui.cli.{module}")
    for module in ("operations.nightly", "operations.backups", "worker.worker", "views.doctor", "records.importing"):
        import_module(f"doitui_core.{module}")
    import_module("doitui.web.sandbox.server")


def _wait_for(client: socket.socket) -> None:
    """Run the call in another process, and tell the client its number and its exit code."""
    length, files, _, _ = socket.recv_fds(client, 12, 3)
    call = b""
    while len(call) < int(length):
        call += client.recv(65536)
    process = os.fork()
    if process == 0:
        client.close()
        _run(json.loads(call), files)
    client.sendall(b"%12d" % process)
    _, status = os.waitpid(process, 0)
    client.sendall(b"%12d" % (os.waitstatus_to_exitcode(status) % 256))
    os._exit(0)


def _run(call: tuple[list[str], str, dict[str, str]], files: list[int]) -> None:
    sys.argv, directory, environment = call
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode, closefd=False) for number, mode in enumerate("rww"))  # noqa: SIM115
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    from doitui.cli.main import run

    code = 1
    try:
        run()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(bool(leaving.code))
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
