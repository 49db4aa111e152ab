"""The demo: everything doitui does, offline, with records of a repository that does not exist."""
