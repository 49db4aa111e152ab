"""Notices: what is reported by mail, and the outbox that sends it."""
