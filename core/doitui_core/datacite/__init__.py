"""The clients of DataCite's services: they return `Answer` and raise our errors, never those of `requests`."""
