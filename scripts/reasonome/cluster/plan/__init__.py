"""What an experiment will take before anything is submitted, and where each number is from."""
