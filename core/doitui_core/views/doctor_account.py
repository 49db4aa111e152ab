"""The doctor's checks of a repository account at DataCite: prefix, domains of landing pages, API keys."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from doitui_core.clock import iso
from doitui_core.config.repositories import Config
from doitui_core.datacite.rest import RestClient
from doitui_core.domain import repository_account
from doitui_core.domain.repository_account import AccountFacts, ApiKey
from doitui_core.errors import RemoteFailed
from doitui_core.text import list_names, plural
from doitui_core.views import landing_hosts
from doitui_core.views.doctor_check import FAIL, OK, WARN, Check
from doitui_core.views.landing_hosts import Host

#: Hosts, prefixes, keys or domains that a check names one by one.
NAMED = 3


def checks(config: Config, client: RestClient, *, thorough: bool) -> list[Check]:
    """What DataCite says of the account, which has accepted our password, against what is set. Two requests."""
    try:
        facts = repository_account.from_answer(client.account_facts())
        keys = repository_account.keys_from_answer(client.api_keys())
    except RemoteFailed as error:
        message = f"its prefixes and domains could not be read: {error}"
        return [Check(f"repository {config.code}", WARN, message, f"curl -sS {config.url}/heartbeat")]
    found = key_check(config.code, client.account, keys)
    if facts is None:
        return found
    found += account_checks(config, client.account, facts)
    if repository_account.ANY_DOMAIN not in facts.domains:
        found += template_checks(config, client.account, facts)
        hosts = landing_hosts.of_records(config.repository_id, thorough=thorough)
        found += host_check(config.code, client.account, facts, hosts, thorough=thorough)
    return found


def account_checks(config: Config, account: str, facts: AccountFacts) -> list[Check]:
    """Whether the account may write, and has the prefix."""
    name, prefix = f"repository {config.code}", config.text("datacite_prefix")
    show = f"curl -sS {config.url}/clients/{account.lower()}"
    if not facts.active:
        message = f"{account} is deactivated at DataCite: it may read, not write"
        return [Check(name, FAIL, message, f"{show}   # then ask your DataCite contact to activate it")]
    if facts.prefixes is None or prefix in facts.prefixes:
        return []
    if not facts.prefixes:
        message = f"{account} has no prefix at DataCite: it cannot mint"
        return [Check(name, FAIL, message, f"{show}   # then ask your DataCite contact for a prefix")]
    theirs = sorted(facts.prefixes)
    message = (
        f"{account} does not have the prefix {prefix} at DataCite, but {list_names(theirs, NAMED)}: it cannot mint"
    )
    return [Check(name, FAIL, message, f"doitui repository set {config.code} --prefix {shlex.quote(theirs[0])}")]


def template_checks(config: Config, account: str, facts: AccountFacts) -> list[Check]:
    """Whether landing pages and tombstone pages, as they are set, are where DataCite allows them."""
    base = f"https://{facts.domains[0].replace('*', 'www')}"
    fixes = {
        "landing_page": f"doitui repository set {config.code} --landing-page {shlex.quote(base + '/{object_id}')}",
        "tombstone_page_base": "doitui setting set tombstone_page_base"
        f" {shlex.quote(base + '/tombstones')} --repository {config.code}",
    }
    found = []
    for setting, remedy in fixes.items():
        host = landing_hosts.host(config.text(setting))
        if host and not facts.allows(host):
            message = f"{setting} is at {host}, which {account} may not use (domains: {_domains(facts)})"
            found.append(Check(f"repository {config.code}", FAIL, message, remedy))
    return found


def host_check(
    code: str, account: str, facts: AccountFacts, hosts: Mapping[str, Host], *, thorough: bool
) -> list[Check]:
    """Which records have a landing page where DataCite does not allow it. `hosts`: of all records, if `thorough`."""
    refused = {name: host for name, host in hosts.items() if not facts.allows(name)}
    if not refused:
        return []
    many = sum(host.records for host in refused.values())
    names = list_names([f"{name} ({host.records:,})" for name, host in refused.items()], NAMED)
    records = plural(many, "record", grouped=True)
    whose = records if thorough else f"{records} of the newest {landing_hosts.NEWEST:,}"
    message = f"{whose} would be rejected: {account} may not use {names} (domains: {_domains(facts)})"
    example = next(iter(refused.values())).example
    remedy = f"doitui record show {shlex.quote(example)}   # correct its URL, or add the domain in DataCite Fabrica"
    return [Check(f"repository {code}", WARN, message, remedy)]


def _domains(facts: AccountFacts) -> str:
    return list_names(facts.domains, NAMED)


def key_check(code: str, account: str, keys: Sequence[ApiKey]) -> list[Check]:
    """The API keys of the account, which only its password may list: names, and when each was used."""
    if not keys:
        return []
    shown = [f"{key.name} ({f'used {iso(key.last_used)}' if key.last_used else 'never used'})" for key in keys]
    message = f"{plural(len(keys), 'API key')} of {account}: {list_names(shown, NAMED)}"
    return [Check(f"repository {code}", OK, message)]
