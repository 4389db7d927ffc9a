"""Generation: answers of a model to the prompts of a benchmark."""
