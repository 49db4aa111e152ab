"""What of Textual is mended past its public names, once, before a screen is made."""

from __future__ import annotations

from functools import _lru_cache_wrapper, lru_cache
from typing import Any

from textual._styles_cache import StylesCache
from textual.drivers import _writer_thread

#: A cache of two colours, with the whole rendering of a widget in its key, which its answer does not depend on.
_HOLDING = "get_inner_outer"


def apply() -> None:
    """Mend what is not as screens that stay open for days over SSH need it."""
    # Paints on their way to the terminal. Textual lets thirty wait: a slow line would show what a key that is held
    # down did for a quarter of a minute after it was let go. With one, the next paint waits, and has all that came
    # meanwhile.
    _writer_thread.MAX_QUEUED_WRITES = 1  # type: ignore[misc]
    # It keeps all lines of the last thousand widgets, those of closed pages too: 0.4 MB a page (Textual #6665).
    found: Any = vars(StylesCache).get(_HOLDING)
    if isinstance(found, _lru_cache_wrapper):
        of_colours: Any = lru_cache(1024)(found.__wrapped__)
        setattr(StylesCache, _HOLDING, classmethod(of_colours))
