"""The queue: jobs, leases, rate limits, the breaker, blocked repositories, heartbeats and connections."""
