"""The terminal: its abilities, its keys, and what has to be changed in Textual for it."""
