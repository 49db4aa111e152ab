"""One write job from claim to finish: probe first if the DOI is uncertain, then send the next request.

`states` decides what to send, `outcomes` what an answer means, `jobs` where the job goes.
"""

from __future__ import annotations

from doitui_core.delivery import delivery_mds, delivery_rest, finishing
from doitui_core.delivery.probe import probe
from doitui_core.dois import doi_rows
from doitui_core.domain import outcomes
from doitui_core.domain.outcomes import Outcome
from doitui_core.domain.states import Certainty
from doitui_core.queue import fenced_finish
from doitui_core.queue.connection import Connection
from doitui_core.queue.leases import Lease

ATTEMPTS_SPENT = "{} attempts brought no answer, or their worker died; DataCite does not have what is wanted"


def write(lease: Lease, connection: Connection) -> Outcome:
    """Bring the remote to what is wanted."""
    row = doi_rows.read(lease.subject_id)
    if (refused := outcomes.unsendable(row.doi)) is not None:
        return finishing.finish(lease, connection, refused)
    if row.certainty == Certainty.UNCERTAIN or doi_rows.unfinished(row.id):
        found_out = probe(lease, connection, row)
        if found_out is not None:
            return found_out
        connection.spend()
        row = doi_rows.read(lease.subject_id)
    if lease.attempts > lease.max_attempts:
        return finishing.finish(lease, connection, fenced_finish.attempts_spent(lease, ATTEMPTS_SPENT))
    send = delivery_rest.send if connection.mds is None else delivery_mds.send
    return send(lease, connection, row)
