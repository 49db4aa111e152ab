"""Exit codes: by the branch of an error in the exception hierarchy, and by the cause of a job's outcome."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from doitui_core.errors import BadInput, Misconfigured, Refused, RemoteFailed

DONE, SOME_FAILED, USAGE, CONFIGURATION, UNREACHABLE = range(5)

#: The first match counts. Any other error: some items failed.
BY_ERROR: tuple[tuple[type[Exception], int], ...] = (
    (BadInput, USAGE),
    (Misconfigured, CONFIGURATION),
    (RemoteFailed, UNREACHABLE),
    (Refused, SOME_FAILED),
    (UnicodeEncodeError, USAGE),  # an argument that is not valid text
)

#: Any other cause: some items failed.
BY_CAUSE = dict.fromkeys(("credentials", "configuration"), CONFIGURATION) | dict.fromkeys(
    ("unreachable", "no_answer", "resolver_unreachable", "server_error", "firewall", "proxy", "throttled"), UNREACHABLE
)


def for_error(error: Exception) -> int:
    """The exit code for an error that ends a command."""
    return next((code for branch, code in BY_ERROR if isinstance(error, branch)), SOME_FAILED)


def for_cause(cause: str) -> int:
    """The exit code for a job that was not done."""
    return BY_CAUSE.get(cause, SOME_FAILED)


def leave(code: int) -> None:
    """End the command with `code`, unless it is 0."""
    if code:
        sys.exit(code)


def leave_items(failed: Sequence[int], total: int) -> None:
    """End a command over `total` items, given the codes of those that failed: their code if all failed with the same
    one, else 1.
    """
    if failed:
        leave(failed[0] if len(failed) == total and len(set(failed)) == 1 else SOME_FAILED)
