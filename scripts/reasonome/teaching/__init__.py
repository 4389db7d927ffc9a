"""What models learn from beside facts: teachers' reasoning, preferences, and a model's own samples."""
