"""What a prompt shows."""
