"""DataCite's REST API for DOIs, as the sandbox serves it."""
