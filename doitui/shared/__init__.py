"""What all interfaces share: files written whole, and who acts."""
