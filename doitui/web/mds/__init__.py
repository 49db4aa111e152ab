"""DataCite's MDS API, as the sandbox serves it."""
