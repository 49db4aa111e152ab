"""Events: what happened to a DOI, said to DataCite's Events API or to a hub.

Pure:
identity.py   canonical ids, the hash by which an event is known, its UUID
event.py      one event as a value; by hand: `named`
kinds.py      what can be switched on and off
origin.py     where an event comes from
derive.py     metadata -> the events it states
usage.py      counts -> events with totals
outcomes.py   what an answer of the Events API means

Kept and sent:
store.py      each event once; what is new or has grown is queued
states.py     how far an event is: what its job says
eligible.py   of which DOIs events are told
stated.py     a confirmed write -> store;   counted.py   counted usage -> store
adding.py     one by hand -> store;         pulling.py   what an Events API has of our DOIs -> store
event_desk.py settings and client;          sending.py   one event on its way;   flushing.py  all that are due
listed.py     pages of events, and one whole;   health.py   why nothing goes out
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from doitui_core.summary import Summary


def flush(**options: Any) -> Summary:
    """Send what is due: `flushing.flush`, which has the options (imported late: the worker needs this package)."""
    from doitui_core.events import flushing

    return flushing.flush(**options)
