"""COUNTER's terms: access methods and metric types (Code of Practice RD1)."""

from __future__ import annotations

#: COUNTER's access methods, and what does not count.
REGULAR, MACHINE, ROBOT = "regular", "machine", "robot"


#: The numbers of a `Tally`, in its order. Requests are part of the investigations (10.4).
METRICS = (
    "total-dataset-investigations",
    "unique-dataset-investigations",
    "total-dataset-requests",
    "unique-dataset-requests",
)
