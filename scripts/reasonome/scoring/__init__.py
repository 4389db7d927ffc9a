"""Scores of answers: metrics, encoders, intervals, tests, and tables of external answers."""
