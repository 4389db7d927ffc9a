"""Reasonome: train small language models to reason over genes, and prove what they learned."""

__version__ = "0.1.0"
