"""Where an event comes from."""

from __future__ import annotations

from enum import StrEnum


class Origin(StrEnum):
    """What was counted, what a document states, what somebody typed in, what an Events API has of our DOIs."""

    USAGE = "usage"
    METADATA = "metadata"
    HAND = "hand"
    ELSEWHERE = "elsewhere"
