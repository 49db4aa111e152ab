"""The doctor's checks of one repository: its settings, and what DataCite says of its account."""

from __future__ import annotations

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db.models import Repository
from doitui_core.domain import environments
from doitui_core.errors import CredentialsRefused, DoituiError, RemoteFailed, WrongEnvironment
from doitui_core.queue import connection
from doitui_core.views import clock_health, doctor_account, doctor_secrets, doctor_setup
from doitui_core.views.doctor_check import FAIL, OK, WARN, Check

#: The longest a server is asked for its name, seconds.
PATIENCE = 10.0


def checks(row: Repository, *, online: bool, thorough: bool) -> list[Check]:
    """`online`: also ask DataCite. `thorough`: look at the landing pages of all records."""
    if not row.active:
        return [Check(f"repository {row.code}", OK, "inactive")]
    config = repositories.config(row)
    return [*_stopped(row), *_templates(config), *doctor_setup.generator(config), *_account(row, online, thorough)]


def _stopped(row: Repository) -> list[Check]:
    name, found = f"repository {row.code}", []
    resume = f"doitui queue resume --repository {row.code}"
    if row.paused:
        found.append(Check(name, WARN, "paused: nothing is sent", resume))
    if row.blocked_cause:
        remedy = _new_password(row.code) if row.blocked_cause == "credentials" else resume
        found.append(Check(name, FAIL, f"blocked: {row.blocked_error}", f"{remedy}   # once it is corrected"))
    return found


def _templates(config: Config) -> list[Check]:
    if config.text("landing_page"):
        return []
    message = "no landing_page template: records without a URL cannot be minted"
    remedy = f"doitui repository set {config.code} --landing-page 'https://…/{{object_id}}'"
    return [Check(f"repository {config.code}", WARN, message, remedy)]


def _account(row: Repository, online: bool, thorough: bool) -> list[Check]:
    config, found = repositories.config(row), []
    name = f"repository {row.code}"
    if doctor_secrets.is_for_workers_only(config):
        message = "not checked at DataCite: its password is readable for the workers, not in this shell"
        return [Check(name, OK, message)]
    try:
        prefix, url = config.require_prefix(), config.url
        account, _ = config.require_account()
        if online:
            client = connection.for_repository(row).client
            if not environments.is_loopback(url):
                client.deadline = PATIENCE
            found += clock_health.check_remote(client.check_credentials())
            found += doctor_account.checks(config, client, thorough=thorough)
    except DoituiError as error:
        return [*found, _failure(config, error)]
    asked = "accepted by DataCite" if online else "not checked at DataCite"
    rate = f"{config.rate * 300:.0f} in 5 minutes" if config.rate else "no limit"
    message = f"{prefix}, {account} at {url} ({config.environment}): {asked}; rate: {rate}"
    return [*found, Check(name, OK, message)]


def _failure(config: Config, error: DoituiError) -> Check:
    name, change = f"repository {config.code}", f"doitui repository set {config.code}"
    if isinstance(error, CredentialsRefused):
        return Check(name, FAIL, str(error), f"{_new_password(config.code)}   # or: {change} --account ABCD.REPO")
    if isinstance(error, RemoteFailed):
        return Check(name, WARN, f"DataCite did not answer: {error}", f"curl -sS {config.url}/heartbeat")
    if isinstance(error, WrongEnvironment):
        return Check(name, FAIL, str(error), doctor_setup.unsetting("datacite_url", config))
    return Check(name, FAIL, str(error), _new_password(config.code) if "datacite_password" in str(error) else change)


def _new_password(code: str) -> str:
    return f"doitui setting set datacite_password --stdin --repository {code}"
