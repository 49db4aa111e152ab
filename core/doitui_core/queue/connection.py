"""The connections of one repository: its settings, a client for one service, and the policy for its jobs.

DOIs are written with the account's password (`Connection`); events and usage reports by a token, or by that password
(`TokenConnection`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.datacite.mds import MdsClient
from doitui_core.datacite.rest import RestClient
from doitui_core.db.models import Repository
from doitui_core.domain import intermediary, outcomes
from doitui_core.domain.answer import Answer
from doitui_core.domain.intermediary import DATACITE, MDS, ServiceProfile
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.errors import Misconfigured, RemoteFailed
from doitui_core.queue import rate_limit
from doitui_core.queue.jobs import Policy

#: The lease went to somebody else; whatever this worker found out is dropped.
LOST = Outcome(OutcomeKind.RETRYABLE, "lease_lost", "another worker has the job")


@dataclass(frozen=True, slots=True)
class Connection:
    """To the service of DOIs. `rate_limit` is the name of the row that all users of the account share.

    `client` asks, whatever the transport; `mds` is there where MDS is what writes go over.
    """

    config: Config
    client: RestClient
    policy: Policy
    rate_limit: str
    mds: MdsClient | None = None

    @property
    def rate(self) -> float | None:
        """Requests a second, None for no limit."""
        return self.config.rate

    @property
    def url(self) -> str:
        """The base URL of the REST API."""
        return self.config.url

    def ask(self, doi: str) -> Answer | Outcome:
        """What DataCite has: an answer of 200 that tells the state of `doi`, or of 404. Whatever else came proves
        nothing.
        """
        if (refused := outcomes.unsendable(doi)) is not None:
            return refused
        try:
            answer = self.client.get(doi)
        except (RemoteFailed, Misconfigured) as error:
            return outcomes.for_read(outcomes.from_error(error))
        if answer.status == 404 or (answer.status == 200 and not answer.unreadable):
            return outcomes.other_doi(answer, doi, answer.dois) or answer
        return outcomes.for_read(outcomes.from_answer(answer))

    def answers(self) -> bool:
        """Whether the service itself answers: a GET that changes nothing, and one of MDS where that is written to."""
        return answered(self.client.look, DATACITE) and (self.mds is None or answered(self.mds.look, MDS))

    def send(self, method: str, doi: str, attributes: dict[str, Any]) -> Answer:
        """One write: POST makes the DOI, PUT replaces it, DELETE takes a draft away. Raises as the client does."""
        if method == "DELETE":
            return self.client.delete_draft(doi)
        return self.client.create(attributes) if method == "POST" else self.client.replace(doi, attributes)

    def spend(self) -> None:
        """Count one more request of a job that has had its token."""
        rate_limit.spend(self.rate_limit, self.rate)


def answered(look: Callable[[], Answer], service: ServiceProfile) -> bool:
    """Whether the service itself answers a GET that changes nothing: in its own words, and not with 5xx."""
    try:
        answer = look()
    except (RemoteFailed, Misconfigured):
        return False
    return answer.status < 500 and not intermediary.interferer(answer, service)


def policy(config: Config) -> Policy:
    """The lease of its jobs, and the back-off of retries."""
    return Policy(
        timedelta(seconds=config.number("lease_seconds")), timedelta(minutes=config.number("backoff_minutes"))
    )


def for_repository(repository: Repository) -> Connection:
    """Raises `Misconfigured` where account, password or address are missing or wrong."""
    config = repositories.config(repository)
    account, password = config.require_account()
    rules = policy(config)
    # Half a lease for a whole request: whoever takes over an expired lease must not meet the first one still sending.
    ours: dict[str, Any] = {"deadline": rules.lease.total_seconds() / 2, "contact_email": config.text("contact_email")}
    client = RestClient(config.url, account, password, **ours)
    mds = MdsClient(config.mds_url, account, password, **ours) if config.text("transport") == "mds" else None
    return Connection(config, client, rules, rate_limit.name(config), mds)


class Client(Protocol):
    """What every service can be asked."""

    def look(self) -> Answer:
        """Whether the server answers at all."""


C = TypeVar("C", bound=Client)


@dataclass(frozen=True)
class TokenConnection(Generic[C]):
    """To the service of events or reports. `rate_limit`: the row that all users of the token or account share."""

    service: ClassVar[ServiceProfile]

    config: Config
    client: C
    policy: Policy
    rate_limit: str

    def answers(self) -> bool:
        """Whether the service itself answers a GET that changes nothing."""
        return answered(self.client.look, self.service)


def client_options(config: Config) -> dict[str, Any]:
    """How a client introduces itself, and how long it may take. Raises `Misconfigured` without token and account."""
    token = config.settings.secret("datacite_api_token")
    name, password = ("", "") if token else config.require_account()
    return {
        "account": name,
        "password": password,
        "token": token,
        # Half a lease for a whole request: whoever takes over an expired lease must not meet the first one sending.
        "deadline": policy(config).lease.total_seconds() / 2,
        "contact_email": config.text("contact_email"),
    }
