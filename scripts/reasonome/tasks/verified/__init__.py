"""The base of tasks whose answers a function verifies: a subclass defines the questions and their right answers."""
