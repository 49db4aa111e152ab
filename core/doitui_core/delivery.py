"""One write job from the claim to its end: ask first where it is uncertain, then send what brings the remote nearer.

Nothing here decides by itself: `states` says what comes next, `outcomes` what an answer means, `queue` where the job
goes. `delivery_rest` and `delivery_mds` are the two ways of sending.
"""

from __future__ import annotations

from doitui_core import delivery_mds, delivery_rest, endings, ledger, outcomes
from doitui_core.desk import Desk
from doitui_core.outcomes import Outcome
from doitui_core.probing import probe
from doitui_core.queue import Lease
from doitui_core.spent import attempts_spent
from doitui_core.states import Certainty

ATTEMPTS_SPENT = "{} attempts brought no answer, or their worker died; DataCite does not have what is wanted"


def write(lease: Lease, desk: Desk) -> Outcome:
    """Bring the remote to what is wanted."""
    row = ledger.read(lease.subject_id)
    if (refused := outcomes.unsendable(row.doi)) is not None:
        return endings.end(lease, desk, refused)
    if row.certainty == Certainty.UNCERTAIN or ledger.unfinished(row.id):
        found_out = probe(lease, desk, row)
        if found_out is not None:
            return found_out
        desk.spend()
        row = ledger.read(lease.subject_id)
    if lease.attempts > lease.max_attempts:
        return endings.end(lease, desk, attempts_spent(lease, ATTEMPTS_SPENT))
    send = delivery_rest.send if desk.mds is None else delivery_mds.send
    return send(lease, desk, row)
