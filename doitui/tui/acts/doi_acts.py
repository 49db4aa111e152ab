"""What can be done to the DOIs of a list or of a page. Each is looked at first, so that the question says what can be
done and what cannot, and why. All of it is worked out in a thread; the event loop only asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from doitui.tui.acts.plans import Plan

if TYPE_CHECKING:
    from doitui.tui.host import Host
    from doitui_core.views.rows import DoiRow
    from doitui_core.views.windows import Window


class DoiActs:
    """For screens whose rows are DOIs. Whoever mixes it in is a `Section` and says what is `chosen_dois`."""

    doitui: Host

    def chosen_dois(self) -> list[DoiRow] | tuple[Window, int]:
        """The rows an act is for; or a whole list, and how many rows it had when that was said."""
        raise NotImplementedError

    def act_mint(self) -> None:
        """Ask, then mint the chosen records or DOIs."""
        self._consider("mint")

    def act_update(self) -> None:
        """Ask, then send the metadata of the chosen DOIs again."""
        self._consider("update")

    def act_verify(self) -> None:
        """Ask, then compare the chosen DOIs with DataCite and the resolver."""
        self._consider("verify")

    def act_deactivate(self) -> None:
        """Ask, then turn the chosen DOIs into tombstones."""
        self._consider("deactivate")

    def act_restore(self) -> None:
        """Ask, then make tombstones findable again."""
        self._consider("restore")

    def act_abandon(self) -> None:
        """Ask, then abandon DOIs that were never registered."""
        self._consider("abandon")

    def act_adopt(self) -> None:
        """Ask, then take over DOIs that exist at DataCite."""
        self._consider("adopt")

    def act_sync(self) -> None:
        """Ask, then store DataCite's present state of the chosen DOIs."""
        self._consider("sync")

    def act_set_url(self) -> None:
        """Of one DOI: two cannot lead to the same page."""
        chosen, operator = self.chosen_dois(), self.doitui.operator
        if not isinstance(chosen, list) or len(chosen) != 1:
            self.doitui.say("the landing page is changed one DOI at a time: take the marks away", bad=True)
            return

        def work() -> Plan:
            from doitui.tui.acts import doi_plans

            return doi_plans.set_url(chosen[0], operator)

        self._work_out(work)

    def act_register_all(self) -> None:
        """Ask, then run `doitui cron register-local`."""
        operator = self.doitui.operator

        def work() -> Plan | str:
            from doitui.tui.acts import doi_plans

            many = doi_plans.unregistered().count()
            return doi_plans.register_all(many, operator) if many else "every published record has its DOI registered"

        self._work_out(work)

    def act_verify_all(self) -> None:
        """Ask, then run `doitui cron verify-local`."""
        operator = self.doitui.operator

        def work() -> Plan | str:
            from doitui.tui.acts import doi_plans

            many = doi_plans.registered()
            return doi_plans.verify_all(many, operator) if many else "there is no registered DOI to verify"

        self._work_out(work)

    def _consider(self, name: str) -> None:
        """Look at what was chosen, then ask."""
        chosen, operator = self.chosen_dois(), self.doitui.operator

        def work() -> Plan | str:
            from doitui.tui.acts import doi_plans

            if not isinstance(chosen, list):
                return doi_plans.matching(name, *chosen, operator)
            fit, unfit = doi_plans.checked(name, chosen)
            if not fit:
                return unfit[0][1] if unfit else "there is no DOI here to do this to"
            return doi_plans.chosen(name, fit, unfit, operator)

        self._work_out(work)

    def _work_out(self, work: Callable[[], Plan | str]) -> None:
        """Ask what `work` comes to; or tell why there is nothing to ask."""

        def ask(found: Plan | str) -> None:
            if isinstance(found, str):
                self.doitui.say(found, bad=True)
            else:
                self.doitui.acting.propose(found)

        self.doitui.slow.ask("consider", work, ask, self.doitui.lost)
