"""What is configured: settings, repositories, references to secrets, and who may act."""
