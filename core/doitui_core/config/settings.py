"""Every setting: name, type, default, unit, help; and the rules by which its value is found.

flag > active repository row > environment (`DOITUI_<NAME>`) > global row > default. Only `DATACITE_TEST_MODE` beats
all. A secret is stored as a reference, `env:NAME` or `file:PATH`, and read when it is used. What stands here is read
somewhere: a name that is not here is refused, so nothing is stored in vain.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from doitui_core.config import secrets
from doitui_core.config import setting_parsers as parse
from doitui_core.db import database
from doitui_core.db.models import Setting
from doitui_core.domain import environments
from doitui_core.errors import BadInput, Misconfigured, NotFound
from doitui_core.text import MASK


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """One row of the table. `parse` turns its text into its value or raises `ValueError` with what is wrong.

    `plain`: the form (a regular expression) in which a secret holds nothing secret, and is stored and shown as it is.
    `also`: another name that it has in the environment.
    """

    name: str
    parse: Callable[[str], Any]
    default: str
    help: str
    unit: str = ""
    secret: bool = False
    plain: str = ""
    also: str = ""

    def hides(self, text: str) -> bool:
        """Whether `text` may not be stored or shown."""
        return self.secret and bool(text) and not (self.plain and re.fullmatch(self.plain, text))

    def value(self, text: str) -> Any:
        """`text` parsed; empty where the setting may be empty (its default is): None for a number, else no text."""
        if not text.strip() and not self.default:
            return None if self.parse is parse.optional_number else ""
        return self.parse(text)


_SETTINGS = (
    SettingSpec("datacite_prefix", parse.prefix, "", "the DOI prefix DataCite gave this repository"),
    SettingSpec("datacite_repository_id", parse.text, "", "the repository account at DataCite, as ABCD.REPO"),
    SettingSpec("datacite_password", parse.text, "", "its password, as env:NAME or file:PATH", secret=True),
    SettingSpec("datacite_url", parse.service, "", "the REST API; empty: DataCite's own, by environment"),
    SettingSpec(
        "datacite_environment", parse.choice("test", "production"), "test", "which DataCite: test or production"
    ),
    SettingSpec(
        "transport", parse.choice("rest", "mds"), "rest", "how DOIs are written: over the REST API, or over MDS"
    ),
    SettingSpec("mds_url", parse.service, "", "the MDS; empty: DataCite's own, by environment, or the sandbox's"),
    SettingSpec("resolver_url", parse.address, "", "where DOIs resolve; empty: by environment, or the sandbox"),
    SettingSpec(
        "datacite_rate_limit",
        parse.optional_number,
        "",
        "the most that is sent; DataCite allows 3000, its test system 750",
        "requests per 5 minutes",
    ),
    SettingSpec("contact_email", parse.text, "", "named to DataCite in the User-Agent, which allows a higher rate"),
    SettingSpec("events_url", parse.service, "", "the Events API, or a hub; empty: DataCite's, by environment"),
    SettingSpec(
        "reports_url", parse.service, "", "where usage reports go: DataCite or a hub; empty: DataCite, by environment"
    ),
    SettingSpec(
        "datacite_api_token",
        parse.text,
        "",
        "a token for events and usage reports, as env:NAME or file:PATH; empty: the account's password",
        secret=True,
    ),
    SettingSpec(
        "event_rate_limit",
        parse.number(1_000_000),
        "30",
        "the most events that are sent, by all workers together",
        "events per minute",
        also="QUEUE_RATE_LIMIT_DATACITE_EVENTS",
    ),
    SettingSpec(
        "event_sources_on",
        parse.event_sources,
        "usage works authors affiliations funders",
        "what becomes an event, by kind (also arxiv, pmid, handle) or relation type of usage; none: nothing",
    ),
    SettingSpec("event_source_usage", parse.source, "doitui-counter", "the source of events of usage"),
    SettingSpec("event_source_relation", parse.source, "doitui", "the source of events stated by metadata"),
    SettingSpec(
        "event_source_token",
        parse.source_token,
        "doitui",
        "the token of the source, which the Events API asks for; a secret one as env:NAME or file:PATH",
        secret=True,
        plain=r"(?!(?i:env|file):)[\w.:/@+-]{1,100}",
    ),
    SettingSpec("default_publisher", parse.text, "", "publisher of records that name none"),
    SettingSpec("default_resource_type", parse.text, "Text", "resourceTypeGeneral of records that name none"),
    SettingSpec(
        "suffix_pattern",
        parse.text,
        "{repository_code}/{year}/{object_id}",
        "how new DOIs are made; with local_prefix alone: {local_prefix}-{object_id}",
    ),
    SettingSpec("local_prefix", parse.local_prefix, "", "our part of a prefix that several systems share (OPUS)"),
    SettingSpec("generator", parse.text, "", "dotted path of a class or function that makes DOIs; empty: built in"),
    SettingSpec("auto_create", parse.flag, "0", "whether publishing a record creates its DOI (OPUS): 1 or 0"),
    SettingSpec(
        "register_at_publish", parse.flag, "0", "whether publishing a record registers the DOI it has (OPUS): 1 or 0"
    ),
    SettingSpec("auto_mint", parse.flag, "0", "both at once, create and register at publishing (Heratio): 1 or 0"),
    SettingSpec("landing_page", parse.page, "", "template of landing pages, with {object_id} in it"),
    SettingSpec("usage_timezone", parse.zone, "UTC", "the clock of the hours and days of usage, as Europe/Berlin"),
    SettingSpec(
        "usage_retention_days", parse.number(36_500), "400", "how long single hits are kept; counts stay", "days"
    ),
    SettingSpec("robots_file", parse.path, "", "a file of more robots: one regular expression a line, without case"),
    SettingSpec("country_database", parse.path, "", "an MMDB file, for the countries in access logs (needs maxminddb)"),
    SettingSpec(
        "tombstone_page_base", parse.address, "", "where tombstone pages live in public; the DOI is put behind it"
    ),
    SettingSpec(
        "tombstone_page_directory",
        parse.directory,
        "",
        "a directory served at tombstone_page_base, in which workers keep the tombstone pages; empty: none are written",
    ),
    SettingSpec(
        "operators",
        parse.text,
        "",
        "login names that may change anything, split by spaces, also those of workers, cron and the hub; empty:"
        " everybody who can write the database. It stops mistakes, not attackers: only file or database permissions do",
    ),
    SettingSpec(
        "hub_reports",
        parse.storage,
        "",
        "where the hub stores reports: a directory, or a URL of fsspec such as s3://bucket/reports; empty: beside the"
        " SQLite file, or in the user's data directory",
    ),
    SettingSpec(
        "hub_lenient", parse.flag, "0", "whether the hub takes all reports that DataCite's store takes, with warnings"
    ),
    SettingSpec(
        "hub_datacite_scope", parse.flag, "0", "whether the hub lists only the events that DataCite keeps since 2026"
    ),
    SettingSpec("hub_url", parse.address, "", "the public address of the hub, in links and the subjects of its events"),
    SettingSpec(
        "hub_secret",
        parse.text,
        "",
        "signs the hub's tokens, as env:NAME or file:PATH; empty: a file made at the first token",
        secret=True,
    ),
    SettingSpec(
        "verify_delay_hours", parse.number(87_600, least=0), "24", "how old a DOI is when it is verified", "hours"
    ),
    SettingSpec("lease_seconds", parse.number(86_400), "300", "how long a worker may hold a job", "seconds"),
    SettingSpec("max_attempts", parse.number(1_000), "5", "how often a job is tried before it is failed", "attempts"),
    SettingSpec("backoff_minutes", parse.number(10_080), "5", "the wait before a retry, times the attempt", "minutes"),
    SettingSpec("doi_failure_notify", parse.mail, "", "mail addresses for mints, failures and outages"),
    SettingSpec(
        "doi_failure_notify_mode",
        parse.choice("each", "digest"),
        "digest",
        "whether they get a mail for each mint and failure, or one digest a run or an hour: each or digest",
    ),
    SettingSpec("notification_email_enabled", parse.flag, "0", "whether each bulk or cron run sends a digest: 1 or 0"),
    SettingSpec("notification_email", parse.mail, "", "mail addresses the digests go to"),
    SettingSpec("mail_from", parse.one_mail, "", "the sender of mail; empty: doitui@ this host"),
    SettingSpec(
        "smtp_url",
        parse.text,
        "",
        "the mail server: smtp://HOST:PORT, smtps:// or smtp+starttls://; if with USER:PASSWORD@, as env: or file:",
        secret=True,
        plain=r"(smtp|smtps|smtp\+starttls)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?",
    ),
)

TABLE: dict[str, SettingSpec] = {setting.name: setting for setting in _SETTINGS}


def known(name: str) -> SettingSpec:
    """The row of the table. Raises `NotFound`: a setting that nothing reads is never silently stored."""
    if name not in TABLE:
        raise NotFound(f"no setting {name!r} exists: `doitui setting list` shows all settings")
    return TABLE[name]


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's text and where it came from: flag, repository, environment, global, default, or test mode."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as one repository (or none) sees them, resolved once.

    `flags` are those of the command line; `rows` and `shared` the repository's and the global rows.
    """

    rows: Mapping[str, str]
    shared: Mapping[str, str]
    environment: Mapping[str, str]
    flags: Mapping[str, str]
    _read: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def find(self, name: str) -> Value:
        """The text of a setting and its source, by the precedence above."""
        setting = known(name)
        if name == "datacite_environment" and environments.test_mode(self.environment):
            return Value("test", environments.TEST_MODE)
        variable = f"DOITUI_{name.upper()}"
        for source, place, key in (
            ("flag", self.flags, name),
            ("repository", self.rows, name),
            (variable, self.environment, variable),
            (setting.also, self.environment, setting.also),
            ("global", self.shared, name),
        ):
            if key in place:
                return Value(place[key], source)
        return Value(setting.default, "default")

    def get(self, name: str) -> Any:
        """The parsed value. Raises `Misconfigured` where the environment or an old row holds nonsense."""
        if name in self._read:
            return self._read[name]
        value = self.find(name)
        try:
            return self._read.setdefault(name, TABLE[name].value(value.text))
        except (ValueError, Misconfigured) as error:
            text = without_user(value.text)
            raise Misconfigured(f"{name} = {text!r} (from {value.source}) cannot be used: {error}") from error

    def secret(self, name: str) -> str:
        """The secret a reference points to. Raises `Misconfigured`, naming the reference, when it points nowhere."""
        value = self.find(name)
        return secrets.read(value.text, name, self.environment) if TABLE[name].hides(value.text) else value.text


def without_user(text: str) -> str:
    """`text` without the user and password of an address, which nobody may see."""
    return re.sub(r"(://)[^/\s]*@", rf"\1{MASK}@", text)


def display(found: Settings, name: str) -> dict[str, str]:
    """A setting's value and source, fit for screens: a secret is a mask and the kind of its reference."""
    value = found.find(name)
    text = MASK if TABLE[name].hides(value.text) else without_user(value.text)
    if text == MASK and value.text.startswith(("env:", "file:")):
        text = f"{MASK} ({value.text})"
    return {"value": text, "source": value.source}


def load(repository_id: int = 0, *, active: bool = True, flags: Mapping[str, str] | None = None) -> Settings:
    """The settings of a repository; those of an inactive one count as absent. 0: the global ones only."""
    rows: dict[str, str] = {}
    shared: dict[str, str] = {}
    for row in Setting.select().where(Setting.repository_id.in_((0, repository_id))):
        (rows if row.repository_id else shared)[row.name] = row.value
    return Settings(rows if active else {}, shared, os.environ, flags or {})


def check(name: str, text: str) -> str:
    """`text` as it is stored, if `name` can hold it. Raises `NotFound` or `BadInput`. A secret itself is refused: only
    references.
    """
    setting = known(name)
    if setting.secret and not re.match(r"(env|file):.", text) and (not text or setting.hides(text)):
        form = f" ({setting.help})" if setting.plain else ""
        raise BadInput(
            f"{name} is a secret and is not stored itself: give env:NAME or file:PATH, or type it with --stdin{form}"
        )
    if not database.storable(text):
        raise BadInput(f"{name} cannot be {text!r}: it contains a NUL or an unpaired surrogate")
    try:
        setting.value(text)
    except (ValueError, Misconfigured) as error:
        raise BadInput(f"{name} cannot be {without_user(text)!r}: {error}") from error
    return _lasting(setting, text)


def _lasting(setting: SettingSpec, text: str) -> str:
    """`text` as it is stored: a path means the same file in whichever directory a command or worker runs."""
    if setting.parse in (parse.path, parse.storage) and text.strip() and "://" not in text:
        return str(Path(parse.path(text)).absolute())
    return secrets.absolute(text) if setting.hides(text) else text
