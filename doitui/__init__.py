"""The faces of doitui: command line, terminal screens, web (hub and sandbox), demo."""
