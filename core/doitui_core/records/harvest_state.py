"""How far each harvest is: a row of the table `harvest`, written in the transaction of the records it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from doitui_core.db import database
from doitui_core.db.models import Harvest
from doitui_core.domain import addresses
from doitui_core.errors import BadInput

#: `from_date`: since the start of the last complete harvest.
LAST = "last"

#: OAI-PMH 2.0, section 3.3: UTC, of days or of seconds.
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?", re.ASCII)

_KEY = (Harvest.repository_id, Harvest.url, Harvest.prefix, Harvest.set_spec, Harvest.from_date)
_PROGRESS = (Harvest.token, Harvest.datestamp, Harvest.in_order, Harvest.started, Harvest.completed, Harvest.updated_at)


@dataclass(frozen=True, slots=True)
class HarvestRequest:
    """What is harvested. `from_date`: `LAST`, a date, or empty for all. `object_id`: `oai` for the local part of the
    OAI identifier, else as in `importing.choose_id`.
    """

    url: str
    prefix: str = "oai_datacite"
    set_spec: str = ""
    from_date: str = ""
    object_id: str = "oai"


def load(repository_id: int, request: HarvestRequest) -> Harvest:
    """The row of a harvest, new or with its progress. Raises `BadInput` for an invalid request."""
    _check_url(request.url)
    from_date = request.from_date
    if from_date == LAST:
        from_date = _last_start(repository_id, request)
    elif from_date and not _DATE.fullmatch(from_date):
        raise BadInput(f"--from {from_date!r} must be YYYY-MM-DD, YYYY-MM-DDThh:mm:ssZ or {LAST}")
    key = (repository_id, request.url, request.prefix, request.set_spec, from_date)
    names = [column.name for column in _KEY]
    conditions = [column == value for column, value in zip(_KEY, key, strict=True)]
    return Harvest.get_or_none(*conditions) or Harvest(**dict(zip(names, key, strict=True)))


def _check_url(url: str) -> None:
    if not re.match("https?://", url, re.IGNORECASE):
        raise BadInput(f"{url!r} must be an address of an OAI-PMH server: http:// or https://")
    try:
        addresses.host(url)
    except ValueError as error:
        raise BadInput(f"{url!r} cannot be used: {error}") from error
    if "#" in url or re.search("[?&]verb=", url):
        raise BadInput(f"{url!r} must be the base address, without verb=… and #…")


def _last_start(repository_id: int, request: HarvestRequest) -> str:
    """The day on which the last complete harvest began: every server knows days, not every one seconds."""
    same = _same_list(repository_id, request.url, request.prefix, request.set_spec)
    row = Harvest.select().where(same, Harvest.completed != "").order_by(Harvest.completed.desc()).first()
    if row is None:
        raise BadInput(f"{request.url} has not been harvested completely yet: leave out --from {LAST}")
    return str(row.completed)[:10]


def _same_list(*values: object) -> Any:
    """Harvests of the same list, whatever date they begin from."""
    return reduce(and_, (column == value for column, value in zip(_KEY[:-1], values, strict=True)))


def query(row: Harvest) -> dict[str, str]:
    """The request for the next page."""
    if row.token:
        return {"verb": "ListRecords", "resumptionToken": row.token}
    # A list that is not sorted by datestamp has to be read from its beginning again.
    since = (row.datestamp if row.in_order else "") or row.from_date
    found = {"verb": "ListRecords", "metadataPrefix": row.prefix, "set": row.set_spec, "from": since}
    return {name: value for name, value in found.items() if value}


def advance(row: Harvest, datestamps: Iterable[str], response_date: str, token: str) -> None:
    """Note a page in the row; without a `token` it is the last one."""
    if not row.started:
        row.started = response_date
    for datestamp in datestamps:
        row.in_order = row.in_order and datestamp >= row.datestamp
        row.datestamp = max(row.datestamp, datestamp)
    row.token = token
    if not token:
        finish(row)


def finish(row: Harvest) -> None:
    """The harvest is complete: the next one starts anew."""
    if _DATE.fullmatch(row.started):
        row.completed = row.started
    row.token = row.datestamp = row.started = ""
    row.in_order = True


def save(row: Harvest) -> None:
    """Store the row. Joins the caller's transaction."""
    with database.write():
        row.updated_at = database.now()
        values = {column: getattr(row, column.name) for column in (*_KEY, *_PROGRESS)}
        progress = {column: getattr(row, column.name) for column in _PROGRESS}
        Harvest.insert(values).on_conflict(conflict_target=list(_KEY), update=progress).execute()
        if not row.token:
            _forget_older(row)


def _forget_older(row: Harvest) -> None:
    """Drop the rows of complete harvests since an earlier date: a daily `--from last` would leave one a day."""
    same = _same_list(row.repository_id, row.url, row.prefix, row.set_spec)
    older = (Harvest.completed < row.completed) & (Harvest.token == "") & (Harvest.from_date != row.from_date)
    Harvest.delete().where(same, older).execute()
