"""Acting as other Unix users: each in a child process that has changed its user and groups for good."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any

from doitui.cli.main import run


def doitui(database_url: str, *arguments: str) -> list[Any]:
    """[exit code, stdout, stderr] of `doitui ARGUMENTS` in this process."""
    sys.argv = ["doitui", "--database", database_url, *arguments]
    out, err, code = StringIO(), StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            run()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
    return [code, out.getvalue(), err.getvalue()]


def as_user(user: int, group: int, what: Callable[[], object], close: Sequence[int] = ()) -> Any:
    """The JSON result of `what`, called as `user` in `group` alone, with the usual umask. `close`: descriptors that
    only the child keeps.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([group])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            os.umask(0o022)
            os.write(writing, json.dumps(what()).encode())
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    for descriptor in (writing, *close):
        os.close(descriptor)
    with open(reading) as answer:
        result = answer.read()
    assert os.waitpid(child, 0)[1] == 0
    return json.loads(result)
