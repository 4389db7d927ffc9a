"""The base of tasks whose answer is a class or a number, with a stated confidence."""
