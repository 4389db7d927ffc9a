"""Metrics: one value per answer."""
