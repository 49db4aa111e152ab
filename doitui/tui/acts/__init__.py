"""What a user can do in the terminal UI: the table of actions, their plans, and their dialogs."""
