"""What all interfaces share: files written whole."""
