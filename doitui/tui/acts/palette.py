"""The command palette: every action of the screen by name, every section, and any DOI."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider

from doitui.tui import actions
from doitui.tui.text import harmless
from doitui_core.domain import doi_spelling

if TYPE_CHECKING:
    from doitui.tui.host import Host


class Commands(Provider):
    """The actions of the screen, and a search for the typed DOI."""

    @property
    def _app(self) -> Host:
        return self.app  # type: ignore[return-value]

    def _listed(self) -> list[actions.Action]:
        return [action for action in actions.for_screen(self._app.screen_name) if action.id != "palette"]

    async def discover(self) -> Hits:
        """Every action of the screen, before anything is typed."""
        for action in self._listed():
            yield DiscoveryHit(f"{action.name}  ({action.key})", partial(self._do, action.id), help=action.help)

    async def search(self, query: str) -> Hits:
        """Actions and DOIs that match `query`."""
        matcher = self.matcher(query)
        if (doi := doi_spelling.bare(query)).startswith("10."):
            # `Text`, so that brackets are not markup.
            yield Hit(1.0, Text(f"DOIs: {harmless(doi)}"), partial(self._find, doi), help="the DOIs that begin so")
        for action in self._listed():
            text = f"{action.name}  ({action.key})"
            if (score := matcher.match(f"{text} {action.help}")) > 0:
                yield Hit(score, text, partial(self._do, action.id), help=action.help)

    def _do(self, name: str) -> None:
        if (section := self._app.shown_section) is not None:
            section.action_act(name)

    def _find(self, text: str) -> None:
        self._app.show_list("dois", f"doi:{text}")
