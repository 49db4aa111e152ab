"""The activity log as lines, for the dashboard and the log."""

from __future__ import annotations

from collections.abc import Iterable

from doitui.tui.text import fit
from doitui.tui.widgets.lines import Line
from doitui_core.db.audit import Row


def activity_lines(rows: Iterable[Row], width: int = 0) -> list[Line]:
    """Rows of `audit.newest`: time, user, action, subject, result; with a `width` cut to one line each."""
    lines: list[Line] = []
    for row in rows:
        done = f" {row['at']:%H:%M:%SZ}  {fit(row['actor'], 14)}  {fit(row['action'], 11)} "
        came, tone = (row["cause"].replace("_", " "), "bad") if row["cause"] else (row["detail"], "")
        if width:
            to = f"{fit(row['subject'], 32)} "
            lines.append([done, to, (fit(came, max(width - len(done) - len(to), 0)), tone)])
        else:
            lines.append([done, (f"{row['subject']}  {came}", tone)])
    return lines
