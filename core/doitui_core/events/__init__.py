"""Events: what happened to a DOI, stored once, and sent to DataCite's Events API or to a hub."""
