"""Writing to the Events API, DataCite's or a hub's. One object serves all threads.

An event is PUT under its own UUID, and never posted: PUT looks for the UUID, so it can be repeated by whoever is in
doubt and replaces nothing but our own event. POST looks for subject, object, source and relation, and gives an event
that is there under another UUID, somebody else's, ours. PUT answers 409 to that (datacite-api 3.2).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from doitui_core.datacite.bearer import BearerAccount
from doitui_core.domain.answer import Answer
from doitui_core.domain.event import EventValue, as_sent

MEDIA_TYPE = "application/vnd.api+json"

#: What DataCite gives events without a licence; sent, so that a hub stores the same.
LICENSE = "https://creativecommons.org/publicdomain/zero/1.0/"


class EventsApiVersion(StrEnum):
    """The two versions of the API. Names in the spelling of the other are dropped in silence (datacite-api 3.1)."""

    V1 = "v1"  # subj-id
    V2 = "v2"  # subjId

    @property
    def accept(self) -> str:
        """What asks for it."""
        return MEDIA_TYPE if self is EventsApiVersion.V1 else f"{MEDIA_TYPE}; version=2"

    def spelled(self, name: str) -> str:
        """`subj_id` as this version writes it."""
        if self is EventsApiVersion.V1:
            return name.replace("_", "-")
        return re.sub("_([a-z])", lambda found: found[1].upper(), name)


@dataclass(frozen=True, slots=True)
class EventRequest:
    """One event as it goes out. There is no secret in it."""

    method: str
    url: str
    body: str


def base(url: str) -> str:
    """The address of an Events API, also where it was given with `/events` at its end."""
    return url.rstrip("/").removesuffix("/events")


class EventsClient(BearerAccount):
    """One account at one Events API, by token or by password. The arguments are those of `BearerAccount`."""

    def __init__(
        self,
        base_url: str,
        account: str,
        password: str,
        *,
        dialect: EventsApiVersion = EventsApiVersion.V2,
        **options: Any,
    ) -> None:
        super().__init__(base(base_url), account, password, **options)
        self.dialect = dialect

    def request(self, event: EventValue, source_token: str) -> EventRequest:
        """The request that brings `event` to the other side, whether it is there or not."""
        body = json.dumps(document(event, source_token, self.dialect), ensure_ascii=False)
        return EventRequest("PUT", f"{self.base_url}/events/{quote(event.uuid, safe='')}", body)

    def look(self) -> Answer:
        """What the server says to a harmless question, soon. Raises as `send`."""
        return self.look_at(f"{self.base_url}/events?page[size]=0", self.dialect.accept)

    def send(self, request: EventRequest) -> Answer:
        """The answer, whatever its status. Raises `NotSent`, `NoAnswer` or `Misconfigured`."""
        headers = {"Accept": self.dialect.accept, "Content-Type": MEDIA_TYPE}
        # JSON may carry half a surrogate pair, which UTF-8 proper cannot.
        body = request.body.encode("utf-8", "replace")
        answer = self.exchange(request.method, request.url, headers, body)
        # An error page may show the request it is about.
        return answer if answer.ok and answer.document else replace(answer, text=self.masked(answer.text))


def document(event: EventValue, source_token: str, dialect: EventsApiVersion) -> dict[str, object]:
    """The JSON:API document of one event, in the order in which it is sent (`domain.event.as_sent`). The UUID is taken
    from `data.id`, not from the address.
    """
    event = as_sent(event)
    values: dict[str, object] = {
        "subj_id": event.subj_id,
        "relation_type_id": event.relation_type_id,
        "obj_id": event.obj_id,
        "source_id": event.source_id,
        "source_token": source_token,
        "message_action": "create",
        "total": event.total,
        "license": LICENSE,
        **({"occurred_at": event.occurred_at} if event.occurred_at else {}),
        **event.payload,
    }
    attributes = {dialect.spelled(name): value for name, value in values.items()}
    return {"data": {"type": "events", "id": event.uuid, "attributes": attributes}}
