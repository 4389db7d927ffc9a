"""What of a test the training data give away."""
