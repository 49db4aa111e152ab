"""Which branch of the error tree ends a command with which exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from doitui_core.errors import BadInput, Misconfigured, Refused, RemoteFailed

DONE, SOME_FAILED, USAGE, CONFIGURATION, UNREACHABLE = range(5)

#: Most special first. Whatever is not named: some items failed.
EXIT_OF: tuple[tuple[type[Exception], int], ...] = (
    (BadInput, USAGE),
    (Misconfigured, CONFIGURATION),
    (RemoteFailed, UNREACHABLE),
    (Refused, SOME_FAILED),
    (UnicodeEncodeError, USAGE),  # an argument that is no text
)

#: The exit code of a job that was not done, by the cause of its last outcome; any other: some items failed.
EXIT_OF_CAUSE = {
    "credentials": CONFIGURATION,
    "configuration": CONFIGURATION,
    "unreachable": UNREACHABLE,
    "no_answer": UNREACHABLE,
    "resolver_unreachable": UNREACHABLE,
    "server_error": UNREACHABLE,
    "firewall": UNREACHABLE,
    "proxy": UNREACHABLE,
    "throttled": UNREACHABLE,
}


def for_error(error: Exception) -> int:
    """The exit code for an error that ends a command."""
    return next((code for branch, code in EXIT_OF if isinstance(error, branch)), SOME_FAILED)


def for_items(codes: Sequence[int], failed: Sequence[int]) -> int:
    """The exit code of a command over several items, given the codes of those that failed.

    All failed for the same reason: that reason's code. Some failed, or for different reasons: 1.
    """
    if not failed:
        return DONE
    return failed[0] if len(failed) == len(codes) and len(set(failed)) == 1 else SOME_FAILED


def leave(code: int) -> None:
    """End the command with `code`, unless it is 0."""
    if code:
        sys.exit(code)
