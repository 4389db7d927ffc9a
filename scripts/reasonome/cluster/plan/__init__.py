"""Estimates of what an experiment takes, made before anything is submitted, and where each number is from."""
