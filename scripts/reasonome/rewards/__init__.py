"""Rewards: pure functions over a batch of parsed answers, tested without a model."""
