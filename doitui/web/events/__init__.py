"""The Events API: Event Data, read by everybody and written by few."""
