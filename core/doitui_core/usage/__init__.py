"""Usage: what sites and access logs noted becomes hits, and hits become counts by COUNTER's rules.

The rules are in `counter` (pure); `agents` says who is a robot. `drain` reads the spool and `import_log` access logs,
both into the table of hits; `recount` counts hours that have changed, `retention` prunes, `show` tells. `count_logs`
does the same with logs alone, without a database.
"""
