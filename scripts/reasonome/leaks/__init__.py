"""Leaks of test questions into training data."""
