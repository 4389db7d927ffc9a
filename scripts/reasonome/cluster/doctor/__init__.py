"""Checks of a node before it works: each takes readings, and its finding has the fix of a fault."""
