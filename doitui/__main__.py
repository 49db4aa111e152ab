"""`python -m doitui`, for where the script is not on the PATH."""

from doitui.cli.main import run

run()
