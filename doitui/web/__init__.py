"""What doitui serves over HTTP: the sandbox, a DataCite stand-in."""
