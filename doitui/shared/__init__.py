"""What all interfaces share: plain text for terminals, and files written whole."""
