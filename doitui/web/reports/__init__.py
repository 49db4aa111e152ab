"""The usage-report API (Sashimi)."""
