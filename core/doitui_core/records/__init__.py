"""Records: saving, importing, and publishing what the institution describes."""
