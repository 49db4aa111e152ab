"""Who may change things from the terminal UI: the login names in the setting `operators`; empty, everybody."""

from __future__ import annotations

from doitui_core.config import settings


def refusal(name: str) -> str:
    """Why `name` may not; empty if they may."""
    allowed = settings.load().get("operators").split()
    if not allowed or name in allowed:
        return ""
    return f"{name} is not among the operators ({', '.join(allowed)}): `doitui setting set operators '…'` names them"
