"""What a user can do to the DOIs of a list or a page. Each DOI is checked first, in a thread, so that the dialog says
what can be done, what cannot, and why.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partialmethod
from typing import TYPE_CHECKING, Any

from doitui.tui.acts.plans import Plan

if TYPE_CHECKING:
    from doitui.tui.host import Host
    from doitui_core.views.rows import DoiRow
    from doitui_core.views.windows import Window


class DoiActs:
    """A mixin for every `Section` whose rows are DOIs."""

    doitui: Host

    def chosen_dois(self) -> list[DoiRow] | tuple[Window, int]:
        """The rows to act on; or a whole list, and how many rows it has on the screen."""
        raise NotImplementedError

    def act_mint(self) -> None:
        """Ask, then mint the chosen records or DOIs."""
        self._propose("mint")

    def _propose(self, name: str) -> None:
        """Ask, then do `name` to the chosen DOIs."""
        chosen = self.chosen_dois()
        self._ask(lambda plans, operator: plans.plan(name, chosen, operator))

    act_update = partialmethod(_propose, "update")
    act_verify = partialmethod(_propose, "verify")
    act_deactivate = partialmethod(_propose, "deactivate")
    act_restore = partialmethod(_propose, "restore")
    act_abandon = partialmethod(_propose, "abandon")
    act_adopt = partialmethod(_propose, "adopt")
    act_sync = partialmethod(_propose, "sync")

    def act_set_url(self) -> None:
        """Ask, then change the landing page of one DOI: two cannot lead to the same page."""
        chosen = self.chosen_dois()
        if isinstance(chosen, list) and len(chosen) == 1:
            self._ask(lambda plans, operator: plans.set_url(chosen[0], operator))
        else:
            self.doitui.say("the landing page is changed one DOI at a time: clear the marks", bad=True)

    def act_register_all(self) -> None:
        """Ask, then run `doitui cron register-local`."""
        self._ask(lambda plans, operator: plans.register_all(operator))

    def act_verify_all(self) -> None:
        """Ask, then run `doitui cron verify-local`."""
        self._ask(lambda plans, operator: plans.verify_all(operator))

    def _ask(self, make: Callable[[Any, str], Plan]) -> None:
        """Propose the plan that `make` gets from `doi_plans` in a thread; or show its error."""
        operator = self.doitui.operator

        def work() -> Plan:
            from doitui.tui.acts import doi_plans

            return make(doi_plans, operator)

        self.doitui.slow.ask("consider", work, self.doitui.acting.propose, self.doitui.lost)
