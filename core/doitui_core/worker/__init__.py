"""The worker: its loop, its threads, the services it sends to, and its background work."""
