"""One write job from claim to finish: probe first if the DOI is uncertain, then send the next request.

`states` decides what to send, `outcomes` what an answer means, `jobs` where the job goes.
"""

from __future__ import annotations

from doitui_core.delivery import after_restore, delivery_mds, delivery_rest
from doitui_core.delivery.finishing import WriteJob
from doitui_core.delivery.probe import probe
from doitui_core.dois import doi_rows, restored_dois
from doitui_core.domain import outcomes
from doitui_core.domain.outcomes import Outcome
from doitui_core.domain.states import Certainty
from doitui_core.queue import fenced_finish
from doitui_core.queue.connection import Connection
from doitui_core.queue.leases import Lease

ATTEMPTS_SPENT = "{} attempts brought no answer, or their worker died; DataCite does not have what is wanted"


def write(lease: Lease, connection: Connection) -> Outcome:
    """Bring the remote to what is wanted."""
    job = WriteJob(lease, connection, doi_rows.read(lease.subject_id))
    if (refused := outcomes.unsendable(job.row.doi)) is not None:
        return job.finish(refused)
    if job.row.certainty == Certainty.UNCERTAIN or doi_rows.unfinished(job.row.id):
        is_restored = restored_dois.backed_up_at(job.row.id) is not None
        settled = after_restore.settle(job) if is_restored else probe(job)
        if settled is not None:
            return settled
        connection.spend()
        job = WriteJob(lease, connection, doi_rows.read(lease.subject_id))
    if lease.attempts > lease.max_attempts:
        return job.finish(fenced_finish.attempts_spent(lease, ATTEMPTS_SPENT))
    return delivery_rest.send(job) if connection.mds is None else delivery_mds.send(job)
