"""Scores of answers: metrics, encoders, intervals and tests, tables of others."""
