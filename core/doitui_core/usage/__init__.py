"""Usage: lines of spools and access logs become hits, and hits become COUNTER counts."""
