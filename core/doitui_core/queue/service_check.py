"""Whether the service itself answers a GET that changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from doitui_core.domain import intermediary
from doitui_core.domain.intermediary import ServiceProfile
from doitui_core.errors import Misconfigured, RemoteFailed

if TYPE_CHECKING:
    from doitui_core.domain.answer import Answer


def answered(look: Callable[[], Answer], service: ServiceProfile) -> bool:
    """Whether the service itself answers a GET that changes nothing: in its own words, and not with 5xx."""
    try:
        answer = look()
    except (RemoteFailed, Misconfigured):
        return False
    return answer.status < 500 and not intermediary.interferer(answer, service)
