"""Annotation of people's own gene sets: read in, named by a model, checked against facts, shown on a page."""
