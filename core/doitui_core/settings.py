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
from urllib.parse import urlsplit

from doitui_core import audit, database, environments, identifiers, on_off, rests, secret_references, suffix
from doitui_core.errors import BadInput, Misconfigured, NotFound
from doitui_core.metadata import landing_pages
from doitui_core.models import Repository
from doitui_core.models import Setting as Row

MASK = "•••"


def _text(value: str) -> str:
    return value.strip()


def _path(value: str) -> str:
    return str(Path(value.strip()).expanduser())


def _number(most: int, least: int = 1) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", value.strip()) or not least <= int(value) <= most:
            raise ValueError(f"it must be a whole number from {least} to {most}")
        return int(value)

    return parse


def _optional_number(value: str) -> int | None:
    return None if value.strip().lower() == "none" else _number(1_000_000)(value)


def _choice(*words: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.strip().lower() not in words:
            raise ValueError(f"it must be {' or '.join(words)}")
        return value.strip().lower()

    return parse


def _prefix(value: str) -> str:
    return identifiers.check_prefix(value)


def _address(value: str) -> str:
    plain = value.strip().rstrip("/")
    if not re.fullmatch(r"https?://[^\s/]+\S*", plain):
        raise ValueError("it must begin with http:// or https://")
    parts = urlsplit(plain)
    _ = parts.port  # raises ValueError for a host or port that is none
    if parts.username is not None:
        # Checked here, so that a password typed into an address is neither stored nor shown.
        raise ValueError("it must not hold a user or password: those have settings of their own")
    return plain


def _service(value: str) -> str:
    plain = _address(value)
    environments.check_private(plain)
    return plain


def _local_prefix(value: str) -> str:
    if not suffix.ALLOWED.fullmatch(value.strip()):
        raise ValueError("it must be of letters, digits and - . _ ; ( ) / : * ~ $ =")
    return value.strip()


def _page(value: str) -> str:
    """A template whose results DataCite takes: object ids come percent-encoded, codes need not be."""
    template = value.strip()
    if "{object_id}" not in template:
        raise ValueError("it must be an address with {object_id} in it, as https://archive.example.org/{object_id}")
    result = template.replace("{object_id}", "1").replace("{repository_code}", "1")
    refused = landing_pages.refusal(result)
    if refused is not None:
        raise ValueError(f"it makes landing pages that DataCite refuses: {refused[1]}")
    if unknown := re.search(r"\{[^{}]*\}", result):
        raise ValueError(f"it must not name {unknown[0]}: only {{object_id}} and {{repository_code}} are filled in")
    return template


def _flag(value: str) -> str:
    return "1" if on_off.parse(value) else "0"


#: A mail address as every mail server takes it, with nothing hidden in it: ASCII, no spaces, no name, and no `?`,
#: without which there are no encoded words.
_MAIL = re.compile(r"[\w!#$%&'*+/=^`{|}~.-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII | re.IGNORECASE)


def mail_addresses(text: str) -> list[str]:
    """The addresses in `text`, split by comma, semicolon or space, each once. Raises `ValueError` for other words."""
    words = [word for word in re.split(r"[,;\s]+", text) if word]
    for word in words:
        if not _MAIL.fullmatch(word) or len(word) > 254:
            raise ValueError(f"{word!r} is no mail address")
    return list(dict.fromkeys(words))


def _mail(value: str) -> str:
    return ", ".join(mail_addresses(value))


def _one_mail(value: str) -> str:
    if len(mail_addresses(value)) > 1:
        raise ValueError("it must be one mail address")
    return _mail(value)


def _event_sources(value: str) -> str:
    from doitui_core.events.kinds import switched_on

    switched_on(value)
    return " ".join(value.lower().split())


def _source(value: str) -> str:
    if not re.fullmatch(r"[\w.:/@+-]{1,100}", value.strip(), re.ASCII):
        raise ValueError("it must be one word of up to 100 letters, digits and . : / @ + - _")
    return value.strip()


def _source_token(value: str) -> str:
    return value.strip() if secret_references.is_reference(value.strip()) else _source(value)


def _zone(value: str) -> str:
    from zoneinfo import ZoneInfo

    if value.strip() == "UTC":  # known without a tz database
        return "UTC"
    try:
        return ZoneInfo(value.strip()).key
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("it must be a time zone, as UTC or Europe/Berlin") from error


@dataclass(frozen=True, slots=True)
class Setting:
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
            return None if self.parse is _optional_number else ""
        return self.parse(text)


TABLE: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("datacite_prefix", _prefix, "", "the DOI prefix DataCite gave this repository"),
        Setting("datacite_repository_id", _text, "", "the repository account at DataCite, as ABCD.REPO"),
        Setting("datacite_password", _text, "", "its password, as env:NAME or file:PATH", secret=True),
        Setting("datacite_url", _service, "", "the REST API; empty: DataCite's own, by environment"),
        Setting("datacite_environment", _choice("test", "production"), "test", "which DataCite: test or production"),
        Setting("transport", _choice("rest", "mds"), "rest", "how DOIs are written: over the REST API, or over MDS"),
        Setting("mds_url", _service, "", "the MDS; empty: DataCite's own, by environment, or the sandbox's"),
        Setting("resolver_url", _address, "", "where DOIs resolve; empty: by environment, or the sandbox"),
        Setting(
            "datacite_rate_limit",
            _optional_number,
            "",
            "the most that is sent; DataCite allows 3000, its test system 750",
            "requests per 5 minutes",
        ),
        Setting("contact_email", _text, "", "named to DataCite in the User-Agent, which allows a higher rate"),
        Setting("events_url", _service, "", "the Events API, or a hub; empty: DataCite's, by environment"),
        Setting(
            "reports_url", _service, "", "where usage reports go: DataCite or a hub; empty: DataCite, by environment"
        ),
        Setting(
            "datacite_api_token",
            _text,
            "",
            "a token for events and usage reports, as env:NAME or file:PATH; empty: the account's password",
            secret=True,
        ),
        Setting(
            "event_rate_limit",
            _number(1_000_000),
            "30",
            "the most events that are sent, by all workers together",
            "events per minute",
            also="QUEUE_RATE_LIMIT_DATACITE_EVENTS",
        ),
        Setting(
            "event_sources_on",
            _event_sources,
            "usage works authors affiliations funders",
            "what becomes an event, by kind (also arxiv, pmid, handle) or relation type of usage; none: nothing",
        ),
        Setting("event_source_usage", _source, "doitui-counter", "the source of events of usage"),
        Setting("event_source_relation", _source, "doitui", "the source of events stated by metadata"),
        Setting(
            "event_source_token",
            _source_token,
            "doitui",
            "the token of the source, which the Events API asks for; a secret one as env:NAME or file:PATH",
            secret=True,
            plain=r"(?!(?i:env|file):)[\w.:/@+-]{1,100}",
        ),
        Setting("default_publisher", _text, "", "publisher of records that name none"),
        Setting("default_resource_type", _text, "Text", "resourceTypeGeneral of records that name none"),
        Setting(
            "suffix_pattern",
            _text,
            "{repository_code}/{year}/{object_id}",
            "how new DOIs are made; with local_prefix alone: {local_prefix}-{object_id}",
        ),
        Setting("local_prefix", _local_prefix, "", "our part of a prefix that several systems share (OPUS)"),
        Setting("generator", _text, "", "dotted path of a function that makes DOIs; empty: the built-in one"),
        Setting("landing_page", _page, "", "template of landing pages, with {object_id} in it"),
        Setting("usage_timezone", _zone, "UTC", "the clock of the hours and days of usage, as Europe/Berlin"),
        Setting("usage_retention_days", _number(36_500), "400", "how long single hits are kept; counts stay", "days"),
        Setting("robots_file", _path, "", "a file of more robots: one regular expression a line, without case"),
        Setting("country_database", _path, "", "an MMDB file, for the countries in access logs (needs maxminddb)"),
        Setting("tombstone_page_base", _address, "", "where tombstone pages live in public; the DOI is put behind it"),
        Setting("operators", _text, "", "login names that may use --write, split by spaces; empty: everybody"),
        Setting("verify_delay_hours", _number(87_600, least=0), "24", "how old a DOI is when it is verified", "hours"),
        Setting("lease_seconds", _number(86_400), "300", "how long a worker may hold a job", "seconds"),
        Setting("max_attempts", _number(1_000), "5", "how often a job is tried before it is failed", "attempts"),
        Setting("backoff_minutes", _number(10_080), "5", "the wait before a retry, times the attempt", "minutes"),
        Setting("doi_failure_notify", _mail, "", "mail addresses told of every mint, failure and outage"),
        Setting("notification_email_enabled", _flag, "0", "whether each bulk or cron run sends a digest: 1 or 0"),
        Setting("notification_email", _mail, "", "mail addresses the digests go to"),
        Setting("mail_from", _one_mail, "", "the sender of mail; empty: doitui@ this host"),
        Setting(
            "smtp_url",
            _text,
            "",
            "the mail server: smtp://HOST:PORT, smtps:// or smtp+starttls://; if with USER:PASSWORD@, as env: or file:",
            secret=True,
            plain=r"(smtp|smtps|smtp\+starttls)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?",
        ),
    )
}


def known(name: str) -> Setting:
    """The row of the table. Raises `NotFound`: a setting that nothing reads is never silently stored."""
    if name not in TABLE:
        raise NotFound(f"there is no setting {name!r}: `doitui setting list` shows those that are")
    return TABLE[name]


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's text and where it came from: flag, repository, environment, global, default, or test mode."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as one repository (or none) sees them, resolved once.

    `flags` are what the command line said; `rows` and `shared` the repository's and the global rows.
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
        return (
            secret_references.read(value.text, name, self.environment) if TABLE[name].hides(value.text) else value.text
        )


def without_user(text: str) -> str:
    """`text` without the user and password of an address, which nobody may see."""
    return re.sub(r"(://)[^/\s]*@", rf"\1{MASK}@", text)


def shown(found: Settings, name: str) -> dict[str, str]:
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
    for row in Row.select().where(Row.repository_id.in_((0, repository_id))):
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
        raise BadInput(f"{name} cannot be {text!r}: it holds a NUL or half a character")
    try:
        setting.value(text)
    except (ValueError, Misconfigured) as error:
        raise BadInput(f"{name} cannot be {without_user(text)!r}: {error}") from error
    return _lasting(setting, text)


def _lasting(setting: Setting, text: str) -> str:
    """`text` as it is stored: a path means the same file in whichever directory a command or worker runs."""
    if setting.parse is _path and text.strip():
        return str(Path(_path(text)).absolute())
    return secret_references.absolute(text) if setting.hides(text) else text


def put(name: str, text: str, repository_id: int = 0, *, actor: str = "python") -> None:
    """Store a setting. Raises as `check`."""
    put_all({name: text}, repository_id, actor=actor)


def put_all(values: Mapping[str, str], repository_id: int = 0, *, actor: str = "python") -> None:
    """Store some settings, all or none. Raises as `check`."""
    checked = {name: check(name, text) for name, text in values.items()}
    with database.write():
        now = database.now()
        for name, value in checked.items():
            Row.insert(repository_id=repository_id, name=name, value=value, updated_at=now).on_conflict(
                conflict_target=[Row.repository_id, Row.name], update={Row.value: value, Row.updated_at: now}
            ).execute()
            audit.note(actor, "set", _named(name, repository_id), MASK if TABLE[name].hides(value) else value)
        if checked:
            rests.mended(repository_id)


def remove(name: str, repository_id: int = 0, *, actor: str = "python") -> bool:
    """Forget a setting; whether there was one."""
    known(name)
    with database.write():
        gone: int = Row.delete().where(Row.repository_id == repository_id, Row.name == name).execute()
        if gone:
            audit.note(actor, "unset", _named(name, repository_id))
        rests.mended(repository_id)
    return bool(gone)


def _named(name: str, repository_id: int) -> str:
    """The setting, and whose it is."""
    return f"{name} of {Repository.get_by_id(repository_id).code}" if repository_id else name
