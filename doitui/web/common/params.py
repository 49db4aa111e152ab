"""Query parameters, whose names may be written with dash or underscore."""

from __future__ import annotations

import falcon


def text(req: falcon.Request, dashed: str) -> str:
    """The parameter `dashed`, empty when it is absent."""
    return req.get_param(dashed) or req.get_param(dashed.replace("-", "_")) or ""


def values(req: falcon.Request, dashed: str) -> list[str]:
    """Its values, which are separated by commas."""
    return [value.strip() for value in text(req, dashed).split(",") if value.strip()]


def lower_values(req: falcon.Request, dashed: str) -> list[str]:
    """Its values in lower case."""
    return [value.lower() for value in values(req, dashed)]
