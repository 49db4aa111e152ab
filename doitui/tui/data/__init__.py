"""Reading the database in threads beside the event loop."""
