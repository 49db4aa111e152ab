"""Repositories: codes with settings of their own, and what those settings amount to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from doitui_core.config import doi_settings, settings
from doitui_core.db import database
from doitui_core.db.models import Repository
from doitui_core.domain import doi_generators, environments, identifiers
from doitui_core.domain.doi_generators import GeneratorSetup, PatternGenerator, PluggedIn
from doitui_core.errors import BadInput, Misconfigured, NotFound

#: Characters, other than letters and digits, that are not escaped in the path and query of an address (RFC 3986).
IN_ADDRESS = "/:@!$*(),;=~"

#: The pattern of a local prefix for which no pattern is set.
LOCAL_PATTERN = "{local_prefix}-{object_id}"


#: The most characters of a code, and what it looks like: it goes into names of files and into DOIs.
LONGEST_CODE = 64
CODE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Config:
    """A repository's settings, looked up once: what building a document, making a DOI and talking to DataCite need.

    Values are as set; what is missing or wrong is reported when it is needed (`require_prefix`, `require_account`).
    """

    repository_id: int
    code: str
    settings: settings.Settings

    def text(self, name: str) -> str:
        """The value of a setting as text."""
        return str(self.settings.get(name))

    def number(self, name: str) -> int:
        """The value of a setting as a whole number."""
        return int(self.settings.get(name))

    @property
    def environment(self) -> str:
        """`test` or `production`."""
        return self.text("datacite_environment")

    @property
    def url(self) -> str:
        """The REST API to use. Raises `WrongEnvironment` rather than let test data into production."""
        return environments.check_fence(
            self.text("datacite_url") or environments.REST_URL[self.environment], self.environment
        )

    @property
    def mds_url(self) -> str:
        """The MDS to use; with a sandbox its own. Raises as `url`."""
        return self._address("mds_url", environments.MDS_URL)

    @property
    def events_url(self) -> str:
        """The Events API to use; with a sandbox its own. Raises as `url`."""
        return self._address("events_url", environments.REST_URL)

    @property
    def reports_url(self) -> str:
        """Where usage reports go; with a sandbox to it. Raises as `url`."""
        return self._address("reports_url", environments.REST_URL)

    def _address(self, name: str, own: Mapping[str, str]) -> str:
        default = self.url if environments.is_loopback(self.url) else own[self.environment]
        return environments.check_fence(self.text(name) or default, self.environment, name)

    @property
    def rate(self) -> float | None:
        """Requests a second, None for no limit. At DataCite's own hosts never more than they allow."""
        return self._rate(self.url)

    @property
    def report_rate(self) -> float | None:
        """The same for usage reports."""
        return self._rate(self.reports_url)

    def _rate(self, url: str) -> float | None:
        limit = self.settings.get("datacite_rate_limit")
        if not limit and environments.is_loopback(url):
            return None
        return float(min(limit or environments.DEFAULT_RATE, environments.ceiling(url)) / 300)

    @property
    def event_rate(self) -> float:
        """Events a second, at most."""
        return self.number("event_rate_limit") / 60

    def require_prefix(self) -> str:
        """The prefix. Raises `Misconfigured` with what to do."""
        try:
            return identifiers.check_prefix(self.text("datacite_prefix"))
        except Misconfigured as error:
            raise Misconfigured(f"repository {self.code}: {error}") from error

    def require_account(self) -> tuple[str, str]:
        """(account, password). Raises `Misconfigured` with what to do."""
        account, password = self.text("datacite_repository_id"), self.settings.secret("datacite_password")
        missing = [name for name, value in (("account", account), ("password", password)) if not value]
        if missing:
            raise Misconfigured(
                f"repository {self.code} has no {' and no '.join(missing)}:"
                f" `doitui repository set {self.code} --account ABCD.REPO --password-env NAME`"
            )
        return account, password

    @property
    def suffix_pattern(self) -> str:
        """How DOIs are made. Where only a local prefix is set, as OPUS does it."""
        found = self.settings.find("suffix_pattern")
        return LOCAL_PATTERN if found.source == "default" and self.text("local_prefix") else found.text

    def is_ours(self, doi: str) -> bool:
        """Whether this repository registers `doi`: it is under its prefix, and as its generator makes them."""
        try:
            return self.generator().is_local(doi)
        except Misconfigured:  # as OPUS does
            return PatternGenerator(self._generator_setup()).is_local(doi)

    def generator(self) -> PatternGenerator | PluggedIn:
        """What makes its DOIs. Raises `Misconfigured` for a plug-in that cannot be loaded."""
        return doi_generators.load(self.text("generator"), self._generator_setup())

    def _generator_setup(self) -> GeneratorSetup:
        return GeneratorSetup(
            prefix=self.text("datacite_prefix"),
            local_prefix=self.text("local_prefix"),
            pattern=self.suffix_pattern,
            repository_code=self.code,
        )

    def landing_page(self, object_id: str) -> str:
        """The address of a record that names none, from the template; empty without one."""
        template = self.text("landing_page")
        return template.replace("{repository_code}", self.code).replace(
            "{object_id}", quote(object_id, safe=IN_ADDRESS)
        )

    def tombstone_page(self, doi: str) -> str:
        """The public address of the page of `doi` as a tombstone; empty where `tombstone_page_base` is not set."""
        base = self.text("tombstone_page_base")
        return f"{base}/{quote(doi, safe=IN_ADDRESS)}" if base else ""


def config(repository: Repository, flags: Mapping[str, str] | None = None) -> Config:
    """What `repository` is set to. One query."""
    return Config(repository.id, repository.code, settings.load(repository.id, active=repository.active, flags=flags))


def find(code: str) -> Repository:
    """Raises `NotFound`, naming those that exist."""
    found = Repository.get_or_none(Repository.code == code) if database.storable(code) else None
    if found is None:
        have = ", ".join(row.code for row in all_repositories()) or "none yet"
        make = f": `doitui repository set {code} --prefix …`" if CODE.fullmatch(code) else ""
        raise NotFound(f"there is no repository {code[:LONGEST_CODE]!r} (there are: {have}){make}")
    return found


def all_repositories() -> list[Repository]:
    """All, by code."""
    return list(Repository.select().order_by(Repository.code))


def find_or_only(code: str | None) -> Repository:
    """The repository of that code; without one the only active one. Raises `NotFound`, `BadInput`, `Misconfigured`."""
    if code:
        return find(code)
    active = [row for row in all_repositories() if row.active]
    if not active:
        raise Misconfigured(
            "there is no repository yet: `doitui repository set CODE --prefix 10.NNNN --account ABCD.REPO`"
        )
    if len(active) > 1:
        raise BadInput(f"choose a repository: --repository {' or '.join(row.code for row in active)}")
    return active[0]


def check(code: str, values: Mapping[str, str]) -> dict[str, str]:
    """`values` as they are stored. Raises `BadInput` or `NotFound` for a code or a setting that cannot be; a code that
    exists may be any.
    """
    if not CODE.fullmatch(code) and not (database.storable(code) and _exists(code)):
        raise BadInput(
            f"{code[:LONGEST_CODE]!r} cannot be a repository's code: up to {LONGEST_CODE} ASCII letters, digits, . _"
            " and -, of which the first and the last are a letter or digit"
        )
    checked = {name: settings.check(name, text) for name, text in values.items()}
    row = Repository.get_or_none(Repository.code == code)
    doi_settings.check(checked, settings.load(row.id if row is not None else 0))
    return checked


def _exists(code: str) -> bool:
    return bool(Repository.select().where(Repository.code == code).exists())
