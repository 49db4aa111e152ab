"""The hub: usage reports taken in and events asked for, by everybody who has a token."""
