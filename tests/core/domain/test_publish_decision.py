"""The four documented cases of OPUS 4, the override of a record, and Heratio's `auto_mint`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doitui_core.domain.publish_decision import OF_RECORD, PublishDecision, PublishRules, decide

OFF_ON = (False, True)


def test_the_four_cases_of_opus_their_override_and_auto_mint(check_all: Callable[..., None]) -> None:
    """Every combination of the three settings and the override, for a record without a DOI."""

    def check(auto_create: bool, register: bool, auto_mint: bool, override: str) -> None:
        rules = PublishRules(auto_create, register, auto_mint, override)
        made = decide(rules, has_doi=False, foreign=False, minted=False)
        creates = {"true": True, "false": False, "": auto_create or auto_mint}[override]
        assert (bool(made.create), bool(made.register)) == (creates, register or auto_mint)

    check_all(check, OFF_ON, OFF_ON, OFF_ON, ("", "true", "false"))


def test_auto_mint_is_both_settings_of_opus_at_once(check_all: Callable[..., None]) -> None:
    def check(override: str, **facts: Any) -> None:
        def done(*settings: bool) -> tuple[bool, bool]:
            made = decide(PublishRules(*settings, override=override), **facts)
            return bool(made.create), bool(made.register)

        assert done(False, False, True) == done(True, True, False) == done(True, True, True)

    def with_facts(override: str, has_doi: bool, foreign: bool, minted: bool) -> None:
        check(override, has_doi=has_doi, foreign=foreign, minted=minted)

    check_all(with_facts, ("", "true", "false"), OFF_ON, OFF_ON, OFF_ON)


def test_the_setting_that_causes_it_is_named() -> None:
    def causes(**rules: Any) -> tuple[str, str]:
        made = decide(PublishRules(**rules), has_doi=False, foreign=False, minted=False)
        return made.create, made.register

    assert causes(auto_create=True, register_at_publish=True) == ("auto_create", "register_at_publish")
    assert causes(auto_mint=True) == ("auto_mint", "auto_mint")
    assert causes(auto_mint=True, override="true") == (OF_RECORD, "auto_mint")


def test_never_a_second_doi_never_for_a_foreign_one_and_never_twice(check_all: Callable[..., None]) -> None:
    def check(auto_create: bool, register: bool, auto_mint: bool, override: str) -> None:
        rules = PublishRules(auto_create, register, auto_mint, override)
        assert decide(rules, has_doi=True, foreign=False, minted=False).create == ""
        assert decide(rules, has_doi=False, foreign=True, minted=False) == PublishDecision()
        assert decide(rules, has_doi=True, foreign=False, minted=True) == PublishDecision()

    check_all(check, OFF_ON, OFF_ON, OFF_ON, ("", "true", "false"))
