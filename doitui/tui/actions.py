"""Every act of the terminal UI, once: keys, footer, help and palette read this table.

A small letter looks, a capital writes. `level`: 0 looks; 1 can be taken back; 2 goes out and is hard to take back; 3 is
for ever, or for many at once. What writes is refused read-only, and always asks first (`dialogs.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

#: Sections in the order of their keys: id, name on wide screens, name on narrow ones.
SECTIONS = (
    ("dashboard", "Dashboard", "Dash"),
    ("queue", "Queue", "Queue"),
    ("events", "Events", "Events"),
    ("dois", "DOIs", "DOIs"),
    ("mint", "Mint", "Mint"),
    ("reports", "Reports", "Reports"),
    ("doctor", "Doctor", "Doctor"),
)

ALL = tuple(section for section, _, _ in SECTIONS)
LISTS = ("queue", "events", "dois", "mint")

#: So many at once are asked about as if it were for ever.
MANY = 50


@dataclass(frozen=True, slots=True)
class Action:
    """`keys` as Textual names them, comma separated; `screens` where it is; `shown`: in the footer, if room is left."""

    id: str
    keys: str
    name: str
    help: str
    screens: tuple[str, ...]
    level: int = 0
    shown: bool = True

    @property
    def writes(self) -> bool:
        """Whether it changes anything; 0 is the level of actions that only read."""
        return self.level > 0

    @property
    def key(self) -> str:
        """The first key as people read it."""
        first = self.keys.split(",")[0]
        return SIGNS.get(first, first)


#: Keys whose names are not what stands on them.
SIGNS = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "escape": "esc",
    "exclamation_mark": "!",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "plus": "+",
    "minus": "-",
}

ACTIONS: tuple[Action, ...] = (
    Action("help", "question_mark,f1", "Help", "what this screen shows, and every key of it", (*ALL, "doi")),
    Action("filter", "slash", "Filter", "show only matching rows; Esc clears the filter", LISTS),
    Action("compare", "c", "Compare", "ask DataCite now, and show field by field where it differs", ("doi",)),
    # What writes: capitals.
    Action("retry", "R", "Retry", "requeue failed and blocked jobs, with new attempts", ("queue", "events", "doi"), 1),
    Action("flush", "F", "Flush", "send the events that are due, at the pace that is allowed", ("events",), 2),
    Action(
        "retry_cause", "C", "RetryCause", "put back every job that failed for this cause", ("queue", "dashboard"), 2
    ),
    Action("cancel", "X", "Cancel", "cancel jobs and what they asked for", ("queue",), 2),
    Action("mint", "M", "Mint", "create DOIs in the chosen state; findable is permanent", ("dois", "doi", "mint"), 3),
    Action("update", "U", "Update", "send the present content of the records again", ("dois", "doi"), 2),
    Action("verify", "V", "Verify", "compare with what DataCite has, and follow the resolver", ("dois", "doi"), 1),
    Action("sync", "Z", "Sync", "ask DataCite for the state, and keep what it says", ("dois", "doi"), 1, shown=False),
    Action("deactivate", "D", "Deactivate", "make it a tombstone; asks for the reason", ("dois", "doi"), 2),
    Action("restore", "B", "Restore", "bring a tombstone back; asks for the reason", ("dois", "doi"), 2, shown=False),
    Action("set_url", "W", "URL", "change the landing page", ("dois", "doi"), 2, shown=False),
    Action(
        "abandon",
        "X",
        "Abandon",
        "abandon a DOI that was never registered; this is final",
        ("dois", "doi"),
        3,
        shown=False,
    ),
    Action("adopt", "T", "TakeOver", "take over a DOI that exists in our account", ("dois", "doi"), 2, shown=False),
    Action("reserve", "E", "Reserve", "decide the DOI now, before it is minted", ("mint",), 2),
    Action("target", "t", "Target", "what a mint asks for: findable, registered or draft", ("mint",)),
    Action("check", "c", "Check", "look at everything a mint would refuse; sends nothing", ("mint",)),
    Action(
        "register_all",
        "O",
        "RegisterAll",
        "mint every record that is published and not registered (OPUS)",
        ("mint", "dois"),
        3,
        shown=False,
    ),
    Action("verify_all", "K", "VerifyAll", "verify every registered DOI (OPUS)", ("mint", "dois"), 2, shown=False),
    Action("edit", "E", "Edit", "change the setting under the cursor", ("doctor",), 2),
    Action("pause_queue", "P", "PauseQueue", "stop sending for a repository, or send again", ("queue", "dashboard"), 1),
    # What looks: small letters.
    Action("open", "enter", "Open", "open the details of this row", (*LISTS, "dashboard", "doctor"), shown=False),
    Action("mark", "space", "Mark", "mark this row; capitals then act on all that are marked", LISTS),
    Action("mark_range", "v", "Range", "mark every row from the last mark to here", LISTS, shown=False),
    Action("mark_all", "A", "AllMatching", "act on all rows that match the filter", LISTS),
    Action(
        "tab_next",
        "right_square_bracket",
        "NextTab",
        "the next tab",
        ("queue", "events", "dois", "doi", "reports", "doctor"),
    ),
    Action(
        "tab_before",
        "left_square_bracket",
        "TabBefore",
        "the tab before",
        ("queue", "events", "dois", "doi", "reports", "doctor"),
        shown=False,
    ),
    Action("row_next", "right_curly_bracket", "NextDOI", "the next DOI of the list", ("doi",)),
    Action("row_before", "left_curly_bracket", "DOIBefore", "the DOI before", ("doi",), shown=False),
    Action("sort", "s", "Sort", "another order", ("dois", "queue")),
    Action("reverse", "S", "Reverse", "the same order from the other end", ("dois", "queue", "events"), shown=False),
    Action("faults", "exclamation_mark", "Faults", "only what failed", ("dois", "queue", "events"), shown=False),
    Action("newer", "N", "Newer", "load the rows that came meanwhile", ("dois", "queue", "events"), shown=False),
    Action("copy", "y", "Copy", "send it to the terminal's clipboard", ("dois", "doi", "queue", "events", "doctor")),
    Action(
        "copy_as",
        "Y",
        "CopyAs",
        "send its address, and show all forms to select",
        ("dois", "doi", "queue", "events"),
        shown=False,
    ),
    Action("save", "e", "SaveCSV", "save the table as a CSV file", ("reports",)),
    Action("maximise", "z", "Maximise", "the list alone, or with what stands beside it", LISTS, shown=False),
    Action("refresh", "r", "Refresh", "ask the database now", (*ALL, "doi"), shown=False),
    Action("pause", "p", "Pause", "hold the screen still; p again goes on", (*ALL, "doi"), shown=False),
    Action("slower", "plus", "Slower", "ask the database more seldom: up to a minute", (*ALL, "doi"), shown=False),
    Action("faster", "minus", "Faster", "ask the database more often: down to a second", (*ALL, "doi"), shown=False),
    Action("stop", "x", "Stop", "stop the running action after the current item", (*ALL, "doi"), shown=False),
    Action("log", "L", "Log", "recent activity, from these screens and of all users", (*ALL, "doi"), shown=False),
    Action("mouse", "m", "Mouse", "take the mouse, or leave it to the terminal to select", (*ALL, "doi"), shown=False),
    Action("theme", "b", "Theme", "colours, or greys only", (*ALL, "doi"), shown=False),
    Action("palette", "colon,ctrl+p", "Palette", "every act by name, and any DOI", (*ALL, "doi"), shown=False),
    *(
        Action(f"go_{section}", str(number), name, f"go to {name}", (*ALL, "doi"), shown=False)
        for number, (section, name, _) in enumerate(SECTIONS, start=1)
    ),
    Action("back", "escape", "Back", "back; closes, clears filter and marks", (*ALL, "doi"), shown=False),
    Action("quit", "q", "Quit", "back to the dashboard, then leave; the worker goes on", (*ALL, "doi")),
)

BY_ID = {action.id: action for action in ACTIONS}


def for_screen(screen: str) -> list[Action]:
    """The acts of a screen, in the order of the table."""
    return [action for action in ACTIONS if screen in action.screens]
