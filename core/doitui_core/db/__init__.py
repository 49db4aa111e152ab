"""The database: opening it, the dialects, tables, migrations, and the helpers that every query uses."""
