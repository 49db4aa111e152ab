"""Reading the database in threads of its own, outside the event loop."""
