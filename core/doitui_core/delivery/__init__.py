"""Delivery: one job of a DOI from the claim to its end: probe, send, finish, verify."""
