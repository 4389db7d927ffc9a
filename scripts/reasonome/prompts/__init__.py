"""The content of prompts."""
