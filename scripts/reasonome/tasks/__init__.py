"""Tasks: one object each, which serves prompts, training, rewards and scoring alike."""
