"""Events: what happened to a DOI, said to DataCite's Events API or to a hub.

identity.py   canonical ids, the hash by which an event is known, its UUID
event.py      one event as a value; by hand: `named`
kinds.py      what can be switched on and off
derive.py     metadata -> the events it states (pure)
usage.py      counts -> events with totals (pure)
outcomes.py   what an answer of the Events API means (pure)
"""
