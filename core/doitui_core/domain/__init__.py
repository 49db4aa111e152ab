"""The rules, pure: DOI strings, states, outcomes, job and event kinds, environments, COUNTER terms."""
