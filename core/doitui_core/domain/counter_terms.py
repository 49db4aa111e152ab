"""COUNTER's terms: access methods and metric types (Code of Practice RD1)."""

from __future__ import annotations

#: COUNTER's access methods, and what does not count.
REGULAR, MACHINE, ROBOT = "regular", "machine", "robot"

#: What a report may hold.
ACCESS_METHODS = (REGULAR, MACHINE)

#: The numbers of a `Tally`, in its order. Requests are part of the investigations (10.4).
METRICS = (
    "total-dataset-investigations",
    "unique-dataset-investigations",
    "total-dataset-requests",
    "unique-dataset-requests",
)

#: The columns of these numbers in the tables of counts, in the same order.
COLUMNS = tuple(metric.replace("-dataset-", "_") for metric in METRICS)

#: What people call them, in the same order.
LABELS = ("investigations", "unique", "requests", "unique requests")
