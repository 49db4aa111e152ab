"""Changes to private parts of Textual, made once, before the first screen."""

from __future__ import annotations

from functools import _lru_cache_wrapper, lru_cache
from typing import Any

from textual._styles_cache import StylesCache
from textual.drivers import _writer_thread

#: A cached method that computes two colours, with a whole widget in the key of its cache.
_CACHED = "get_inner_outer"


def apply() -> None:
    """Change what harms screens that stay open for days over SSH."""
    # Frames that wait to be written. With Textual's thirty, a slow line would go on scrolling for 15 s after a key was
    # released. With one, the next frame waits, and has everything that changed meanwhile.
    _writer_thread.MAX_QUEUED_WRITES = 1  # type: ignore[misc]
    # The cache keeps the last thousand widgets alive, also of closed pages: 0.4 MB a page (Textual #6665).
    found: Any = vars(StylesCache).get(_CACHED)
    if isinstance(found, _lru_cache_wrapper):
        of_colours: Any = lru_cache(1024)(found.__wrapped__)
        setattr(StylesCache, _CACHED, classmethod(of_colours))
