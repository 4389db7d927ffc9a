"""Prompts of rankings: nothing is added to the rows of a benchmark."""

from reasonome.tasks.base import splits_as_they_are

with_material = splits_as_they_are
