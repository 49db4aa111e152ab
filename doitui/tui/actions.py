"""The actions of the terminal UI: keys, footer, help and palette read this one table.

Actions on small letters only read, those on capitals write. `level`: 0 reads; 1 can be undone; 2 is hard to undo; 3 is
permanent, or concerns many at once. Actions that write are refused while read-only, and ask first (`dialogs.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.keys import format_key

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

#: Screens that share actions.
EVERYWHERE = (*ALL, "doi")
DOIS = ("dois", "doi")
TABBED = ("queue", "events", "dois", "doi", "reports", "doctor")
SORTED = ("dois", "queue", "events")
REVERSIBLE = (*SORTED, "mint")

#: Actions on more rows than this have level 3: the user types the number.
MANY = 50


@dataclass(frozen=True, slots=True)
class Action:
    """`keys`: Textual's names, comma separated; `screens`: where it is; `shown`: in the footer, if there is room."""

    id: str
    keys: str
    name: str
    help: str
    screens: tuple[str, ...]
    level: int = 0
    shown: bool = True

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.level > 0

    @property
    def key_names(self) -> list[str]:
        """The keys as people read them."""
        # Textual shows Enter as an arrow, which is not ASCII.
        return [key if key == "enter" else format_key(key) for key in self.keys.split(",")]

    @property
    def key(self) -> str:
        """The first key as people read it."""
        return self.key_names[0]


ACTIONS: tuple[Action, ...] = (
    Action("help", "question_mark,f1", "Help", "what this screen shows, and all its keys", EVERYWHERE),
    Action("filter", "slash", "Filter", "show only matching rows; Esc clears the filter", LISTS),
    Action("compare", "c", "Compare", "ask DataCite now, and show which fields differ", ("doi",)),
    # Actions that write: capitals.
    Action("retry", "R", "Retry", "requeue failed and blocked jobs, with new attempts", ("queue", "events", "doi"), 1),
    Action("flush", "F", "Flush", "send the events that are due, within the rate limit", ("events",), 2),
    Action("retry_cause", "C", "RetryCause", "retry all jobs of this cause group", ("queue", "dashboard"), 2),
    Action("cancel", "X", "Cancel", "cancel jobs and what they asked for", ("queue",), 2),
    Action("mint", "M", "Mint", "create DOIs in the chosen state; findable is permanent", (*DOIS, "mint"), 3),
    Action("update", "U", "Update", "send the present content of the records again", DOIS, 2),
    Action("verify", "V", "Verify", "compare with DataCite, and follow the resolver", DOIS, 1),
    Action("sync", "Z", "Sync", "ask DataCite for the state, and store it", DOIS, 1, shown=False),
    Action("deactivate", "D", "Deactivate", "make it a tombstone; asks for the reason", DOIS, 2),
    Action("restore", "B", "Restore", "make a tombstone findable again; asks for the reason", DOIS, 2, shown=False),
    Action("set_url", "W", "URL", "change the landing page", DOIS, 2, shown=False),
    Action("abandon", "X", "Abandon", "abandon a DOI that was never registered; this is final", DOIS, 3, shown=False),
    Action("adopt", "T", "TakeOver", "take over a DOI that exists in our account", DOIS, 2, shown=False),
    Action("reserve", "E", "Reserve", "choose the DOI now, before it is minted", ("mint",), 2),
    Action("target", "t", "Target", "the state a mint asks for: findable, registered or draft", ("mint",)),
    Action("check", "c", "Check", "find records that DataCite would reject; sends nothing", ("mint",)),
    Action("register_all", "O", "RegisterAll", "mint all published records (OPUS)", ("mint", "dois"), 3, shown=False),
    Action("verify_all", "K", "VerifyAll", "verify every registered DOI (OPUS)", ("mint", "dois"), 2, shown=False),
    Action("edit", "E", "Edit", "change the setting under the cursor", ("doctor",), 2),
    Action("pause_queue", "P", "PauseQueue", "stop or resume sending for a repository", ("queue", "dashboard"), 1),
    # Actions that only read: small letters.
    Action("open", "enter", "Open", "open the details of this row", (*LISTS, "dashboard", "doctor"), shown=False),
    Action("mark", "space", "Mark", "mark this row; capitals then act on all marked rows", LISTS),
    Action("mark_range", "v", "Range", "mark every row from the last mark to here", LISTS, shown=False),
    Action("mark_all", "A", "AllMatching", "act on all rows that match the filter", LISTS),
    Action("tab_next", "right_square_bracket", "NextTab", "the next tab", TABBED),
    Action("tab_before", "left_square_bracket", "TabBefore", "the previous tab", TABBED, shown=False),
    Action("row_next", "right_curly_bracket", "NextDOI", "the next DOI of the list", ("doi",)),
    Action("row_before", "left_curly_bracket", "DOIBefore", "the previous DOI of the list", ("doi",), shown=False),
    Action("sort", "s", "Sort", "another order", ("dois", "queue", "mint")),
    Action("reverse", "S", "Reverse", "reverse the order", REVERSIBLE, shown=False),
    Action("faults", "exclamation_mark", "Faults", "only what failed", SORTED, shown=False),
    Action("newer", "N", "Newer", "load rows that arrived since", SORTED, shown=False),
    Action("copy", "y", "Copy", "send it to the terminal's clipboard", (*DOIS, "queue", "events", "doctor")),
    Action("copy_as", "Y", "CopyAs", "send its address, and show all forms", (*DOIS, "queue", "events"), shown=False),
    Action("export", "e", "Export", "save its document as DataCite XML or JSON", ("doi",)),
    Action("save", "e", "SaveCSV", "save the table as a CSV file", ("reports",)),
    Action("maximise", "z", "Maximise", "the list alone, or with the side pane", LISTS, shown=False),
    Action("refresh", "r", "Refresh", "read the database now", EVERYWHERE, shown=False),
    Action("pause", "p", "Pause", "stop updating the screen; p again continues", EVERYWHERE, shown=False),
    Action("slower", "plus", "Slower", "read the database less often, down to once a minute", EVERYWHERE, shown=False),
    Action("faster", "minus", "Faster", "read the database more often, up to once a second", EVERYWHERE, shown=False),
    Action("stop", "x", "Stop", "stop the running action after the current item", EVERYWHERE, shown=False),
    Action("log", "L", "Log", "recent activity, from these screens and of all users", EVERYWHERE, shown=False),
    Action("mouse", "m", "Mouse", "turn mouse support on or off", EVERYWHERE, shown=False),
    Action("theme", "b", "Theme", "colours, or greys only", EVERYWHERE, shown=False),
    Action("palette", "colon,ctrl+p", "Palette", "every action by name, and any DOI", EVERYWHERE, shown=False),
    *(
        Action(f"go_{section}", str(number), name, f"go to {name}", EVERYWHERE, shown=False)
        for number, (section, name, _) in enumerate(SECTIONS, start=1)
    ),
    Action("back", "escape", "Back", "back; closes, clears filter and marks", EVERYWHERE, shown=False),
    Action("quit", "q", "Quit", "back to the dashboard, then quit; workers keep running", EVERYWHERE),
)

BY_ID = {action.id: action for action in ACTIONS}


def for_screen(screen: str) -> list[Action]:
    """The actions of a screen, in the order of the table."""
    return [action for action in ACTIONS if screen in action.screens]
