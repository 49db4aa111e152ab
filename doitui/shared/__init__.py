"""What all interfaces share: plain text for terminals, files written whole, and who acts."""
