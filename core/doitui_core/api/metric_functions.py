"""The API's function for accuracy metrics."""

from __future__ import annotations

import os
from pathlib import Path

from doitui_core.api.calls import acting, public
from doitui_core.api.results import BackfillCounts
from doitui_core.operations import metrics_backfill


@public
def backfill_metrics(path: str | os.PathLike[str], *, actor: str | None = None) -> BackfillCounts:
    """Merge the accuracy of AI models by collection into the model registry, from a CSV file with the columns service,
    collection and accuracy (a number from 0 to 100: a fraction or in percent).

    Every active model of a service gets it in the `per_collection` of its accuracy metrics; other keys and collections
    stay. A row that cannot be used is `rejected`, with its line and the reason, and the others are stored. The same
    file again changes nothing. Historical usage metrics are not imported here but by `doitui usage import-counts`.

    Raises `UnreadableDocument` for a file that is no such CSV; then nothing is stored.

    Example: `doitui_core.backfill_metrics("accuracy.csv").rejected`
    """
    done = metrics_backfill.backfill(Path(os.fsdecode(path)), actor=acting(actor))
    return BackfillCounts(done.stored, done.unchanged, tuple(done.models), tuple(done.rejected))
