"""The terminal screens. To come; until then `doitui status`, `doi list` and `queue list` show what is going on."""
