"""The base of tasks whose answers a function verifies: a subclass says what is asked and which answers are right."""
