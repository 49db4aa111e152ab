"""Read models: lists, the screens' rows and counts, reports, the doctor's checks."""
